#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# dinit as Docker's users meet it. All of this runs under the seccomp profile
# that Docker gives by default.

load support

setup()
{
	use_docker
}

@test "as ENTRYPOINT dinit is process 1, and ends as the app does" {
	start entrypoint /bin/act USR1:exit=7
	await has_said up
	dinit_is_process_1
	send USR1
	ends_with 7
}

@test "docker run --init runs dinit through --init-path" {
	start --init apps /bin/act USR1:exit=7
	await has_said up
	dinit_is_process_1
	send USR1
	ends_with 7
}

@test "docker run --init around an ENTRYPOINT of dinit: neither says a word" {
	start --init entrypoint /bin/act TERM:exit=7
	await has_said up
	docker stop "$C"
	ends_with 7
	is $'up\nTERM' log
}

@test "docker run ends with 127 where there is no such command" {
	start entrypoint /bin/none
	ends_with 127
	has_logged '^dinit: error: .*/bin/none'
}

@test "docker stop gives the app its TERM, and time" {
	start entrypoint /bin/act TERM:nap=300,say=done,exit=7
	await has_said up
	docker stop -t 30 "$C"
	ends_with 7
	is $'up\nTERM\ndone' log
}

@test "docker stop of --pause: what runs by docker exec finishes its work" {
	start apps /sbin/dinit --pause
	docker exec "$C" /bin/act TERM:nap=300,say=finished,exit=0 \
		>"$BATS_TEST_TMPDIR/exec" 3>&- &
	await grep -qx up "$BATS_TEST_TMPDIR/exec"
	docker stop -t 30 "$C"
	ends_with 0
	wait $!
	grep -qx finished "$BATS_TEST_TMPDIR/exec"
}

@test "docker stop of an app that ignores it ends with dinit's grace" {
	start -e DINIT_GRACE=500ms entrypoint /bin/act
	await has_said up
	timeout 15 docker stop -t 30 "$C"
	ends_with 137
	has_logged '^dinit: .* after the grace period of 500ms'
}

@test "docker stop ends what the app left behind, before dinit ends" {
	start entrypoint /bin/listen -f -m
	await has_said 'child listening'
	docker stop -t 30 "$C"
	ends_with 0
	has_said 'child 15'
}

@test "docker kill -s: each signal arrives once" {
	local signals=(1 3 6 10 11 12 18 28 34 37 64)

	start entrypoint /bin/listen
	await has_said listening
	for signal in "${signals[@]}"; do
		send "$signal"
		await has_said "$signal"
	done
	send TERM
	ends_with 0
	is "$(printf '%s\n' listening "${signals[@]}" 15)" log
}

@test "DINIT_READY_LISTEN: port 80 with --user, 200 until docker stop, then 503" {
	start -e DINIT_READY_LISTEN=80 -e DINIT_USER=1000 -e DINIT_GRACE=90s \
		--sysctl net.ipv4.ip_unprivileged_port_start=1024 \
		entrypoint /bin/act TERM:say=told,await=end,exit=7
	await has_said up
	await docker exec "$C" /sbin/dinit --probe=http://127.0.0.1/readyz
	docker stop -t 90 "$C" 3>&- &
	await has_said told
	run docker exec "$C" /sbin/dinit --probe=http://127.0.0.1/readyz
	[[ $status == 1 && $output == *'answered 503' ]]
	docker exec "$C" /sbin/dinit --probe=http://127.0.0.1/ \
		--probe-status=503
	docker kill -s KILL "$C"
	wait
}

# foreground_of PID: the process group that its terminal belongs to.
foreground_of()
{
	ps -o tpgid= -p "$1" | tr -d ' '
}

# The outer terminal is that of a docker run in it.
@test "docker run -it: a new size and Ctrl-C reach the app, each once" {
	local outer screen

	mkfifo "$BATS_TEST_TMPDIR/keyboard"
	exec 7<>"$BATS_TEST_TMPDIR/keyboard"
	script -qefc "tty >$BATS_TEST_TMPDIR/tty; exec docker run -it \
		--name $C --network none entrypoint /bin/act USR1:exit=7" \
		/dev/null <&7 >/dev/null 2>&1 3>&- &
	screen=$!
	await has_said up
	is "$(app_pid act)" foreground_of "$(app_pid act)"
	outer=$(<"$BATS_TEST_TMPDIR/tty")
	stty -F "$outer" rows 41 cols 133
	await is '41 133' stty -F "/proc/$(app_pid act)/fd/0" size
	await has_said WINCH
	printf '\003' >&7
	await has_logged '^(\^C)?INT$'
	send USR1
	ends_with 7
	is 1 count_of '(\^C)?INT'
	job_ends_with 7 "$screen"
}

@test "docker pause: what arrives meanwhile is relayed afterwards" {
	start entrypoint /bin/act
	await has_said up
	docker pause "$C"
	kill -USR1 "$(init_pid)"
	is up log
	docker unpause "$C"
	await has_said USR1
}

@test "docker stop of a paused container is a graceful one" {
	start entrypoint /bin/act TERM:exit=7
	await has_said up
	docker pause "$C"
	docker stop -t 30 "$C"
	ends_with 7
}

@test "docker restart: a file left by a killed dinit is not readiness" {
	start "${GATE[@]}" entrypoint "${GATED_APP[@]}"
	await has_said up
	refute is_ready
	send USR1
	await is_ready
	send KILL
	ends_with 137
	ready_file_exists
	docker restart "$C"
	await is 2 count_of up
	refute ready_file_exists
	refute is_ready
	send USR1
	await is_ready
}

@test "docker restart: a graceful one leaves no file, and starts anew" {
	start "${GATE[@]}" entrypoint "${GATED_APP[@]}"
	await has_said up
	send USR1
	await is_ready
	docker stop -t 30 "$C"
	refute ready_file_exists
	docker restart -t 30 "$C"
	await is 2 count_of up
	refute is_ready
}

@test "--read-only with a tmpfs and --user 1000: ready" {
	start --read-only --user 1000 --tmpfs /run/dinit "${GATE[@]}" \
		entrypoint "${GATED_APP[@]}"
	await has_said up
	send USR1
	await is_ready
	grep -q '^Uid:.1000' "/proc/$(init_pid)/status"
	docker stop "$C"
	ends_with 7
}

@test "--read-only without a tmpfs is refused, with the way out" {
	start --read-only "${GATE[@]}" entrypoint "${GATED_APP[@]}"
	ends_with 125
	has_logged '/run/dinit/ready: Read-only file system; mount a tmpfs'
	refute has_said up
}

@test "--cap-drop ALL: ready, and stopped" {
	start --cap-drop ALL "${GATE[@]}" entrypoint "${GATED_APP[@]}"
	await has_said up
	send USR1
	await is_ready
	docker stop "$C"
	ends_with 7
}

@test "--cap-drop ALL: another user is refused before the app runs" {
	start --cap-drop ALL -e DINIT_USER=1000 entrypoint /bin/act
	ends_with 125
	has_logged '^dinit: error: DINIT_USER: '
	refute has_said up
}

@test "another user with a profile of the image, under Docker's own" {
	start -e DINIT_USER=1000 -e DINIT_SECCOMP=/etc/allow-list.json \
		-e DINIT_KEEP_CAPS=net_bind_service \
		entrypoint /bin/act TERM:exit=7
	await has_said up
	has_in_status "$(app_pid act)" Uid $'1000\t1000\t1000\t1000'
	has_in_status "$(app_pid act)" CapEff 0000000000000400
	has_in_status "$(app_pid act)" Seccomp_filters 2
	has_in_status "$(init_pid)" CapEff 0000000000000020
	has_in_status "$(init_pid)" Seccomp_filters 2
	docker stop "$C"
	ends_with 7
}

# True if readiness is published, as seen from outside of the container.
has_ready_file()
{
	local pid

	pid=$(docker inspect -f '{{.State.Pid}}' "$C") || return 2
	[[ -e /proc/$pid/root/run/dinit/ready ]]
}

# dinit, the app and the health helper: there is room for no check, and for no
# "docker exec" either.
@test "--pids-limit: checks that cannot fork have failed, until they can" {
	start --pids-limit 3 "${GATE[@]}" -e DINIT_LOG_LEVEL=debug \
		entrypoint "${GATED_APP[@]}"
	await has_said up
	send USR1
	await has_said USR1
	await has_logged '^dinit: debug: check 9: '
	refute has_ready_file
	docker update --pids-limit 30 "$C"
	await is_ready
	has_ready_file
	docker stop "$C"
	ends_with 7
}

@test "--pids-limit: with no room for a check, the end says so" {
	start --pids-limit 3 "${GATE[@]}" -e DINIT_STARTUP_BUDGET=500ms \
		entrypoint /bin/act start:touch=/tmp/up TERM:exit=7
	ends_with 124
	has_logged '^dinit: error: not ready within the startup budget of 500ms'
	has_logged '^dinit: error: last of .* checks: cannot fork: '
}

@test "--memory: dinit survives the app's OOM kill, and reports it" {
	start --memory 32m entrypoint /bin/act USR1:hog=128
	await has_said up
	send USR1
	ends_with 137
	await is true state OOMKilled
}

@test "a report file from outside says why the container ended" {
	: >"$BATS_TEST_TMPDIR/report"
	start -v "$BATS_TEST_TMPDIR/report:/dev/termination-log" \
		-e DINIT_REPORT_FILE=/dev/termination-log "${GATE[@]}" \
		-e DINIT_STARTUP_BUDGET=2s entrypoint "${GATED_APP[@]}"
	ends_with 124
	grep -x 'not ready within the startup budget of 2s; last of .*: no /tmp/up' \
		"$BATS_TEST_TMPDIR/report"
}

@test "docker logs has the log as JSON, an object a line" {
	start -e DINIT_LOG_FORMAT=json -e DINIT_LOG_LEVEL=debug "${GATE[@]}" \
		-e DINIT_STARTUP_BUDGET=200ms entrypoint /bin/listen
	ends_with 124
	log | grep '^{' | python3 -c 'import json, sys
for line in sys.stdin: assert json.loads(line)["logger"] == "dinit"'
	has_logged '"message":"not ready within the startup budget of 200ms: stopping"'
}

# True if Docker has kept $1 of what HEALTHCHECK printed.
has_health_output() {
	docker inspect --format '{{range .State.Health.Log}}{{.Output}}{{end}}' \
		"$C" | grep -F "$1"
}

# is_awaited: true if dinit --is-ready --wait runs in the container.
is_awaited() {
	docker top "$C" -o pid,args | grep -q -e '--wait=60s'
}

# wait_says WHY COMMAND...: a waiter in the container says WHY when COMMAND
# has ended it, with exit status 1.
wait_says() {
	local waiter why=$1

	shift
	docker exec "$C" /sbin/dinit --is-ready --wait=60s \
		2>"$BATS_TEST_TMPDIR/why" &
	waiter=$!
	await is_awaited
	"$@"
	job_ends_with 1 "$waiter"
	grep -F "$why" "$BATS_TEST_TMPDIR/why"
}

@test "a waiter in the container says why it ends, before its end kills it" {
	start "${GATE[@]}" entrypoint /bin/act USR1:exit=3 TERM:exit=7
	await has_said up
	wait_says 'nor will it be: the app ended with exit status 3' send USR1
	await is exited state Status
	docker rm "$C"
	start "${GATE[@]}" entrypoint /bin/act TERM:exit=7
	await has_said up
	wait_says 'nor will it be: stopping: a stop signal arrived' send TERM
	await is exited state Status
	docker rm "$C"
	start "${GATE[@]}" -e DINIT_STARTUP_BUDGET=5s entrypoint \
		/bin/act TERM:exit=7
	wait_says 'nor will it be: stopping: not ready within the startup' \
		is_awaited
	await is exited state Status
	docker rm "$C"
	# It crashes while it starts, before it has ever been ready.
	start "${GATE[@]}" entrypoint /bin/act start:nap=5000,exit=4
	wait_says 'nor will it be: the app ended with exit status 4' true
}

@test "HEALTHCHECK [dinit --is-ready] follows readiness through a stop" {
	make_image checked "$SUPERVISED" "$CHECKED"
	start "${GATE[@]}" -e DINIT_DRAIN=60s checked "${GATED_APP[@]}"
	await has_said up
	is starting state Health.Status
	await has_health_output 'not ready: starting for '
	send USR1
	await is healthy state Health.Status
	send TERM
	await is unhealthy state Health.Status
	refute has_said TERM
	send TERM
	ends_with 7
}

@test "--restart=on-failure: an app that hangs once ready is started again" {
	start --restart=on-failure:1 "${RECOVERING[@]}" \
		entrypoint /bin/webapp 8080 0
	is_restarted_for_hanging
	hang
	ends_with 123
	is 1 restarts
}

@test "--pid=container: dinit ends its own processes and no others" {
	docker run -d --name "$C-other" --network none entrypoint /bin/act
	await has_said up "$C-other"
	start "--pid=container:$C-other" entrypoint /bin/listen -f -m
	await has_said 'child listening'
	docker stop -t 30 "$C"
	ends_with 0
	has_said 'child 15'
	docker kill -s USR1 "$C-other"
	await has_said USR1 "$C-other"
	is $'up\nUSR1' log "$C-other"
}

@test "--pid=host: dinit ends its own processes and no others" {
	local bystander heard=$BATS_TEST_TMPDIR/heard

	"$APPS/act" USR1:exit=7 TERM:die >"$heard" 3>&- &
	bystander=$!
	start --pid=host entrypoint /bin/listen -f -m
	await has_said 'child listening'
	docker stop -t 30 "$C"
	ends_with 0
	has_said 'child 15'
	kill -USR1 "$bystander"
	job_ends_with 7 "$bystander"
	is $'up\nUSR1' cat "$heard"
}

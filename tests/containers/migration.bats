#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The pairs of commands in dinit-migration(7), as they stand there: with the
# second one, an app is and hears the same as with the first one.

# shellcheck disable=SC2030,SC2031,SC2034 # C and ENGINE, as support.bash has it
load support

setup()
{
	ENGINE=: C=none
	BIN=$BATS_TEST_TMPDIR/bin
	mkdir "$BIN"
	cp "$DINIT" "$BIN/dinit"
	cp "$APPS/act" "$BIN/"
	# Who it is, then what signals it and a child of it get until it ends.
	cat >"$BIN/app" <<-'END'
		#!/bin/sh
		id -G
		grep -E '^(Uid|Gid|Cap...|NoNewPrivs):' /proc/self/status
		act name=child TERM:exit=0 &
		exec act name=app TERM:nap=300,say=ends,exit=143 \
			QUIT:nap=300,say=ends,exit=0
	END
	chmod +x "$BIN/app"
}

# rows: the first and the second command of each pair, a tab between them.
rows()
{
	sed -n 's/\\e/\\/g; s/^before: \(.*\)/\1\t/p; s/^after:  //p' \
		man/dinit-migration.7 | paste -d '\0' - -
}

# after PATTERN: the second command of the pair that begins like this.
after()
{
	rows | grep "^$1" | cut -f 2
}

# Pairs of which the first is no command, or one that takes a whole s6 to run.
needs_a_container()
{
	[[ $1 == preStop* || $1 == wait-for-it* || $1 == s6-* ||
		$1 == HEALTHCHECK* ]]
}

# The one that unshare has forked, once it has become another program.
process_1()
{
	local pid

	pid=$(pgrep -P "$1") && [[ $(<"/proc/$pid/comm") != bash ]] &&
		echo "$pid"
}

# stop_process_1 PID: with another signal beforehand, if there is an app.
stop_process_1()
{
	if [[ $COMMAND == *app ]]; then
		await grep -q '^app up' "$HEARD"
		await grep -q '^child up' "$HEARD"
		kill -USR1 "$1"
		await grep -q '^app USR1' "$HEARD"
		kill -TERM "$1"
		await test ! -e "/proc/$1"
	else
		# process 1 gets no TERM before it has a handler for it
		await eval "! kill -TERM $1"
	fi
}

# listen_to COMMAND FILE: as process 1. FILE is what the app says under it, in
# any order but none of it after the app has ended, and the exit status.
listen_to()
{
	local COMMAND=$1 HEARD=$2.heard status=0 outer

	unshare --pid --fork --kill-child --mount-proc bash -c \
		"mount --bind $BIN /usr/local/bin && exec env $COMMAND" \
		>"$HEARD" 2>"$2.log" </dev/null 3>&- &
	outer=$!
	await process_1 "$outer"
	stop_process_1 "$(process_1 "$outer")"
	wait "$outer" || status=$?
	sed '/^app ends/q' "$HEARD" | sort >"$2"
	echo "status $status" >>"$2"
}

@test "with the second command an app is and hears the same as before" {
	local before after left=$BATS_TEST_TMPDIR/left
	local right=$BATS_TEST_TMPDIR/right job

	[[ $(id -u) -eq 0 ]] || go_without 'needs root'
	rows | grep -q .
	while IFS=$'\t' read -r before after; do
		needs_a_container "$before" && continue
		echo "$before  ->  $after"
		listen_to "$before" "$left" 3>&- &
		job=$!
		listen_to "$after" "$right"
		job_ends_with 0 "$job"
		diff "$left" "$right"
	done < <(rows)
}

# The image with app, and a check that succeeds once there is /tmp/up.
make_app()
{
	ROOT=$BATS_TEST_TMPDIR/root
	cp -r "$SUITE/apps" "$ROOT"
	cp /bin/busybox "$ROOT/bin/sh"
	printf '#!/bin/sh\nexec act TERM:say=ends,exit=7\n' >"$ROOT/bin/app"
	printf '#!/bin/sh\nexec act start:need=/tmp/up,exit=0\n' \
		>"$ROOT/bin/check"
	chmod +x "$ROOT/bin/app" "$ROOT/bin/check"
	make_image app
}

# start_command COMMAND [OPTION]...: as in the shell form of a Dockerfile.
start_command()
{
	start "${@:2}" app sh -c "$1"
}

@test "the manual's drain keeps the app for as long as preStop did" {
	local began

	use_docker
	make_app
	start_command "exec $(after preStop)"
	await has_said up
	docker exec "$C" act start:touch=/tmp/up,exit=0
	await is_ready
	began=$(date +%s%N)
	send TERM
	await refute is_ready
	refute has_said TERM
	await has_said TERM
	(($(date +%s%N) - began >= 5000000000))
	ends_with 7
}

@test "the manual's wait for another container ends when that is ready" {
	local volume=$BATS_TEST_TMPDIR/db

	use_docker
	make_app
	mkdir "$volume"
	start_command "$(after wait-for-it)" --volume "$volume:/run/db"
	docker run -d --name "$C-db" --network none \
		--volume "$volume:/run/db" app dinit \
		--ready-file=/run/db/ready --health-cmd=check app
	await has_said up "$C-db"
	refute has_said up
	docker exec "$C-db" act start:touch=/tmp/up,exit=0
	await has_said up
}

@test "the manual's health command is what s6-notifyoncheck polled" {
	use_docker
	make_app
	start_command "exec $(after s6-)"
	await has_said up
	refute is_ready
	docker exec "$C" act start:touch=/tmp/up,exit=0
	await is_ready
	send TERM
	ends_with 7
}

@test "the manual's budget ends as s6-notifyoncheck's -T, and says why" {
	use_docker
	make_app
	start_command "exec $(after s6- | sed 's/=30s/=2s/')"
	ends_with 124
	has_logged '^dinit: error: last of .* checks: .*: no /tmp/up'
}

# The image with curl, and with an app that answers at port 8080.
make_web()
{
	ROOT=$BATS_TEST_TMPDIR/root
	cp -r "$SUITE/apps" "$ROOT"
	cp /bin/busybox "$ROOT/bin/sh"
	# with the loader and the libraries that curl needs
	ldd /usr/bin/curl | grep -o '/[^ ]*' |
		xargs cp -L --parents --target-directory "$ROOT" /usr/bin/curl
	printf '#!/bin/sh\nexec webapp 8080 0\n' >"$ROOT/bin/app"
	chmod +x "$ROOT/bin/app"
	make_image app
}

# follows_a_hang PID: the container is unhealthy while its app hangs.
follows_a_hang()
{
	await is healthy state Health.Status
	kill -STOP "$1"
	await is unhealthy state Health.Status
	kill -CONT "$1"
	await is healthy state Health.Status
}

@test "an app that hangs is unhealthy for the manual's check as for curl" {
	local often=(--health-interval 200ms --health-timeout 1s)
	local before

	use_docker
	[[ -x /usr/bin/curl ]] || go_without 'there is no curl here'
	make_web
	before=$(rows | grep '^HEALTHCHECK' | cut -f 1)
	start_command 'exec app' "${often[@]}" \
		--health-cmd "${before#HEALTHCHECK CMD }"
	follows_a_hang "$(init_pid)"
	remove_containers
	start_command "exec $(after HEALTHCHECK)" "${often[@]}" \
		--health-cmd '/sbin/dinit --is-ready' \
		-e DINIT_MONITOR=200ms -e DINIT_HEALTH_TIMEOUT=1s
	await app_pid webapp
	follows_a_hang "$(app_pid webapp)"
}

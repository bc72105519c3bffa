#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Three replicas of a web server, which takes a second to start, under Swarm and
# under load. All replicas are on the host's network, each at a port of its own.

load support

setup()
{
	use_docker
	C=web
	docker swarm init --advertise-addr 127.0.0.1 ||
		go_without 'dockerd makes no swarm'
	# below those that the kernel hands out
	PORT=$((2000 + $$ % 1000))
	ANSWERS=$((1000 + $$ % 1000))
	READY=$BATS_TEST_TMPDIR/ready
	mkdir "$READY"
}

teardown()
{
	docker service logs "$C" || true
	docker swarm leave --force || true
	await is '' docker ps -q
	docker network rm docker_gwbridge || true
	remove_containers
}

# serve IMAGE [OPTION]...
serve()
{
	local image=$1
	shift

	docker service create --quiet --detach --name "$C" --replicas 3 \
		--network host --stop-grace-period 20s \
		--update-monitor 500ms --update-failure-action rollback \
		--rollback-monitor 500ms --env "PORT=$PORT{{.Task.Slot}}" \
		"$@" "$image" /bin/webapp - 1000
	await is 3 running_tasks
}

# What an ingress sees of readiness is the files on a shared volume, or what the
# replicas answer at ports of their own.
serve_under_dinit()
{
	make_image web "$SUPERVISED" "$CHECKED"
	serve web --mount "type=bind,source=$READY,target=/ready" \
		--env 'DINIT_READY_FILE=/ready/{{.Task.Slot}}' \
		--env "DINIT_READY_LISTEN=127.0.0.1:$ANSWERS{{.Task.Slot}}" \
		--env 'DINIT_HEALTH_CMD=["/bin/webapp","get","-","/"]' \
		--env DINIT_DRAIN=2s
}

running_tasks()
{
	docker service ps --filter desired-state=running \
		--format '{{.CurrentState}}' "$C" | grep -c '^Running'
}

update_state()
{
	docker service inspect -f '{{.UpdateStatus.State}}' "$C"
}

containers()
{
	local ids

	ids=$(docker ps --filter "label=com.docker.swarm.service.name=$C" -q) ||
		return
	wc -w <<<"$ids"
}

begin_load()
{
	FIGURES=$BATS_TEST_TMPDIR/figures
	"$BATS_TEST_DIRNAME/load.py" "$C" "$PORT" "$@" >"$FIGURES" 3>&- &
	LOAD=$!
}

# end_load TITLE: prints the figures, and sets SENT, FAILED and TOLD.
end_load()
{
	kill "$LOAD"
	wait "$LOAD"
	sed "s/^/# $1: /" "$FIGURES" >&3
	SENT=$(sed -n 's/^sent \([0-9]*\),.*/\1/p' "$FIGURES")
	FAILED=$(sed -n 's/.* failed \([0-9]*\)$/\1/p' "$FIGURES")
	TOLD=$(sed -n 's/^told //p' "$FIGURES")
}

roll_and_shrink()
{
	docker service update --quiet --detach --env-add RELEASE=2 "$C"
	PATIENCE=90 await is completed update_state
	docker service scale --detach "$C=2"
	await is 2 containers
}

@test "requests in an update and a scale-down: none fails, under tini some do" {
	[[ -x $SUITE/apps/bin/tini ]] || go_without 'there is no tini here'

	serve_under_dinit
	begin_load "$READY" "$ANSWERS"
	roll_and_shrink
	end_load dinit
	((FAILED == 0 && SENT >= 1000))
	# All kinds of answers, and none that was 200 after a stop was accepted.
	[[ $TOLD =~ ^'200 '[1-9][0-9]*', 503 '[1-9][0-9]*', lies 0'$ ]]
	docker service rm "$C"
	await is 0 containers

	make_image tini 'ENTRYPOINT ["/bin/tini","--"]'
	serve tini
	begin_load
	roll_and_shrink
	end_load tini
	((FAILED > 0 && SENT >= 1000))
}

@test "an update that never gets ready is rolled back, and no request fails" {
	serve_under_dinit
	begin_load "$READY"
	docker service update --quiet --detach --args '/bin/webapp - 60000' \
		--env-add DINIT_STARTUP_BUDGET=500ms \
		--env-add DINIT_GRACE=500ms "$C"
	PATIENCE=90 await is rollback_completed update_state
	await is 3 running_tasks
	end_load dinit
	((FAILED == 0 && SENT >= 500))
	docker service ps --no-trunc "$C" | grep 'non-zero exit (124)'
	docker service logs "$C" >"$BATS_TEST_TMPDIR/log" 2>&1
	grep 'dinit: error: not ready within the startup budget of 500ms' "$BATS_TEST_TMPDIR/log"
	grep 'dinit: error: last of .*: Connection refused' \
		"$BATS_TEST_TMPDIR/log"
}

# Without a HEALTHCHECK, by which Swarm itself would find it unhealthy.
@test "a replica that hangs once ready is replaced" {
	make_image hanging "$SUPERVISED"
	serve hanging --restart-delay 100ms \
		--mount "type=bind,source=$READY,target=/ready" \
		--env 'DINIT_READY_FILE=/ready/{{.Task.Slot}}' \
		--env 'DINIT_HEALTH_CMD=["/bin/webapp","get","-","/"]' \
		--env DINIT_MONITOR=100ms --env DINIT_HEALTH_TIMEOUT=1s \
		--env DINIT_RECOVERY_BUDGET=500ms
	await test -e "$READY/1"
	C=$(docker ps -q --filter "name=^$C.1." | head -n 1) hang
	await eval "docker service ps --no-trunc $C |
		grep 'non-zero exit (123)'"
	await is 3 running_tasks
	await test -e "$READY/1"
}

# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What the tests under engines have in common. $ENGINE is the one under test,
# docker or podman, and $C the name of the test's container.
#
# shellcheck disable=SC2034 # variables for the tests

load ../support

# Options and app of a container that is not ready before the app gets a USR1.
GATE=(--tmpfs /tmp
	-e 'DINIT_HEALTH_CMD=["/bin/act","start:need=/tmp/up,exit=0"]')
GATED_APP=(/bin/act USR1:touch=/tmp/up TERM:exit=7)

# Instructions of a Dockerfile.
SUPERVISED='ENTRYPOINT ["/sbin/dinit","--"]'
CHECKED='HEALTHCHECK --interval=200ms --start-period=60s --retries=1 '\
'CMD ["/sbin/dinit","--is-ready"]'

# job_ends_with STATUS PID: waits for a job of the test and compares its status.
# ("is" cannot: a subshell does not get at the test's jobs.)
job_ends_with()
{
	local status=0

	wait "$2" || status=$?
	((status == $1))
}

# needs_full: what takes long is not run each time.
needs_full()
{
	[[ -n ${FULL:-} ]] || skip 'skipped: only with FULL=1'
}

use_docker()
{
	ENGINE=docker C=test-$BATS_SUITE_TEST_NUMBER
	[[ -z $NO_DOCKER ]] || go_without "$NO_DOCKER"
}

use_podman()
{
	ENGINE=podman C=test-$BATS_SUITE_TEST_NUMBER
	[[ -z $NO_PODMAN ]] || go_without "$NO_PODMAN"
}

# Removes all containers that the engine has, which are only those of the suite:
# setup_suite.bash starts a dockerd of its own and gives Podman its own storage.
# The jobs of the test are ended, too. bats shows the log that is printed here if
# the test has failed.
remove_containers()
{
	local ids job

	for job in $(jobs -p); do
		kill "$job" || true
	done
	"$ENGINE" logs "$C" 2>&1 || true
	ids=$("$ENGINE" ps -aq) || true
	# shellcheck disable=SC2086 # words
	[[ -z $ids ]] || "$ENGINE" rm -f -v $ids >/dev/null 2>&1
}

teardown()
{
	remove_containers
}

# make_image NAME [INSTRUCTION]...: makes an image of what is in $ROOT, or of the
# programs of the end-to-end tests, with instructions of a Dockerfile.
make_image()
{
	local name=$1 instruction changes=()
	shift

	for instruction; do
		changes+=(--change "$instruction")
	done
	tar -C "${ROOT:-$SUITE/apps}" -c . |
		"$ENGINE" import "${changes[@]}" - "$name" >/dev/null
}

# Makes the base image of Dockerfiles, which a registry would have.
make_base()
{
	make_debian
	docker image inspect debian:bookworm-slim >/dev/null 2>&1 ||
		docker import "$DEBIAN" debian:bookworm-slim
}

# start [OPTION]... IMAGE [ARG]...: starts the container of the test.
start()
{
	"$ENGINE" run -d --name "$C" --network none "$@" >/dev/null
}

log()
(
	set -o pipefail
	"$ENGINE" logs "${1:-$C}" 2>&1 | tr -d '\r'
)

# has_said LINE [CONTAINER]: true if the log has the line. Status 1 means no, and
# 2 that there is no log.
has_said()
{
	local log

	log=$(log "${2:-}") || return 2
	grep -qxF -e "$1" <<<"$log"
}

# count_of PATTERN: prints how many lines of the log match as a whole.
count_of()
{
	log | grep -cxE -e "$1"
}

# has_logged PATTERN: true if a line of the log matches, as in grep -E.
has_logged()
{
	local log

	log=$(log) || return 2
	grep -qE -e "$1" <<<"$log"
}

state()
{
	"$ENGINE" inspect -f "{{.State.$1}}" "$C"
}

# restarts: prints how often the engine has restarted the container.
restarts()
{
	"$ENGINE" inspect -f '{{.RestartCount}}' "$C"
}

# Options of a container whose app, "webapp 8080 0", is stopped soon after it
# has ceased to answer.
RECOVERING=(-e 'DINIT_HEALTH_CMD=["/bin/webapp","get","8080","/"]'
	-e DINIT_MONITOR=100ms -e DINIT_HEALTH_TIMEOUT=1s
	-e DINIT_RECOVERY_BUDGET=500ms)

# hang: stops the app of the container, as if it hung.
hang()
{
	kill -STOP "$(app_pid webapp)"
}

# is_restarted_for_hanging: once it has been ready; and then it is ready anew.
is_restarted_for_hanging()
{
	await is_ready
	hang
	await is 1 restarts
	has_logged '^dinit: error: not ready again within the recovery budget'
	await is_ready
}

# init_pid, app_pid NAME: print the pid of dinit, and of its child of that name,
# as the machine sees them.
init_pid()
{
	state Pid
}

app_pid()
{
	pgrep -P "$(init_pid)" -x "$1"
}

# has_in_status PID KEY VALUE: true if /proc/PID/status has this line.
has_in_status()
{
	grep -qxF -e "$2:"$'\t'"$3" "/proc/$1/status"
}

# ready_file_exists: looks into the container's layer, whether or not it runs.
ready_file_exists()
{
	"$ENGINE" cp "$C:/run/dinit/ready" - >/dev/null 2>&1
}

is_ready()
{
	"$ENGINE" exec "$C" /sbin/dinit --is-ready
}

send()
{
	"$ENGINE" kill -s "$1" "$C" >/dev/null
}

# ends_with STATUS: waits for the container's end, and compares its status.
ends_with()
{
	await is exited state Status
	is "$1" state ExitCode
}

dinit_is_process_1()
{
	cmp "/proc/$(init_pid)/exe" "$DINIT"
	grep -qE '^NSpid:.*\s1$' "/proc/$(init_pid)/status"
}

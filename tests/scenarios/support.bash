# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Containers without an engine: "container NAME ... -- COMMAND" runs dinit as
# process 1 of PID, mount and host name namespaces with a /run of its own, and
# the functions below do what docker exec, kill and inspect do. All are in one
# network, which has nothing but a loopback device. The servers that the apps
# need are containers too. Each has a log, which a restart goes on with.
#
# shellcheck disable=SC2034 # variables for the tests

load ../support

# The folder of the replicas' readiness files, which HAProxy looks at.
READY=$BATS_FILE_TMPDIR/ready
# A variable for an app that shall not hear of its stop.
DEAF=DINIT_REWRITE=TERM:CONT
HERE=$BATS_TEST_DIRNAME
APPS=$HERE/apps

# lacks PROGRAM...: prints what is missing, a program or the namespaces.
lacks()
{
	local program

	if [[ -n $NO_NAMESPACES ]]; then
		echo "$NO_NAMESPACES"
		return
	fi
	for program; do
		if ! command -v "$program" >/dev/null; then
			echo "there is no $program here"
			return
		fi
	done
}

# needs PROGRAM...: skips the test if one is missing.
needs()
{
	local lack
	lack=$(lacks "$@")

	[[ -z $lack ]] || go_without "$lack"
}

# --- Containers ---------------------------------------------------------------

log()
{
	cat "$BATS_FILE_TMPDIR/$1.log"
}

# container NAME [VARIABLE=VALUE]... -- COMMAND...: starts a container. Whoever
# runs the tests may ignore signals, as a shell does for what it starts by "&":
# engines start containers with all signals at their defaults. With $READ_ONLY
# set, nothing but its /run can be written.
container()
{
	local name=$1 environment=()
	local file=$BATS_FILE_TMPDIR/$1
	shift

	while [[ $1 != -- ]]; do
		environment+=("$1")
		shift
	done
	rm -f "$file.status"
	{
		unshare --pid --fork --kill-child --mount --mount-proc --uts \
			"$HERE/engine.sh" "$name" \
			env -i --default-signal \
			PATH="$PATH" PYTHONDONTWRITEBYTECODE=1 \
			"${environment[@]}" \
			"$DINIT" "$@" && echo 0 >"$file.status" ||
			echo $? >"$file.status"
	} </dev/null >>"$file.log" 2>&1 3>&- &
	echo $! >"$file.pid"
	await has_begun "$name"
}

# has_begun NAME: true if dinit runs, or has ended already.
has_begun()
{
	init_pid "$1" || test -s "$BATS_FILE_TMPDIR/$1.status"
}

# init_pid NAME: prints the pid of the container's dinit, as the test sees it. It
# is the child of unshare, which is the child of the shell that waits for it.
init_pid()
{
	pgrep -x dinit -P "$(pgrep -P "$(<"$BATS_FILE_TMPDIR/$1.pid")")" \
		2>/dev/null
}

# inside NAME COMMAND...: runs the command in the container and with the same
# environment, as docker exec does.
inside()
{
	local pid environment
	pid=$(init_pid "$1")

	mapfile -d '' -t environment <"/proc/$pid/environ"
	nsenter --target "$pid" --pid --mount --uts \
		env -i "${environment[@]}" "${@:2}"
}

is_ready()
{
	inside "$1" "$DINIT" --is-ready
}

becomes_ready()
{
	inside "$1" "$DINIT" --is-ready --wait=60s || {
		log "$1" >&2
		return 1
	}
}

send()
{
	kill -s "$2" "$(init_pid "$1")"
}

# ends_with NAME STATUS: waits for the container's end, and compares its status.
ends_with()
{
	await test -s "$BATS_FILE_TMPDIR/$1.status"
	is "$2" cat "$BATS_FILE_TMPDIR/$1.status"
}

# die NAME: kills dinit, and thereby all that is in the namespace.
die()
{
	send "$1" KILL
	await test -s "$BATS_FILE_TMPDIR/$1.status"
}

# has_said NAME LINE: true if the log has the line. Status 1 means no, and 2 that
# there is no log.
has_said()
{
	local log

	log=$(log "$1") || return 2
	grep -qxF -e "$2" <<<"$log"
}

# has_logged NAME PATTERN: true if a line of the log matches, as in grep -E.
has_logged()
{
	local log

	log=$(log "$1") || return 2
	grep -qE -e "$2" <<<"$log"
}

# count_of PATTERN NAME...: prints how many lines match in all of these logs.
count_of()
{
	local name

	for name in "${@:2}"; do
		log "$name"
	done | grep -cE -e "$1"
}

# remove NAME...: kills these containers. bats shows the ends of their logs, which
# are printed here, if the test has failed.
remove()
{
	local name file

	for name; do
		file=$BATS_FILE_TMPDIR/$name
		[[ -e $file.pid ]] || continue
		die "$name" 2>/dev/null || await test -s "$file.status"
		tail -n 40 "$file.log" | sed "s/^/$name: /"
		rm "$file".*
	done
}

# remove_all: removes all containers of the file, and ends the load.
remove_all()
{
	local file

	[[ -z ${LOAD:-} ]] || kill "$LOAD"
	for file in "$BATS_FILE_TMPDIR"/*.pid; do
		remove "$(basename "$file" .pid)"
	done
}

teardown()
{
	remove_all
}

# --- What several scenarios need ----------------------------------------------

# probe URL: prints a variable for "container" with a health command.
probe()
{
	echo "DINIT_HEALTH_CMD=[\"$DINIT\",\"--probe=$1\"]"
}

start_redis()
{
	python3 -c 'import redis' || go_without 'there is no python3-redis here'
	container redis "$(probe tcp://127.0.0.1:6379)" -- redis-server \
		--bind 127.0.0.1 --save '' --dir "$BATS_FILE_TMPDIR"
	becomes_ready redis
}

# start_balancer RETRIES: starts HAProxy at http://127.0.0.1:8000, for two
# replicas.
start_balancer()
{
	local check=$BATS_FILE_TMPDIR/check

	cat >"$check" <<-END
		#!/bin/sh
		exec "$DINIT" --is-ready \
		    --ready-file="$READY/\$HAPROXY_SERVER_NAME"
	END
	chmod +x "$check"
	container balancer DINIT_NOTIFY=yes RETRIES="$1" CHECK="$check" -- \
		haproxy -Ws -f "$HERE/haproxy.cfg"
	becomes_ready balancer
}

# replica NUMBER [VARIABLE=VALUE]... -- COMMAND...: starts web1 or web2. It drains
# so long that HAProxy looks several times meanwhile.
replica()
{
	container "web$1" PORT="800$1" DINIT_READY_FILE="$READY/web$1" \
		"$(probe "http://127.0.0.1:800$1/")" DINIT_DRAIN=2s "${@:2}"
}

# is_visited NAME: waits for a request that HAProxy sends to the replica.
is_visited()
{
	await is_longer_than "$(log "$1" | wc -l)" "$1"
}

is_longer_than()
{
	(($(log "$2" | wc -l) > $1))
}

# begin_load METHOD URL ANSWER: starts load.py, which describes its arguments.
begin_load()
{
	"$HERE/load.py" "$@" >"$BATS_FILE_TMPDIR/figures" 3>&- &
	LOAD=$!
}

# end_load TITLE: prints the figures, and sets SENT and FAILED.
end_load()
{
	local figures=$BATS_FILE_TMPDIR/figures

	kill "$LOAD"
	wait "$LOAD"
	LOAD=
	sed "s/^/# $1: /" "$figures" >&3
	SENT=$(sed -n 's/^sent \([0-9]*\),.*/\1/p' "$figures")
	FAILED=$(sed -n 's/.* failed \([0-9]*\)$/\1/p' "$figures")
}

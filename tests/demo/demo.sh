#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The main job in front of your eyes: dinit, as PID 1 of namespaces of its own,
# starts a little HTTP server, waits until it is healthy, and stops it. Every
# line is printed when it happens, with the seconds since the start.
#
#	DINIT=build/dinit APPS=build/apps tests/demo/demo.sh

set -eu

# Tests that run beside this one take lower ports, and the kernel higher ones.
port=$((31000 + RANDOM % 1700))
work=$(mktemp -d)
trap 'rm -rf "$work"; kill %% 2>/dev/null || :' EXIT

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	plain=$'\e[0m' bold=$'\e[1m' dim=$'\e[2m'
	green=$'\e[32m' yellow=$'\e[33m' blue=$'\e[34m' cyan=$'\e[36m'
else
	plain='' bold='' dim='' green='' yellow='' blue='' cyan=''
fi

# The line that a process outside of the container would see.
tell()
{
	echo "$*" >&3
}

# Puts time and colour to "WHO WHAT" lines as they come.
draw()
{
	local who what color now
	while read -r who what; do
		now=$((${EPOCHREALTIME/[.,]/} - began))
		case $who in
		dinit:) who=dinit color=$green ;;
		you) color=$bold ;;
		probe) color=$cyan ;;
		end) return ;;
		*) what="$who $what" who=app color=$blue ;;
		esac
		printf '%s%3d.%03d s%s  %s%-5s%s  %s\n' "$dim" \
		    $((now / 1000000)) $((now / 1000 % 1000)) "$plain" \
		    "$color" "$who" "$plain" "$what"
	done
}

# Asks like an orchestrator's readiness probe, and tells each change.
probe()
{
	local was=unready is
	while [ -e "/proc/$init" ]; do
		is=unready
		if "$DINIT" --is-ready --ready-file="$root/run/dinit/ready" \
		    2>/dev/null; then
			is=ready
		fi
		if [ $is != $was ]; then
			tell "probe $is"
			[ $is = unready ] || tell "probe /run/dinit/ready:" \
			    "$(tr '\n' ' ' <"$root/run/dinit/ready")"
		fi
		was=$is
		sleep 0.02
	done
}

ask()
{
	tell "you GET $1: $("$APPS/webapp" get $port "$1" || :)"
}

# Waits until the container is "ready" or "unready", or has ended.
await()
{
	local is
	while [ -e "/proc/$init" ]; do
		is=unready
		[ ! -e "$root/run/dinit/ready" ] || is=ready
		[ $is != "$1" ] || return 0
		sleep 0.02
	done
}

# The only child of unshare.
find_init()
{
	until init=$(cat "/proc/$waited/task/$waited/children") &&
	    [ -n "$init" ]; do
		kill -0 "$waited"
		sleep 0.01
	done
	init=${init% }
}

# What makes PID 1 of what follows, with a tmpfs at /run: namespaces, in which
# root needs no other user, and others are root. Nothing, where neither may.
find_isolation()
{
	local user
	for user in '' '--user --map-root-user'; do
		isolation="unshare $user --fork --pid --mount --mount-proc"
		! $isolation mount -t tmpfs tmpfs /run 2>/dev/null || return 0
	done
	printf '\n%s\n' 'Namespaces are refused here (a container without' \
	    'privileges?): dinit runs as an ordinary process.'
	isolation=
}

# start OPTIONS... -- COMMAND...
start()
{
	printf '%s$ dinit %s%s\n\n' "$yellow" "${*//"$APPS/"/}" "$plain"
	began=${EPOCHREALTIME/[.,]/}
	draw <"$work/events" &
	drawing=$!
	exec 3>"$work/events"
	# shellcheck disable=SC2016 # expanded inside
	$isolation sh -c "${isolation:+mount -t tmpfs tmpfs /run && }"'
	    exec "$0" "$@"' "$DINIT" "$@" >&3 2>&3 &
	waited=$! init=$!
	[ -z "$isolation" ] || find_init
	root=/proc/$init/root
	tell 'you the container starts'
	probe &
	probing=$!
}

# finish STATUS: with any other than that, the demo fails.
finish()
{
	local status=0
	wait $waited || status=$?
	wait $probing
	tell "you the container has ended, exit status $status"
	tell end
	exec 3>&-
	wait $drawing
	printf '\n'
	[ $status -eq "$1" ]
}

mkfifo "$work/events"
find_isolation
health="[\"$APPS/webapp\",\"get\",\"$port\",\"/\"]"

printf '\n%s1. A start that takes two seconds, and a graceful stop%s\n\n' \
    "$bold" "$plain"
start --health-cmd="$health" --drain=1s --grace=5s -- \
    "$APPS/webapp" $port 2000
await ready
sleep 0.2
ask /
tell 'you GET /slow, which takes 1.5 s: sent'
ask /slow &
asking=$!
sleep 0.3
tell 'you kill -TERM 1, as docker stop does'
kill -TERM "$init"
await unready
ask /
wait $asking
finish 0

printf '%s2. An app that ignores SIGTERM%s\n\n' "$bold" "$plain"
start --health-cmd="$health" --grace=2s -- \
    "$APPS/webapp" $port 500 stubborn
await ready
sleep 0.2
tell 'you kill -TERM 1, as docker stop does'
kill -TERM "$init"
finish 137

#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Counts what does not depend on the machine's mood, and holds it against
# tests/bench/budget: none may grow.
#
#	tests/bench/budget.sh FOLDER
#
# FOLDER holds driver, app and dinit, as for bench.py. Needs root.

set -euo pipefail
shopt -s inherit_errexit
here=$(dirname "$0")
folder=$(realpath "$1")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# System calls of dinit from its own exec to the fork of the app; the least of
# some runs, as elsewhere.
system_calls()
{
	env -i PATH="$PATH" unshare --fork --pid --mount-proc \
	    strace -o "$scratch/calls" "$folder/dinit" -- true
	sed -n '/^execve/,/^\(v\?fork\|clone\)/p' "$scratch/calls" | wc -l
}

# Those of a whole life, the libraries' initialization with it.
instructions()
{
	env -i PATH="$PATH" \
	    valgrind --tool=callgrind --callgrind-out-file=/dev/null \
	    "$folder/dinit" --no-lockdown -- true 2>"$scratch/valgrind"
	awk '/Collected :/ { print $4 }' "$scratch/valgrind"
}

# Of a container that has published readiness.
gated_resident()
{
	"$folder/dinit" -q --ready-file="$scratch/ready" --monitor=0 \
		'--health-cmd=["true"]' -- sleep 1000 &
	"$folder/dinit" --is-ready --wait=10s --ready-file="$scratch/ready"
	awk '$1 == "VmRSS:" { print $2 }' "/proc/$!/status"
	kill $!
	wait $! || true
}

measure()
{
	case $1 in
	system_calls) system_calls ;;
	instructions) instructions ;;
	page_faults) "$folder/driver" faults 0 "$folder/dinit" -- \
	    "$folder/app" wait ;;
	resident_kib) "$folder/driver" memory 0 "$folder/dinit" -- \
	    "$folder/app" wait | sed -n 1p ;;
	anonymous_kib) "$folder/driver" memory 0 "$folder/dinit" -- \
	    "$folder/app" wait | sed -n 2p ;;
	gated_resident_kib) gated_resident ;;
	idle_wakeups) "$folder/driver" idle 2 "$folder/dinit" -- \
	    "$folder/app" wait ;;
	binary_bytes) stat -c %s "$folder/dinit" ;;
	*) echo "budget: nobody knows how to count $1" >&2; return 1 ;;
	esac
}

least()
{
	for _ in 1 2 3; do measure "$1"; done | sort -n | head -n 1
}

failed=0
grep -v '^#' "$here/budget" >"$scratch/budget"
printf '%-16s %10s %10s\n' '' counted budget
while read -r name budget; do
	counted=$(least "$name" </dev/null)
	printf '%-16s %10s %10s\n' "$name" "$counted" "$budget"
	if [[ ! $counted =~ ^[0-9]+$ ]]; then
		echo "budget: $name cannot be counted" >&2
		failed=1
	elif ((counted > budget)); then
		echo "budget: $name has grown: $counted, of $budget" >&2
		failed=1
	fi
done <"$scratch/budget"
exit "$failed"

#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Compares the system calls that dinit makes after its lock-down, as qemu shows
# them, with those that the lock-down allows on its machine:
#
#	CC=COMPILER APPS=DIR O=DIR tests/architectures/trace.sh ARCH
#
# dinit is in $O. (qemu knows no seccomp, so that what is denied would not show.)

set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/support.bash
emulator=("$PWD/tests/architectures/emulated" "$1")

scratch=$(mktemp -d)
DIR=$scratch
child=
cleanup()
{
	(($? == 0)) || cat "$DIR/log" >&2 || true
	[[ -z $child ]] || kill -KILL "$child" 2>/dev/null || true
	rm -rf "$scratch"
}
trap cleanup EXIT
export PATH=$APPS:$PATH DIR

start()
{
	QEMU_STRACE=1 "${emulator[@]}" "$O/dinit" "$@" </dev/null \
		>"$DIR/out" 2>"$DIR/log" &
	child=$!
}

# finish STATUS: that of dinit. Its calls after the lock-down go to "seen".
finish()
{
	local status=0

	wait "$child" || status=$?
	if ((status != $1)); then
		echo "trace: status $status, not $1:" >&2
		exit 1
	fi
	# What dinit writes itself is in one piece. Its calls are not, where another
	# process makes one at the same time.
	sed '1,/dinit: debug: cannot filter system calls/d' "$DIR/log" |
		grep -aoE "\<$child ([a-z_0-9]+\(|Unknown syscall [0-9]+)" |
		sed -E "s/^$child //; s/Unknown syscall //; s/\($//" \
		>"$DIR/after" || :
	if [[ ! -s $DIR/after ]]; then
		echo "trace: no call after the lock-down:" >&2
		exit 1
	fi
	cat "$DIR/after" >>"$scratch/seen"
	child=
}

begin()
{
	DIR=$scratch/$1
	mkdir "$DIR"
}

# --- Its work ----------------------------------------------------------------

gated()
{
	begin gated
	start -vv --ready-file="$DIR/new/ready" --drain=20ms \
		--health-interval=20ms --health-cmd="test -f $DIR/healthy" \
		sh -c 'act name=left start:session & exec act TERM:exit=0'
	await grep -q '^left up' "$DIR/out"
	await grep -q '^up' "$DIR/out"
	# Its folder is gone: it is made again.
	rm -rf "$DIR/new"
	: >"$DIR/healthy"
	await test -f "$DIR/new/ready"
	kill -HUP "$child"
	await grep -q HUP "$DIR/out"
	kill -TERM "$child"
	finish 0
}

budget_over()
{
	begin budget
	start -vv --ready-file="$DIR/ready" --startup-budget=1s \
		--report-file="$DIR/report" --health-cmd='echo no; false' \
		act TERM:exit=0
	finish 124
}

notifying()
{
	begin notify
	start -vv --ready-file="$DIR/ready" --notify act TERM:exit=0
	await grep -q '^up' "$DIR/out"
	kill -TERM "$child"
	finish 0
}

# --- Judgement ---------------------------------------------------------------

# Lines with the name and the number of each call.
"$CC" -E -dM -xc - <<<'#include <sys/syscall.h>' |
	sed -nE 's/^#define __NR_([a-z0-9_]+) ([0-9]+)$/\1 \2/p' |
	sed -E 's/^(clock_.*)_time32 /\1 /; s/^(clock_.*)32 /\1 /' \
	>"$scratch/numbers"

gated
budget_over
notifying

"$CC" -static -no-pie -iquote init -o "$scratch/allowed" \
	tests/architectures/allowed.c "$O"/privileges/lockdown.o "$O"/base/*.o
"${emulator[@]}" "$scratch/allowed" | sort -u >"$scratch/allowed.numbers"
sort -u "$scratch/seen" | while read -r call; do
	number=$(sed -n "s/^$call //p" "$scratch/numbers")
	grep -qx "${number:-$call}" "$scratch/allowed.numbers" ||
		echo "trace: not in the list of the lock-down, but called: $call"
done >"$scratch/missing"
cat "$scratch/missing"
[[ ! -s $scratch/missing ]]
echo "trace: $(sort -u "$scratch/seen" | wc -l) system calls seen, all of" \
	"them among the $(wc -l <"$scratch/allowed.numbers") that are allowed"
[[ -z ${V:-} ]] || sort -u "$scratch/seen" | paste -sd' '

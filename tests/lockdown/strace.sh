#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Compares the list of system calls in init/privileges/lockdown.c, and of the
# requests of fcntl and ioctl there, with those that dinit makes once it has
# locked itself down:
#
#	APPS=DIR tests/lockdown/strace.sh DINIT...
#
# Each DINIT goes through all its work under strace, which follows dinit alone:
# with its children traced too, signals and stops come too late for tests of
# time. Seen and not listed: the list is too short. Listed, seen in none of
# them, and without a reason below: it is too long. (That nothing else is
# needed in all of the end-to-end tests, make check-lockdown finds out with a
# filter that kills.)

# shellcheck disable=SC2317 # not unreachable: by trap and by await

set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/support.bash

declare -A unseen=(
	[clock_gettime]='in the vDSO where there is one'
	[clock_nanosleep]='where waiting fails, which is a mystery'
	[restart_syscall]='the kernel makes it, after a stop during clock_nanosleep'
	[ppoll]='machines without poll'
	[exit]='of musl, where an engine denies exit_group'
	[gettid]='abort(3), of an assertion that fails'
	[tgkill]='abort(3), of an assertion that fails'
	[open]='musl has it for open(3), glibc openat'
	[openat]='glibc has it for open(3), musl open'
	[fstat]='musl has it for fstat(3), glibc newfstatat'
	[write]='what goes to standard error without writev'
	[writev]='where pwritev2 is not for what standard error is'
	[readlinkat]='machines without readlink'
	[_llseek]='machines without lseek for 64 bits'
	[clock_gettime64]='machines of 32 bits'
	[statx]='machines of 32 bits'
	[fstat64]='machines of 32 bits, before Linux 4.11'
	[fstatat64]='machines of 32 bits, before Linux 4.11'
	[ftruncate64]='machines of 32 bits'
	[fcntl64]='machines of 32 bits'
	[socketcall]='glibc has it for sockets on i386 and s390x'
	[send]='glibc has it for send(2) on ARM and PowerPC'
	[renameat2]='machines without renameat'
	[pwritev2]='where standard error cannot be opened anew'
	[lseek]='/proc changed while it was read'
	[pidfd_open]='for a descendant that is no child of ours'
	[pidfd_send_signal]='for such a descendant, or where the kernel reaps'
	[rt_sigaction]='where the kernel reaps'
	[fcntl F_SETLK]='where F_OFD_SETLK is unknown (gVisor)'
	[fcntl F_GETLK]='where F_OFD_GETLK is unknown (gVisor)'
	[fcntl F_OFD_GETLK]='for a state file that may only be read'
	[fcntl F_SETFD]='musl does it after open(3), glibc does not'
	[ioctl KERNEL_PIDFD_GET_INFO]='strace may have no name for it'
)

scratch=$(mktemp -d)
children=()
cleanup()
{
	((${#children[@]} == 0)) || kill -KILL "${children[@]}" 2>/dev/null ||
		true
	rm -rf "$scratch"
}
trap cleanup EXIT

is_traced()
{
	grep -q '^TracerPid:.*[1-9]' "/proc/$1/status"
}

has_ended()
{
	! kill -0 "$1"
}

is_filtered()
{
	grep -q '^Seccomp:.*2' "/proc/$1/status"
}

has_landlock()
{
	grep -q '^landlock_restrict_self(.* = 0$' "$DIR/trace"
}

# The command that waits for its tracer and becomes dinit, for $launcher.
launch()
{
	# shellcheck disable=SC2016 # expanded there
	launcher=(bash -c 'cat "$0/gate" >/dev/null; exec "$@"' "$DIR" "$dinit"
		"$@")
}

# Attaches to the launcher PID and lets it go; dinit has it from then on.
follow()
{
	local confined=${2:-is_filtered}

	pid=$1
	children+=("$pid")
	strace -qq -e signal=none -o "$DIR/trace" -p "$pid" &
	tracer=$!
	await is_traced "$pid"
	: >"$DIR/gate"
	await "$confined" "$pid"
}

begin()
{
	DIR=$scratch/$((++scenarios))
	export DIR
	mkdir "$DIR"
	mkfifo "$DIR/gate"
}

start()
{
	launch "$@"
	"${launcher[@]}" </dev/null >"$DIR/out" 2>"${log:-$DIR/log}" &
	follow $!
}

up()
{
	await grep -q "${1:-}up" "$DIR/out"
}

# finish STATUS: that of dinit, or of what waits for it, which is the job $pid.
finish()
{
	local status=0

	await has_ended "$tracer"
	wait "$pid" || status=$?
	if ((status != $1)); then
		echo "lockdown: status $status, not $1:" >&2
		cat "$DIR/log" >&2
		exit 1
	fi
	if grep 'not permitted' "$DIR/log" >&2; then
		exit 1
	fi
	sed '1,/^seccomp(SECCOMP_SET_MODE_FILTER/d' "$DIR/trace" |
		sed -nE 's/PIDFD_GET_INFO/KERNEL_PIDFD_GET_INFO/
			h; s/^([a-z0-9_]*)\(.*/\1/p; g
			s/^(fcntl|ioctl)\([0-9]*, ([A-Z0-9_]*)[,)].*/\1 \2/p' \
		>>"$scratch/seen"
}

# --- Its work ----------------------------------------------------------------

gated_with_engine()
{
	begin
	act start:listen=engine >"$DIR/engine.out" &
	children+=($!)
	disown
	await test -S "$DIR/engine"
	NOTIFY_SOCKET=$DIR/engine start -vv --ready-file="$DIR/new/ready" \
		--drain=20ms --health-interval=20ms \
		--health-cmd="test -f $DIR/healthy" act TERM:exit=0
	up
	: >"$DIR/healthy"
	await test -f "$DIR/new/ready"
	kill -HUP "$pid"
	await grep -q HUP "$DIR/out"
	kill -TERM "$pid"
	finish 0
}

budget_over()
{
	begin
	start --ready-file="$DIR/ready" --startup-budget=1s \
		--report-file="$DIR/report" \
		--health-cmd='echo no; false' act TERM:exit=0
	finish 124
}

# It is not filtered, and the list does not matter.
ungated()
{
	begin
	launch "$@"
	"${launcher[@]}" </dev/null >"$DIR/out" 2>"$DIR/log" &
	follow $! has_landlock
	[[ $1 == --pause ]] || up
	kill -TERM "$pid"
	finish 0
}

# Its folder is gone: it is made again.
folder_is_lost()
{
	begin
	mkdir "$DIR/new"
	start --ready-file="$DIR/new/ready" --health-interval=20ms \
		--health-cmd="test -f $DIR/healthy" act TERM:exit=0
	up
	rm -rf "$DIR/new"
	: >"$DIR/healthy"
	await test -f "$DIR/new/ready"
	kill -TERM "$pid"
	finish 0
}

leftovers_of_a_subreaper()
{
	begin
	start --ready-file="$DIR/ready" --grace=100ms sh -c 'act name=left start:session &
		act name=grouped & exec act TERM:exit=0'
	up 'left '
	up 'grouped '
	kill -TERM "$pid"
	finish 0
}

leftovers_of_pid_1()
{
	local shell

	begin
	launch --ready-file="$DIR/ready" --grace=100ms \
		sh -c 'act name=left start:session & exec act'
	unshare --pid --fork --mount-proc "${launcher[@]}" \
		</dev/null >"$DIR/out" 2>"$DIR/log" &
	shell=$!
	await pgrep -P "$shell"
	follow "$(pgrep -P "$shell")"
	up 'left '
	kill -TERM "$pid"
	pid=$shell
	finish 137
}

job_control()
{
	local shell

	begin
	launch -vv --ready-file="$DIR/ready" --grace=100ms sleep 1000
	printf '%q ' "${launcher[@]}" >"$DIR/command"
	# A shell with job control, which the app's stop leads back to.
	script -qec "bash --norc -ic 'echo \$\$ >$DIR/shell
		bash -c \"echo \\\$\\\$ >$DIR/pid; exec bash $DIR/command\"
		while ! test -f $DIR/stopped; do sleep 0.01; done; fg'" \
		"$DIR/out" </dev/null >/dev/null 2>&1 &
	shell=$!
	sed -i 's/^/exec /' "$DIR/command"
	await test -s "$DIR/pid"
	follow "$(cat "$DIR/pid")"
	await pgrep -P "$pid" sleep
	kill -TSTP "$(pgrep -P "$pid" sleep)"
	await grep -q '^kill(0, SIGTSTP' "$DIR/trace"
	: >"$DIR/stopped"
	await grep -q rt_sigpending "$DIR/trace"
	kill -TERM "$pid"
	pid=$shell
	: >"$DIR/log"
	finish 143
}

# Each is written to in another way. What the last one is, only bash knows.
logs_of_all_kinds()
{
	local log

	for log in "$@"; do
		begin
		if [[ $log == pipe ]]; then
			mkfifo "$DIR/pipe"
			cat "$DIR/pipe" >/dev/null &
			log=$DIR/pipe
		fi
		start -vv --ready-file="$DIR/ready" act TERM:exit=0
		up
		kill -TERM "$pid"
		: >"$DIR/log"
		finish 0
	done
}

# --- Judgement ---------------------------------------------------------------

scenarios=0
export PATH=$APPS:$PATH
for dinit; do
	gated_with_engine
	budget_over
	folder_is_lost
	leftovers_of_a_subreaper
	leftovers_of_pid_1
	job_control
	logs_of_all_kinds pipe /dev/null /dev/udp/127.0.0.1/9
	ungated act TERM:exit=0
	ungated --pause
done

status=0
sort -u "$scratch/seen" -o "$scratch/seen"
# Each SYS_NAME; with a request behind it in the same row of a rule, the two too.
sed '/^static const uint16_t calls/,/^const struct lockdown_list /!d; /^#/d' \
	init/privileges/lockdown.c | tr '\n' ' ' | sed 's/SYS_/\n/g; s/$/\n/' | sed 1d |
	while IFS=$',{} \t' read -r call row; do
		echo "$call"
		[[ $call == fcntl || $call == ioctl ]] || continue
		grep -oE '\<(F|TIOC|KERNEL)[A-Z_]+' <<<"$row" |
			sed "s/^/$call /"
	done | sort -u >"$scratch/listed"
while read -r call; do
	echo "lockdown: not in the list, but called: $call" >&2
	status=1
done < <(comm -23 "$scratch/seen" "$scratch/listed")
while read -r call; do
	[[ -z ${unseen[$call]:-} ]] || continue
	echo "lockdown: in the list, but never called: $call" >&2
	status=1
done < <(comm -13 "$scratch/seen" "$scratch/listed")
for call in "${!unseen[@]}"; do
	grep -qxF "$call" "$scratch/listed" && continue
	echo "lockdown: has a reason above, but is not in the list: $call" >&2
	status=1
done
echo "lockdown: $(wc -l <"$scratch/seen") system calls seen in" \
	"$scenarios scenarios, $(wc -l <"$scratch/listed") in the list"
[[ -z ${V:-} ]] || paste -sd' ' "$scratch/seen"
exit "$status"

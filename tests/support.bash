# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What the tests in bats have in common.

# await COMMAND...: until it succeeds, for $PATIENCE seconds if need be.
await()
{
	local deadline=$((SECONDS + ${PATIENCE:-30}))

	until "$@" >/dev/null 2>&1; do
		if ((SECONDS > deadline)); then
			echo "never came true: $*" >&2
			return 1
		fi
		sleep 0.02
	done
}

# refute COMMAND...: it answers no, by status 1. Any other one is no answer.
refute()
{
	local status=0

	"$@" || status=$?
	if ((status != 1)); then
		echo "status $status, not 1: $*" >&2
		return 1
	fi
}

# is EXPECTED COMMAND...: what it prints is just that, and it does not fail. (In
# await, set -e has no effect.)
is()
{
	local expected=$1 actual
	shift

	actual=$("$@") || {
		echo "failed: $*" >&2
		return 1
	}
	if [[ $actual != "$expected" ]]; then
		printf '"%s" is "%s", not "%s"\n' "$*" "$actual" "$expected" >&2
		return 1
	fi
}

# make_debian: into the archive $DEBIAN, once for all suites, which may want it
# at the same time. It is kept until make clean.
make_debian()
{
	local root lock

	DEBIAN=$PWD/build/bookworm-slim.tar
	exec {lock}>"$DEBIAN.lock"
	flock "$lock"
	if [[ ! -e $DEBIAN ]]; then
		root=$(mktemp -d)
		debootstrap --variant=minbase bookworm "$root"
		tar -C "$root" -c . >"$DEBIAN.new"
		rm -rf "$root"
		mv "$DEBIAN.new" "$DEBIAN"
	fi
	exec {lock}>&-
}

# go_without REASON: where nothing may be skipped, that is a failure.
go_without()
{
	if [[ -n ${NO_SKIP:-} ]]; then
		echo "would be skipped: $1" >&2
		return 1
	fi
	skip "skipped: $1"
}

# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What the tests in bash have in common, those in bats above all.

# await COMMAND...: waits until the command succeeds. Fails after $PATIENCE
# seconds.
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

# refute COMMAND...: fails unless the command answers no, which is status 1. Any
# other failure is not an answer.
refute()
{
	local status=0

	"$@" || status=$?
	if ((status != 1)); then
		echo "status $status, not 1: $*" >&2
		return 1
	fi
}

# is EXPECTED COMMAND...: fails unless the command succeeds and prints just that.
# (The status is looked at because set -e has no effect below "await".)
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

# make_debian: makes the archive $DEBIAN, a small Debian. Suites that run at the
# same time share it, and it is kept until make clean.
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

# example PAGE SECTION [NUMBER]: prints a literal block of a manual page, the
# first one below that heading unless NUMBER says which.
example()
{
	awk -v section="$2" -v wanted="${3:-1}" '
		/^\.S[sh] / { in_section = substr($0, 5) == section }
		/^\.Ed/ { in_block = 0 }
		in_block
		in_section && /^\.Bd -literal/ { in_block = ++count == wanted }
		in_section && /^\.Dl / && ++count == wanted { print substr($0, 5) }
	' "man/$1" | sed 's/\\e/\\/g' | grep .
}

# go_without REASON: skips the test. With $NO_SKIP set it fails instead.
go_without()
{
	if [[ -n ${NO_SKIP:-} ]]; then
		echo "would be skipped: $1" >&2
		return 1
	fi
	skip "skipped: $1"
}

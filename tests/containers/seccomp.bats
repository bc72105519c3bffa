#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The same profile given to an engine and to dinit: the same verdict on each of
# the system calls that tests/e2e/apps/calls.c knows.

load support

# expect_same_verdicts ENGINE PROFILE [OPTION]...
expect_same_verdicts()
{
	local engine=$1 profile=$2
	shift 2

	"$engine" run --rm --network none "$@" \
		--security-opt "seccomp=$SUITE/apps/etc/$profile" \
		apps /bin/calls >"$BATS_TEST_TMPDIR/engine"
	"$engine" run --rm --network none "$@" \
		--security-opt seccomp=unconfined \
		apps /sbin/dinit "--seccomp=/etc/$profile" -- /bin/calls \
		>"$BATS_TEST_TMPDIR/dinit"
	diff "$BATS_TEST_TMPDIR/engine" "$BATS_TEST_TMPDIR/dinit"
	(($(wc -l <"$BATS_TEST_TMPDIR/dinit") >= 70))
}

@test "Docker and dinit judge alike by an allow-list" {
	use_docker
	expect_same_verdicts docker allow-list.json
}

@test "Docker and dinit judge alike what depends on capabilities" {
	use_docker
	expect_same_verdicts docker allow-list.json --cap-drop ALL
	expect_same_verdicts docker allow-list.json --cap-add SYS_ADMIN \
		--cap-add SYS_TIME --cap-add SYS_PTRACE
}

@test "Docker and dinit judge alike for another user" {
	use_docker
	expect_same_verdicts docker allow-list.json --user 1000
}

# Docker 20.10 does not read its defaultErrnoRet.
@test "Podman and dinit judge alike by Podman's own profile" {
	use_podman
	expect_same_verdicts podman seccomp.json
	expect_same_verdicts podman seccomp.json --cap-drop ALL
	expect_same_verdicts podman seccomp.json --cap-add SYS_ADMIN \
		--cap-add SYS_TIME
}

# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What the tests under engines have in common.

need_docker()
{
	[[ -z $NO_DOCKER ]] || skip "skipped: $NO_DOCKER"
}

need_podman()
{
	[[ -z $NO_PODMAN ]] || skip "skipped: $NO_PODMAN"
}

# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The network of all containers, which is also that of the tests: make
# check-scenarios runs bats in a network namespace. Without that, or without
# root, NO_NAMESPACES says why.

setup_suite()
{
	export NO_NAMESPACES='' PYTHONDONTWRITEBYTECODE=1
	# first what belongs to Debian's packages
	export PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH

	cd "$(dirname "${BASH_SOURCE[0]}")/../.." || return
	if [[ $(id -u) -ne 0 ]]; then
		NO_NAMESPACES='containers without an engine need root'
	elif ! ip link show lo | grep -q 'state DOWN'; then
		NO_NAMESPACES='needs a network namespace, as from make'
	elif ! unshare --pid --fork --mount --mount-proc --uts true; then
		NO_NAMESPACES='there are no namespaces to be had'
	else
		ip link set lo up
		# for servers that are not run by root
		chmod a+x "$BATS_RUN_TMPDIR"
	fi
}

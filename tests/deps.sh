#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Installs those of the given Debian or Ubuntu packages that are missing:
#
#	tests/deps.sh PACKAGE|COMMAND=PACKAGE...
#
# With a COMMAND, the package is missing only if that command is: it may have
# been installed from elsewhere, so that Debian's package would conflict with it.
#
# Asks nothing, and waits for whoever else is installing: a machine that has just
# started often updates itself. Needs root, or sudo, only if something is missing;
# otherwise it is a matter of milliseconds, so that make can run it every time.

set -eu

if ! command -v apt-get >/dev/null; then
	echo "deps: not a Debian or Ubuntu machine: nothing installed." >&2
	echo "deps: needed are what these packages hold there: $*" >&2
	exit 0
fi

missing=
for package in "$@"; do
	case $package in
	*=*) ! command -v "${package%%=*}" >/dev/null || continue ;;
	esac
	package=${package#*=}
	case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) in
	*' installed') ;;
	*) missing="$missing $package" ;;
	esac
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
	as_root=sudo
	if ! command -v sudo >/dev/null; then
		echo "deps: missing:$missing" >&2
		echo "deps: please run as root: apt-get install$missing" >&2
		exit 1
	fi
fi

# The servers among them are for tests to start: as a service of the machine,
# none is. Where there is a policy already, that holds.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	trap '$as_root rm -f $policy' EXIT
	trap 'exit 1' HUP INT TERM
	printf '#!/bin/sh\nexit 101\n' | $as_root tee $policy >/dev/null
	$as_root chmod +x $policy
fi

echo "deps: installing with ${as_root:+sudo }apt-get:$missing"
$as_root apt-get -q update
# shellcheck disable=SC2086 # words
$as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends \
    $missing </dev/null

# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The beginning of each tests/SUITE/run, which the Makefile calls:
#
#	tests/SUITE/run TARGET		does what `make TARGET` is to do
#	tests/SUITE/run packages	only installs what the suite needs
#
# A suite runs in the top folder of the repository. Its environment has the
# variables that the command line of make sets (TEST_ARGS, NO_SKIP, SOAK...),
# and those that the Makefile adds: see SUITE_TARGETS there.
#
# shellcheck disable=SC2034 # variables for the scripts

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

target=${1:-}
O=${O:-build}

# The words in TEST_ARGS, as a shell sees them.
test_args=()
eval "test_args=(${TEST_ARGS:-})"

# For the C programs that suites compile themselves.
c_options=(-std=c17 -D_GNU_SOURCE -iquote init -O2 -g -Wall -Wextra)

# needs PACKAGE|COMMAND=PACKAGE...: installs these, and what a build needs.
needs()
{
	tests/deps.sh "$@"
	build deps LIBC=musl
	[[ $target != packages ]] || exit 0
}

# Installs what a build for each of $ARCHITECTURES needs.
needs_compilers()
{
	local arch

	for arch in $ARCHITECTURES; do
		build deps LIBC=musl ARCH="$arch"
	done
}

# build TARGET|VARIABLE=VALUE...
build()
{
	make --no-print-directory -j"$(nproc)" "$@"
}

# mirror_of debian|ubuntu: prints the URL of the mirror that this machine has,
# with that as the last folder, or of DEBIAN_MIRROR or UBUNTU_MIRROR.
mirror_of()
{
	local variable=${1^^}_MIRROR mirror

	# shellcheck disable=SC2016 # for apt-get to expand
	mirror=${!variable:-$(apt-get indextargets --format '$(REPO_URI)' \
		'Created-By: Packages' |
		sed -nE "s,^(https?://.*)/(debian|ubuntu)/?\$,\1/$1,p" |
		head -n 1)}
	if [[ -z $mirror ]]; then
		echo "apt has no mirror with debian or ubuntu as its last" \
			"folder. Try: apt-get update, or set $variable" >&2
		return 1
	fi
	echo "$mirror"
}

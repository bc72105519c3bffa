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

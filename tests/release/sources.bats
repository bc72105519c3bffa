#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What tests/musl-libraries.sh says where apt does not have the sources of the
# libraries. The programs of apt are replaced by some that answer as they do there.

bats_require_minimum_version 1.5.0

setup()
{
	apt=$BATS_TEST_TMPDIR/apt
	mkdir "$apt"
	PATH=$apt:$PATH
	# shellcheck disable=SC2016 # for the program
	program apt-get 'case $* in
	*indextargets*)
		. /etc/os-release
		echo "$ID deb-src http://mirror.test $VERSION_CODENAME main" ;;
	*" source "*)
		echo "E: Failed to fetch http://mirror.test/x.dsc  404" >&2
		exit 100 ;;
	esac'
	program apt-cache 'echo "Version: 1:2.44-1"'
}

# program NAME TEXT: puts this shell script in the place of a program of apt.
program()
{
	printf '#!/bin/sh\n%s\n' "$2" >"$apt/$1"
	chmod +x "$apt/$1"
}

# refuses TEXT [VARIABLE=VALUE]: says that, in the last line.
refuses()
{
	run -1 env CC=gcc "${@:2}" \
		"$BATS_TEST_DIRNAME/../musl-libraries.sh" \
		"$BATS_TEST_TMPDIR/libraries" libcap2=2.66
	echo "$output"
	[[ ${lines[-1]} == "musl-libraries: $1"* ]]
}

@test "a source that the mirror lists and does not have" {
	refuses 'apt cannot download the source of libcap2 1:2.44-1: use'
	grep -x 'E: Failed to fetch http://mirror.test/x.dsc  404' <<<"$output"
	grep -xF '  libcap2 1:2.44-1 (releases of dinit have 2.66)' <<<"$output"
}

@test "a source that the mirror does not list" {
	program apt-cache exit
	refuses 'apt lists no source of libcap2: use another mirror, or copy'
}

@test "a mirror without lists of sources" {
	# shellcheck disable=SC2016 # for the program
	sed -i '2i case $* in *update) exit 100 ;; esac' "$apt/apt-get"
	refuses 'apt cannot download the lists of sources: use another mirror'
}

@test "another version than that of a release" {
	refuses 'the Makefile pins libcap2 2.66, but apt offers 1:2.44-1' PINNED=1
}

@test "another version in a folder of sources" {
	given=$BATS_TEST_TMPDIR/given
	mkdir "$given"
	echo 'Version: 1:2.75-10' >"$given/libcap2_2.75-10.dsc"
	refuses "the Makefile pins libcap2 2.66, but $given has 1:2.75-10" \
		PINNED=1 LIBRARY_SOURCES="$given"
	refuses 'failed: dpkg-source' LIBRARY_SOURCES="$given"
	grep -xF '  libcap2 1:2.75-10 (releases of dinit have 2.66)' <<<"$output"
}

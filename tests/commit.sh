#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Prints the first twelve digits of the commit that is checked out here, or
# nothing. Needs no git: the image is built where there is none.

set -eu
cd "$(dirname "$0")/.."

if command -v git >/dev/null; then
	git rev-parse --short=12 HEAD 2>/dev/null || :
	exit
fi
[ -e .git/HEAD ] || exit 0
# A commit, or "ref: " and the name of a branch, which has a file of its own or
# a line in packed-refs.
read -r commit name <.git/HEAD
if [ "$commit" = ref: ]; then
	if [ -e ".git/$name" ]; then
		read -r commit <".git/$name"
	else
		commit=$(sed -n "s,^\([0-9a-f]*\) $name\$,\1,p" .git/packed-refs)
	fi
fi
printf '%.12s\n' "$commit"

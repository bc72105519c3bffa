#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Holds the exploration of the lifecycle to its word: each mutated copy of
# init/life/lifecycle.c has to be found out.
#
#	tests/mutations/run.sh FOLDER
#
# A mutation is a line of tests/mutations/list: what goes wrong, a bar, and a
# sed(1) command. A copy is found out if the exploration says what does not hold
# and ends with status 1. Everything else is an error: that the original does not
# hold, and a copy that changes nothing, does not compile, or whose exploration
# crashes or does not end.

set -euo pipefail
cd "$(dirname "$0")/../.."

export CC=${CC:-gcc} folder=$1
rm -rf "$folder"
mkdir -p "$folder"
export flags='-O2 -std=c17 -D_GNU_SOURCE -iquote init -iquote tests/unit'
export objects="$folder/main.o $folder/exploration.o"

# compile SOURCE OPTION...
compile()
{
	# shellcheck disable=SC2086 # words
	$CC $flags "$@"
}

complain()
{
	echo "mutations: $*" >&2
	return 1
}

# judge LINE: of the list, by a process of its own.
judge()
{
	local name=${1%%|*} copy status=0

	copy=$(mktemp -d "$folder/XXXXXX")
	sed -e "${1#*|}" init/life/lifecycle.c >"$copy/lifecycle.c"
	! cmp -s init/life/lifecycle.c "$copy/lifecycle.c" ||
		complain "changes nothing: $name"
	# shellcheck disable=SC2086 # words
	compile -o "$copy/explore" $objects "$copy/lifecycle.c" ||
		complain "does not compile: $name"
	timeout 120 "$copy/explore" >"$copy/said" || status=$?
	case $status in
	0) complain "not found out: $name" ;;
	1) echo "found out: $name: $(sed 's/^[^;]*; //' "$copy/said")" ;;
	*) complain "the exploration ends with status $status: $name" ;;
	esac
}

export -f compile complain judge
compile -c -o "$folder/main.o" tests/mutations/main.c
compile -c -o "$folder/exploration.o" tests/unit/exploration.c
# shellcheck disable=SC2086 # words
compile -o "$folder/explore" $objects init/life/lifecycle.c
said=$(timeout 120 "$folder/explore") ||
	complain "the unchanged lifecycle does not hold: $said"
echo "unchanged: $said"

grep -v '^#' tests/mutations/list >"$folder/list"
# shellcheck disable=SC2016 # expanded there
xargs -a "$folder/list" -d '\n' -n 1 -P "$(nproc)" \
	bash -euo pipefail -c 'judge "$1"' judge
echo "mutations: $(wc -l <"$folder/list"), all found out"

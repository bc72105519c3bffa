#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Holds the exploration of the lifecycle to its word: each mutated copy of
# init/lifecycle.c has to be found out.
#
#	tests/mutations/run.sh FOLDER
#
# A mutation is a line of tests/mutations/list: what goes wrong, a bar, and a
# sed(1) command. One that changes nothing, or does not compile, is an error.

set -euo pipefail
cd "$(dirname "$0")/../.."

: "${CC:=gcc}"
folder=$1
mkdir -p "$folder"
flags=(-O2 -std=c17 -D_GNU_SOURCE -iquote init -iquote tests/unit)
$CC "${flags[@]}" -c -o "$folder/main.o" tests/mutations/main.c
$CC "${flags[@]}" -c -o "$folder/exploration.o" tests/unit/exploration.c

explore()
{
	$CC "${flags[@]}" -o "$folder/explore" "$folder/main.o" \
		"$folder/exploration.o" "$1"
	timeout 120 "$folder/explore"
}

echo "unchanged: $(explore init/lifecycle.c)"
status=0 total=0
while IFS='|' read -r name command; do
	[[ -n $command && $name != \#* ]] || continue
	total=$((total + 1))
	sed -e "$command" init/lifecycle.c >"$folder/lifecycle.c"
	if cmp -s init/lifecycle.c "$folder/lifecycle.c"; then
		echo "mutations: changes nothing: $name" >&2
		status=1
	elif found=$(explore "$folder/lifecycle.c"); then
		echo "mutations: not found out: $name" >&2
		status=1
	else
		echo "found out: $name: ${found#*; }"
	fi
done <tests/mutations/list
echo "mutations: $total"
exit "$status"

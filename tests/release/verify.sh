#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Compares what was built here with what is handed out:
#
#	tests/release/verify.sh SUMS FOLDER ARCHITECTURE...
#
# Fails unless each file in FOLDER is in SUMS with its checksum, and each file in
# SUMS is in FOLDER, but for those of other architectures. If a program differs
# and its bill of materials lies beside SUMS, says which packages were others.

set -euo pipefail
cd "$(dirname "$0")/../.."
sums=$1 folder=$2
shift 2
declare -A listed
same=0 different=0 elsewhere=0

complain()
{
	echo "  $*"
	((different += 1))
}

# Whether the file is for an architecture that was not built for.
is_for_others()
{
	local name=$1 arch

	shift
	[[ $name =~ (-linux-|_[^_]*_)([a-z0-9]+)\. || \
		$name =~ (-linux-)([a-z0-9]+)$ ]] || return
	for arch; do
		[[ $arch != "${BASH_REMATCH[2]}" ]] || return
	done
}

compare()
{
	local sum=$1 name=$2

	if [[ ! -e $folder/$name ]]; then
		complain "$name: not built here"
	elif [[ $(sha256sum <"$folder/$name") != "$sum  -" ]]; then
		complain "$name: built with other bytes"
		[[ $name != *.spdx.json ]] || tests/release/bills.py \
			"$(dirname "$sums")/$name" "$folder/$name"
	else
		((same += 1))
	fi
}

while read -r sum name; do
	listed[$name]=$sum
	if is_for_others "$name" "$@"; then
		((elsewhere += 1))
	else
		compare "$sum" "$name"
	fi
done <"$sums"
for file in "$folder"/*; do
	name=${file##*/}
	[[ $name == SHA256SUMS || -n ${listed[$name]:-} ]] ||
		complain "$name: not in $sums"
done
echo "verify: $same files are the same, $different are not" \
	"($elsewhere for other architectures: not built)"
((same > 0 && different == 0))

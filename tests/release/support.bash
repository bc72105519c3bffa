# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What the scripts that make a release have in common.

# pack ARCHIVE ARGUMENT...: what tar is told to pack, alike on each machine.
pack()
{
	tar --sort=name --format=ustar --mtime="@$SOURCE_DATE_EPOCH" \
		--owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX \
		-c "${@:2}" | gzip -9n >"$1"
}

# add_sums FOLDER: the checksums of all files in it
add_sums()
{
	(cd "$1" && rm -f SHA256SUMS && sha256sum -- * >SHA256SUMS)
}

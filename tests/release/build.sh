#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What is handed out, into FOLDER: for each architecture the program, its debug
# symbols, its bill of materials, and an archive of the program with its manual
# pages, completions and notices; those notices alone, and all sources. The same
# sources give the same bytes, wherever and whenever.
#
#	tests/release/build.sh FOLDER VERSION ARCHITECTURE...
#
# COMMIT and its time SOURCE_DATE_EPOCH are variables.

set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/release/support.bash
folder=$1 version=$2
shift 2
release=dinit-$version
# what gdb says the sources lie in; no path of this machine
flags="-ffile-prefix-map=$PWD=/usr/src/$release"
# The build for this machine: it prints the options for the completions.
native=build/release-$(dpkg --print-architecture)
libraries=build/release-sources

# turn_to ARCHITECTURE: the one that the other functions are about
turn_to()
{
	arch=$1
	program=$folder/$release-linux-$arch
	output=build/release-$arch
	machine=$(dpkg-architecture -f -a "$arch" -q DEB_HOST_GNU_TYPE)
}

# build TARGET|VARIABLE=VALUE...
build()
{
	make --no-print-directory -j"$(nproc)" LIBC=musl PINNED=1 \
		ARCH="$arch" O="$output" COMMIT="$COMMIT" CPPFLAGS="$flags" \
		LIBRARY_SOURCES="$libraries" DINIT="$native/dinit" "$@"
}

# The program for $arch, with its debug symbols beside it.
strip_program()
{
	"$machine-objcopy" --only-keep-debug "$output/dinit" "$program.debug"
	"$machine-strip" -o "$program" "$output/dinit"
	(cd "$folder" && "$machine-objcopy" \
		--add-gnu-debuglink="${program##*/}.debug" "${program##*/}")
	chmod 755 "$program"
	chmod 644 "$program.debug"
}

# tool COMMAND: the package that the command is from, as NAME=VERSION
tool()
{
	local file package

	file=$(readlink -f "$(command -v "$1")")
	package=$(dpkg-query -S "$file")
	# shellcheck disable=SC2016 # for dpkg-query
	dpkg-query -W -f '${Package}=${Version}\n' "${package%%:*}"
}

# What this architecture was made of, for the others and for "sources".
keep_sources()
{
	cp "$output/libraries/sources/"* "$libraries"
}

# What `make install` installs, in a folder of the archive's name.
archive()
{
	local root=$output/root/${program##*/}

	rm -rf "$output/root"
	build DESTDIR="$PWD/$root" prefix=/ install
	cp "$program" "$root/sbin/dinit"
	pack "$program.tar.gz" -C "$output/root" "${program##*/}"
	rm -rf "$output/root"
}

# The tree and the source packages of the libraries, which it then builds.
sources()
{
	local root=build/sources

	rm -rf "$root"
	mkdir -p "$root/$release"
	list_tree | tar -c --null -T - | tar -x -C "$root/$release"
	cp -r "$libraries" "$root/$release/libraries"
	pack "$folder/$release-sources.tar.gz" -C "$root" "$release"
	rm -rf "$root"
}

list_tree()
{
	if [[ -e .git ]]; then
		git ls-files -z
	else
		find . \( -path ./build -o -path ./libraries \) -prune -o \
			\( -type f -o -type l \) -print0
	fi
}

bill()
{
	python3 -B tests/release/sbom.py "$program" "$version" "$COMMIT" \
		"$output/components" "$(tool "$machine-gcc")" \
		"$(tool "$machine-ld")" >"$program.spdx.json"
}

# What is new in this version. Without that there is no release.
changes()
{
	mandoc -T markdown man/dinit-changes.7 |
		sed "1,/^# VERSION $version\$/d;/^# /,\$d" |
		awk 'BEGIN { RS = "" } { gsub(/\n\t?/, " "); print $0 "\n" }' |
		grep .
}

rm -rf "$folder" "$libraries"
mkdir -p "$folder" "$libraries"
folder=$(cd "$folder" && pwd)
turn_to "${native#build/release-}"
build all "$output/NOTICES"
keep_sources
cp "$output/NOTICES" "$folder/$release-NOTICES"
changes >"$folder/$release-CHANGES.md"
for one; do
	turn_to "$one"
	build all
	keep_sources
	strip_program
	bill
	archive
done
sources
add_sums "$folder"

#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What is handed out, into FOLDER: for each architecture the program, its debug
# symbols and its bill of materials; the licences of all that is in it, and
# checksums. The same sources give the same bytes, wherever and whenever.
#
#	tests/release/build.sh FOLDER VERSION NAME=VERSION...
#
# NAME are the libraries, with the versions pinned in the Makefile. COMMIT and
# its time SOURCE_DATE_EPOCH are variables.

set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$1 version=$2
shift 2
libraries=("$@")
release=dinit-$version
# what gdb says the sources lie in; no path of this machine
flags="-ffile-prefix-map=$PWD=/usr/src/$release"

build()
{
	local arch=$1 program=$folder/$release-linux-$1
	local machine
	local cc

	machine=$(dpkg-architecture -f -a "$arch" -q DEB_HOST_GNU_TYPE)
	if [[ $machine == "$(gcc -dumpmachine)" ]]; then
		cc=musl-gcc
	else
		cc=$PWD/build/cross-$arch/musl-gcc
		[[ -x $cc ]] || tests/release/cross-musl.sh "$arch" \
			"build/cross-$arch"
	fi
	make --no-print-directory -j"$(nproc)" LIBC=musl MUSL_CC="$cc" \
		O="build/release-$arch" COMMIT="$COMMIT" CPPFLAGS="$flags" all
	"$machine-objcopy" --only-keep-debug "build/release-$arch/dinit" \
		"$program.debug"
	"$machine-strip" -o "$program" "build/release-$arch/dinit"
	(cd "$folder" && "$machine-objcopy" \
		--add-gnu-debuglink="${program##*/}.debug" "${program##*/}")
	chmod 755 "$program"
	chmod 644 "$program.debug"
	python3 -B tests/release/sbom.py "$program" "$version" "$COMMIT" \
		"musl=$(package_version musl-dev)" "${libraries[@]}" \
		>"$program.spdx.json"
}

package_version()
{
	dpkg-query -W -f '${source:Upstream-Version}' "$1"
}

# As Debian has collected them, who holds the rights in every file.
notices()
{
	local package

	echo "dinit $version:"
	cat LICENSE
	for package in musl-dev libcap-dev libseccomp-dev libjansson-dev; do
		printf '\n%s\n\n' "----- linked in, of Debian's $package:"
		cat "/usr/share/doc/$package/copyright"
	done
}

rm -rf "$folder"
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
build amd64
build arm64
notices >"$folder/$release-NOTICES"
(cd "$folder" && sha256sum -- * >SHA256SUMS)

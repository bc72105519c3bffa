#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Makes IMAGE, a folder that `docker build` makes an image of, for each platform
# that there are programs for in FOLDER. The image has these very programs, so
# that nothing is compiled for it, and is what the Dockerfile makes otherwise:
#
#	tests/release/image.sh FOLDER IMAGE VERSION ARCHITECTURE...
#
# IMAGE/platforms has the names of the platforms, as --platform takes them.

set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$1 image=$2 version=$3
shift 3

# What Docker calls a Debian architecture.
platform()
{
	case $1 in
	armhf) echo linux/arm/v7 ;;
	i386) echo linux/386 ;;
	ppc64el) echo linux/ppc64le ;;
	*) echo "linux/$1" ;;
	esac
}

# add ARCHITECTURE PLATFORM
add()
{
	local root=$image/$2

	mkdir -p "$root/usr"
	tar -C "$root" --strip-components=1 --wildcards \
		-xf "$folder/dinit-$version-linux-$1.tar.gz" '*/sbin' '*/doc'
	mv "$root/share" "$root/usr/share"
}

# The last stage of the Dockerfile, with the folder of the platform in place of
# what the stage before has built.
dockerfile()
{
	local copy='^COPY --from=build /image/ /$'

	grep -q "$copy" Dockerfile
	sed -n "/^FROM scratch/,\$p" Dockerfile |
		sed "s|$copy|ARG TARGETPLATFORM\nCOPY \$TARGETPLATFORM/ /|"
}

rm -rf "$image"
mkdir -p "$image"
platforms=()
for arch; do
	platforms+=("$(platform "$arch")")
	add "$arch" "${platforms[-1]}"
done
dockerfile >"$image/Dockerfile"
(IFS=, && echo "${platforms[*]}") >"$image/platforms"

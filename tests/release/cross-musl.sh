#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Makes FOLDER/musl-gcc, a compiler for musl on the Debian architecture ARCH:
# the cross compiler of the distribution with its musl-dev of that architecture,
# which is unpacked, not installed:
#
#	tests/release/cross-musl.sh ARCH FOLDER
#
# apt checks the signature, into lists of its own: the machine's architectures
# stay as they are. Needs the network once, but no root.

set -eu

arch=$1
mkdir -p "$2"
folder=$(cd "$2" && pwd)
machine=$(dpkg-architecture -f -a "$arch" -q DEB_HOST_GNU_TYPE)

private_apt()
{
	apt-get -q -o APT::Architecture="$arch" -o APT::Architectures::="$arch" \
	    -o Dir::State::Lists="$folder/apt/lists" \
	    -o Dir::Cache="$folder/apt/cache" -o APT::Sandbox::User=root \
	    -o Acquire::Languages=none "$@" >"$folder/log" 2>&1 || {
		tail -n 20 "$folder/log" >&2
		exit 1
	}
}

mkdir -p "$folder/apt/lists/partial" "$folder/apt/cache/archives/partial"
cd "$folder"
private_apt update
private_apt download musl-dev
dpkg-deb -x musl-dev_*.deb root
dpkg-deb -f musl-dev_*.deb Version >root.version
rm -rf apt ./*.deb
sed "s|/usr/|$folder/root/usr/|g" "root/usr/lib/${machine%-gnu}-musl/musl-gcc.specs" \
	>specs

# musl has no __getauxval, which libgcc asks how to do atomics.
case $arch in
arm64) flags=-mno-outline-atomics ;;
*) flags= ;;
esac
cat >musl-gcc <<EOF
#!/bin/sh
exec $machine-gcc $flags "\$@" -specs "$folder/specs"
EOF
chmod +x musl-gcc

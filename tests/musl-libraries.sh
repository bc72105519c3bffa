#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Builds musl, libcap, libseccomp and jansson as static libraries for musl, from the
# distribution's own source packages:
#
#	CC=musl-gcc CFLAGS=... tests/musl-libraries.sh PREFIX NAME=VERSION...
#
# apt checks the signature on every file. The VERSION is upstream's; whichever
# packaging revision of it apt offers is taken, so that a security update of
# the distribution neither breaks the build nor is missed by it. If apt has no
# such version, the newest that it has is taken, and named; with $PINNED set,
# nothing is built then. The kernel's headers, which musl leaves to the
# distribution, are linked in beside the libraries' own.
#
# A mirror may list a source package and not have it, above all after the end of
# a distribution's release: then nothing is built, and the message says what to do.
#
# The source packages stay in PREFIX/sources. PREFIX/versions names them, and
# musl: NAME=VERSION, with Debian's revision. PREFIX/notices has their licenses.
# With the variable LIBRARY_SOURCES, the name of a folder, the source packages
# that it has are taken from there, as from a release's archive of sources.
#
# Needs the network once, but no root, and leaves /etc/apt and /var alone.

set -eu

: "${CC:=musl-gcc}" "${CFLAGS:=-O2 -ffunction-sections -fdata-sections}"

# What make was told about dinit is not for the libraries.
unset MAKEFLAGS MFLAGS CPPFLAGS LDFLAGS LDLIBS

die()
{
	echo "musl-libraries: $*" >&2
	exit 1
}

[ $# -ge 2 ] || die "usage: musl-libraries.sh PREFIX NAME=VERSION..."
mkdir -p "$1"
prefix=$(cd "$1" && pwd)
shift
work=$prefix/work
log=$prefix/log
sources=$prefix/sources
given=${LIBRARY_SOURCES:+$(realpath "$LIBRARY_SOURCES")}
rm -rf "$work" "$sources" "$prefix/notices"
mkdir -p "$work/apt/lists/partial" "$work/apt/binary-lists/partial"
mkdir -p "$prefix/include" "$prefix/lib" "$sources" "$prefix/notices"
: >"$log"
: >"$prefix/versions"

# quiet COMMAND...: its output is only of interest when it fails. (In the
# background, as "set -e" has no effect inside the condition of an "if".)
quiet()
{
	"$@" >>"$log" 2>&1 </dev/null &
	wait $! && return
	tail -n 40 "$log" >&2
	die "failed: $* (all of its output is in $log)"
}

# --- the sources -----------------------------------------------------------

# has_not WHAT: ends this, with what apt has said last and what to do about it.
has_not()
{
	grep '^E: ' "$log" | tail -n 3 >&2 || :
	die "apt $*: use another mirror, or copy the folder \"libraries\" of a" \
		"release's archive of sources to here, or build without LIBC=musl"
}

# A private configuration: lists and downloads go below $work. What apt fetches
# is checked by its signature whoever fetches it, so root needs no _apt user
# here, who could often not even reach a build folder.
# shellcheck disable=SC2086 # $lists is words
private_apt()
{
	command=$1
	shift
	"$command" -o Dir::Cache="$work/apt" -o APT::Sandbox::User=root \
	    -o Acquire::Languages=none ${lists:-} "$@"
}

# "deb" entries of the machine become "deb-src" ones. apt reads all forms of
# them, and knows their origin: those of third parties stay out, as do
# backports.
source_entries()
{
	keyring=/usr/share/keyrings/$ID-archive-keyring.gpg
	[ -e "$keyring" ] && signed="[signed-by=$keyring] "
	private_apt apt-get indextargets 'Created-By: Packages' \
	    --format "\$(ORIGIN) deb-src ${signed:-}\$(REPO_URI) \$(RELEASE) \$(COMPONENT)" |
	    grep -i "^$ID " | cut -d ' ' -f 2- |
	    grep -E " $VERSION_CODENAME(-updates|-security)? [^ ]+\$" | sort -u
}

fetch_source_lists()
{
	[ ! -s "$work/apt/sources.list" ] || return 0
	# shellcheck source=/dev/null # the machine's
	. /etc/os-release
	command -v apt-get >/dev/null ||
	    die "needs Debian's or Ubuntu's apt; this is ${ID:-unknown}"
	: "${VERSION_CODENAME:?/etc/os-release has none}"
	source_entries >"$work/apt/sources.list"
	if [ ! -s "$work/apt/sources.list" ]; then
		# an image whose package lists were deleted: get our own
		lists="-o Dir::State::Lists=$work/apt/binary-lists"
		quiet private_apt apt-get update
		source_entries >"$work/apt/sources.list"
	fi
	[ -s "$work/apt/sources.list" ] ||
	    has_not "has no entries of $ID for $VERSION_CODENAME"
	lists="-o Dir::State::Lists=$work/apt/lists
	    -o Dir::Etc::SourceList=$work/apt/sources.list
	    -o Dir::Etc::SourceParts=-"
	private_apt apt-get update >>"$log" 2>&1 </dev/null ||
	    has_not "cannot download the lists of sources"
}

# announce ORIGIN VERSIONS: says which $package is taken, from what ORIGIN has.
announce()
{
	note=
	case ${package#*:} in
	"$pinned"-*) ;;
	*)
		[ -z "${PINNED:-}" ] ||
		    die "the Makefile pins $name $pinned, but $1 $2:" \
			"build where that is to be had, or without PINNED=1"
		note=" (releases of dinit have $pinned)"
		;;
	esac
	echo "  $name $package$note"
}

# The package of $name into $sources, and the name of its .dsc file into
# $description: in the version $pinned, or else the newest.
fetch()
{
	fetch_source_lists
	offered=$(private_apt apt-cache showsrc --only-source "$name" 2>>"$log" |
	    sed -n 's/^Version: //p' | sort -uV)
	[ -n "$offered" ] || has_not "lists no source of $name"
	package=$(echo "$offered" | grep -E "^([0-9]+:)?$pinned-[^-]+\$" |
	    tail -n 1)
	: "${package:=$(echo "$offered" | tail -n 1)}"
	announce 'apt offers' "$offered"
	(cd "$sources" && private_apt apt-get -q source --download-only \
	    "$name=$package" >>"$log" 2>&1 </dev/null) ||
	    has_not "cannot download the source of $name $package"
	description=$sources/${name}_${package#*:}.dsc
}

# The same, from the folder that was given, whatever version of it that has; false
# if that has none.
take()
{
	[ -n "$given" ] && cp "$given/${name}_"* "$sources" 2>/dev/null ||
	    return
	description=$(echo "$sources/${name}_"*.dsc)
	[ -e "$description" ] || die "$given has more than one $name"
	package=$(sed -n '/^Version: /{s///p;q}' "$description")
	announce "$given has" "$package"
}

# Unpacks what was fetched into $source, and notes what it is.
unpack()
{
	source=$work/$name
	quiet dpkg-source -x "$description" "$source"
	echo "$name=$package" >>"$prefix/versions"
	# Of musl as of the installed one: Debian's file has all of it.
	own='LICENSE License COPYRIGHT'
	[ "$name" != musl ] || own=
	for file in debian/copyright $own; do
		[ ! -e "$source/$file" ] || cat "$source/$file"
	done >"$prefix/notices/$name"
}

# The musl that is installed.
note_musl()
{
	version=$(dpkg-query -W -f '${source:Version}' musl-dev)
	echo "musl=$version" >>"$prefix/versions"
	cp /usr/share/doc/musl-dev/copyright "$prefix/notices/musl"
}

# --- the libraries ---------------------------------------------------------

# The rest is built with its musl-gcc.
build_musl()
{
	machine=$($CC -dumpmachine)
	./configure --target="$machine" --prefix="$prefix" --disable-shared \
	    --enable-wrapper=gcc CC="$CC" CFLAGS="$CFLAGS"
	make -j"$(nproc)" AR="$machine-ar" RANLIB="$machine-ranlib" install
}

# Those of a cross compiler lie in a folder of their own.
link_kernel_headers()
{
	machine=$($CC -dumpmachine)
	common=/usr/include
	machines=/usr/include/$machine
	if [ -d "/usr/$machine/include/asm" ]; then
		common=/usr/$machine/include
		machines=$common
	fi
	[ -d "$machines/asm" ] || die "linux-libc-dev is missing"
	ln -sfn "$machines/asm" "$prefix/include/asm"
	ln -sfn "$common/asm-generic" "$prefix/include/asm-generic"
	ln -sfn "$common/linux" "$prefix/include/linux"
}

build_libcap2()
{
	# on the command line CFLAGS also wins over the -fPIC they add
	make -C libcap CC="$CC" BUILD_CC=gcc SHARED=no PTHREADS=no GOLANG=no \
	    PAM_CAP=no lib=lib CFLAGS="$CFLAGS -isystem $prefix/include" libcap.a
	mkdir -p "$prefix/include/sys"
	cp libcap/include/sys/capability.h "$prefix/include/sys/"
	cp libcap/libcap.a "$prefix/lib/"
}

build_libseccomp()
{
	./configure --host="$($CC -dumpmachine | sed 's/-gnu/-musl/')" \
	    --prefix="$prefix" --disable-shared --enable-static --without-pic \
	    --disable-dependency-tracking CC="$CC" \
	    CPPFLAGS="-isystem $prefix/include" CFLAGS="$CFLAGS" \
	    LDFLAGS="-static -no-pie"
	make -C src CFLAGS="$CFLAGS" libseccomp.la
	cp include/seccomp.h include/seccomp-syscalls.h "$prefix/include/"
	cp src/.libs/libseccomp.a "$prefix/lib/"
}

# With the configuration that its authors ship for Android, which suits musl
# too and saves the need for CMake; file descriptors are read as well.
build_jansson()
{
	: >android/jansson_private_config.h
	for file in src/*.c; do
		# shellcheck disable=SC2086 # CC and CFLAGS are words
		$CC $CFLAGS -DHAVE_STDINT_H -DHAVE_UNISTD_H -Iandroid -Isrc \
		    -c "$file" -o "${file%.c}.o"
	done
	ar rcs "$prefix/lib/libjansson.a" src/*.o
	cp src/jansson.h android/jansson_config.h "$prefix/include/"
}

build()
{
	cd "$source"
	"build_$name"
}

link_kernel_headers
for pin in "$@"; do
	name=${pin%%=*}
	pinned=${pin#*=}
	take || fetch
	unpack
	quiet build
	[ "$name" != musl ] || CC=$prefix/bin/musl-gcc
done
grep -q '^musl=' "$prefix/versions" || note_musl
rm -rf "$work"

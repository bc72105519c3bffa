#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Prints the licenses of dinit and of all that is linked into it, for those who
# hand it on, and how to link it with another library, as the LGPL demands:
#
#	tests/notices.sh VERSION COMPONENTS [FOLDER]
#
# COMPONENTS is a file that components.sh has made. The notices are those that
# musl-libraries.sh has put into FOLDER; without it, those of the distribution's
# packages.

set -eu

version=$1
components=$2
folder=${3:-}

# The package of the library that programs are linked with.
package()
{
	case $1 in
	glibc) echo libc6-dev ;;
	libcap2) echo libcap-dev ;;
	jansson) echo libjansson-dev ;;
	*) echo "$1-dev" ;;
	esac
}

notice()
{
	if [ -n "$folder" ]; then
		cat "$folder/notices/$1"
		return
	fi
	file=/usr/share/doc/$(package "$1")/copyright
	if [ -e "$file" ]; then
		cat "$file"
	else
		echo "See the distribution's package."
	fi
}

cat <<EOF_HEAD
dinit $version is one program, into which libraries under licenses of their own
are linked:

$(sed 's/^/  /' "$components")

If you hand the program on, alone or in an image, hand this file on with it.
libseccomp is under the LGPL, version 2.1: who gets the program from you must
be able to get its source too, and to link the program with a libseccomp that
they have changed. Both are in dinit-$version-sources.tar.gz, beside the program
where it is released:

  tar -xf dinit-$version-sources.tar.gz && cd dinit-$version
  make deps LIBC=musl
  make LIBC=musl

builds the libraries from libraries/, then build/musl/dinit. To link that with
another libseccomp, put it in the place of
build/musl/libraries/lib/libseccomp.a, and run the last command again.
tests/musl-libraries.sh says how the library is built.

----- dinit $version

$(cat LICENSE)
EOF_HEAD
while read -r name number rest; do
	printf '\n----- %s\n\n' "$name $number"
	notice "$name"
done <"$components"

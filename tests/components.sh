#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Prints what dinit is linked with, a line each: NAME VERSION LICENSE HOLDER.
# NAME and VERSION are those of the distribution's source package, and HOLDER,
# who has the copyright, is several words.
#
#	tests/components.sh		the libraries of the distribution
#	tests/components.sh FOLDER	those that musl-libraries.sh put there
#
# Without Debian's dpkg the versions are those that pkg-config finds.

set -eu

# Lines with NAME=VERSION
versions()
{
	if [ $# -eq 1 ]; then
		cat "$1/versions"
	elif found=$(dpkg-query -W -f '${source:Package}=${source:Version}\n' \
	    libc6-dev libcap-dev libseccomp-dev libjansson-dev 2>/dev/null); then
		echo "$found"
	else
		for library in libcap libseccomp jansson; do
			echo "$library=$(pkg-config --modversion "$library")"
		done
	fi
}

terms()
{
	case $1 in
	musl) echo 'MIT Rich Felker and others' ;;
	glibc) echo 'LGPL-2.1-or-later Free Software Foundation' ;;
	libcap | libcap2) echo 'BSD-3-Clause Andrew G. Morgan' ;;
	libseccomp) echo 'LGPL-2.1-only Red Hat, Paul Moore and others' ;;
	jansson) echo 'MIT Petri Lehtinen and others' ;;
	*) echo "components: nobody knows the license of $1" >&2; exit 1 ;;
	esac
}

# In one order for all machines.
versions=$(versions "$@" | LC_ALL=C sort)
for entry in $versions; do
	terms=$(terms "${entry%%=*}")
	echo "${entry%%=*} ${entry#*=} $terms"
done

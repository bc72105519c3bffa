#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What an engine does in a container's new namespaces, before process 1:
#
#	engine.sh NAME COMMAND...
#
# With $READ_ONLY set, /run stays the only place for files.

set -eu

hostname "$1"
shift
for place in ${READ_ONLY:+$(findmnt -rno TARGET)}; do
	case $place in
	/proc* | /sys* | /dev*) ;;
	*) mount -o remount,bind,ro "$place" ;;
	esac
done
mount -t tmpfs tmpfs /run
cd /
exec "$@"

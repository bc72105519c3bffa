#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs a command in the installation below ROOT, with the machine's devices and
# network:
#
#	unshare --mount --pid --fork --kill-child enter.sh ROOT COMMAND...
#
# The root is changed by pivot_root, because the kernel lets nobody make a user
# namespace after a chroot, which tests do.

set -eu

root=$1
shift
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
cd "$root"
pivot_root . mnt
umount -l /mnt
# Without exec: this shell is process 1, and reaps the orphans of the command.
"$@"

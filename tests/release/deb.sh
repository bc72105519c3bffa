#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Packs the released programs in FOLDER as Debian packages, there:
#
#	tests/release/deb.sh FOLDER VERSION
#
# The package, the program and its manual page are called dinit-init, as other
# distributions package another dinit. As long as that is not installed, /usr/sbin/dinit (and so
# /sbin/dinit) is an alternative that leads here.

set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$(cd "$1" && pwd) version=$2
date=$(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")
maintainer='dinit <dinit@localhost.invalid>'
export SOURCE_DATE_EPOCH

control()
{
	cat <<EOF
Package: dinit-init
Version: $version-1
Architecture: $arch
Maintainer: $maintainer
Section: admin
Priority: optional
Installed-Size: $(du -k --apparent-size -s "$root/usr" | cut -f 1)
Description: minimal PID 1 for containers, with readiness
 Starts one app, reaps zombies, relays signals to the app's process group,
 publishes a readiness file once a health command succeeds, and kills what is
 left after the grace period. One static binary in place of tini, gosu and
 hand-made health checks. It is not the service manager of the same name.
EOF
}

# The alternative goes where another package has not put a file.
maintainer_scripts()
{
	cat >"$root/DEBIAN/postinst" <<'EOF'
#!/bin/sh
set -e
if [ "$1" = configure ]; then
	update-alternatives --install /usr/sbin/dinit dinit \
	    /usr/sbin/dinit-init 10
fi
EOF
	cat >"$root/DEBIAN/prerm" <<'EOF'
#!/bin/sh
set -e
if [ "$1" = remove ] || [ "$1" = deconfigure ]; then
	update-alternatives --remove dinit /usr/sbin/dinit-init
fi
EOF
	chmod 755 "$root/DEBIAN/postinst" "$root/DEBIAN/prerm"
}

compress()
{
	gzip -9n >"$1"
}

documents()
{
	local doc=$root/usr/share/doc/dinit-init page

	mkdir -p "$doc" "$root"/usr/share/man/man{7,8} \
		"$root/usr/share/lintian/overrides"
	compress "$root/usr/share/man/man8/dinit-init.8.gz" <man/dinit.8
	for page in man/*.7; do
		compress "$root/usr/share/man/man7/${page##*/}.gz" <"$page"
	done
	cp "$folder/dinit-$version-NOTICES" "$doc/copyright"
	compress "$doc/changelog.Debian.gz" <<EOF
dinit-init ($version-1) unstable; urgency=medium

  * As released.

 -- $maintainer  $date
EOF
	# static on purpose: it has to run in an image with nothing else in it
	echo 'dinit-init: statically-linked-binary [usr/sbin/dinit-init]' \
		>"$root/usr/share/lintian/overrides/dinit-init"
}

pack()
{
	local arch=$1
	local root=$folder/root

	rm -rf "$root"
	mkdir -p "$root/DEBIAN" "$root/usr/sbin"
	cp "$folder/dinit-$version-linux-$arch" "$root/usr/sbin/dinit-init"
	documents
	chmod -R u=rwX,go=rX "$root"
	control >"$root/DEBIAN/control"
	maintainer_scripts
	(cd "$root" && find usr -type f -print0 | sort -z |
		xargs -0 md5sum) >"$root/DEBIAN/md5sums"
	find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
	dpkg-deb --root-owner-group -b "$root" \
		"$folder/dinit-init_$version-1_$arch.deb" >/dev/null
	rm -rf "$root"
}

umask 022
pack amd64
pack arm64
(cd "$folder" && rm -f SHA256SUMS && sha256sum -- * >SHA256SUMS)

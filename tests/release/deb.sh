#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Makes Debian packages of the archives in FOLDER, there:
#
#	tests/release/deb.sh FOLDER VERSION ARCHITECTURE...
#
# The package, the program and its manual page are called dinit-init, as other
# distributions have another dinit. As long as that is not installed, /usr/sbin/dinit (and
# so /sbin/dinit) is an alternative that leads here, with its manual page and
# completions.

set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/release/support.bash
folder=$(cd "$1" && pwd) version=$2
shift 2
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

# The alternatives go where another package has not put a file.
maintainer_scripts()
{
	cat >"$root/DEBIAN/postinst" <<'EOF'
#!/bin/sh
set -e
if [ "$1" = configure ]; then
	update-alternatives --install /usr/sbin/dinit dinit \
	    /usr/sbin/dinit-init 10 \
	    --slave /usr/share/man/man8/dinit.8.gz dinit.8.gz \
	    /usr/share/man/man8/dinit-init.8.gz \
	    --slave /usr/share/bash-completion/completions/dinit dinit.bash \
	    /usr/share/bash-completion/completions/dinit-init \
	    --slave /usr/share/fish/vendor_completions.d/dinit.fish dinit.fish \
	    /usr/share/fish/vendor_completions.d/dinit-init.fish
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

# What the archive has, under the package's names and in Debian's folders.
rename()
{
	local share=$root/usr/share

	mv "$root/usr/sbin/dinit" "$root/usr/sbin/dinit-init"
	mv "$share/man/man8/dinit.8" "$share/man/man8/dinit-init.8"
	mv "$share/bash-completion/completions/dinit"{,-init}
	mv "$share/zsh/site-functions" "$share/zsh/vendor-completions"
	mv "$share/zsh/vendor-completions/_dinit"{,-init}
	mv "$share/fish/vendor_completions.d/dinit"{,-init}.fish
	mv "$share/doc/dinit"{,-init}
	mv "$share/doc/dinit-init/"{NOTICES,copyright}
	gzip -9n "$share"/man/man?/*
}

documents()
{
	local doc=$root/usr/share/doc/dinit-init

	compress "$doc/changelog.Debian.gz" <<EOF
dinit-init ($version-1) unstable; urgency=medium

  * Release $version; dinit-changes(7) says what is new.

 -- $maintainer  $date
EOF
	mkdir -p "$root/usr/share/lintian/overrides"
	cat >"$root/usr/share/lintian/overrides/dinit-init" <<'EOF'
# On purpose: it has to run in an image with nothing else in it.
dinit-init: statically-linked-binary [usr/sbin/dinit-init]
# The text of the LGPL, whose library is in the program, has to go along with it.
dinit-init: copyright-file-contains-full-gpl-license
EOF
}

package()
{
	local arch=$1
	local root=$folder/root

	rm -rf "$root"
	mkdir -p "$root/DEBIAN" "$root/usr"
	tar -C "$root/usr" --strip-components=1 \
		-xf "$folder/dinit-$version-linux-$arch.tar.gz"
	rename
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
for one; do
	package "$one"
done
add_sums "$folder"

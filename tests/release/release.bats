#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What `make deb` has made, in build/release.

bats_require_minimum_version 1.5.0

load ../support

setup()
{
	cd "$BATS_TEST_DIRNAME/../.." || return
	release=$PWD/build/release
	version=$(sed -n 's/^VERSION := //p' Makefile)
	program=$release/dinit-$version-linux
	arm64=(qemu-aarch64-static "$program-arm64")
}

# The tree as it is, in another folder.
copy()
{
	mkdir -p "$1"
	tar -c --exclude=./build --exclude=./.git . | tar -x -C "$1"
}

@test "the same sources give the same bytes, elsewhere and at another time" {
	copy "$BATS_TEST_TMPDIR/a/longer/path"
	cd "$BATS_TEST_TMPDIR/a/longer/path"
	TZ=Asia/Tokyo LC_ALL=C make deb COMMIT="$COMMIT" >/dev/null
	diff build/release/SHA256SUMS "$release/SHA256SUMS"
}

@test "the checksums are those of all files" {
	cd "$release"
	sha256sum --quiet -c SHA256SUMS
	files=(*)
	[[ $(wc -l <SHA256SUMS) -eq $((${#files[@]} - 1)) ]]
}

@test "the version names the commit and the libraries" {
	for run in "$program-amd64" "${arm64[*]}"; do
		$run --version | grep -q "^dinit $version "
		$run --version | grep -q 'with libcap 2.*, libseccomp 2.*,'
		[[ -z $COMMIT ]] || $run --version | grep -q "commit $COMMIT,"
	done
}

@test "programs are stripped and small, and debug symbols lie beside them" {
	for arch in amd64 arm64; do
		file=$program-$arch
		readelf -S "$file" >"$BATS_TEST_TMPDIR/sections"
		run -1 grep '\.debug_info' "$BATS_TEST_TMPDIR/sections"
		readelf -S "$file.debug" | grep -q '\.debug_info'
		readelf -S "$file" | grep -q '\.gnu_debuglink'
		(($(stat -c %s "$file") < 400000))
	done
}

@test "no path of this machine is in what is handed out" {
	run -1 grep -rlF "$PWD" "$release"
}

@test "the bill of materials names all that is linked in, with a licence" {
	python3 - "$program"-*.spdx.json <<'EOF'
import hashlib, json, sys
for path in sys.argv[1:]:
    bill = json.load(open(path))
    assert bill["spdxVersion"] == "SPDX-2.3"
    packages = {p["name"]: p for p in bill["packages"]}
    assert sorted(packages) == ["dinit", "jansson", "libcap2",
        "libseccomp", "musl"], packages
    assert all(p["licenseDeclared"] and p["versionInfo"]
        for p in packages.values())
    linked = {r["relatedSpdxElement"] for r in bill["relationships"]
        if r["relationshipType"] == "STATIC_LINK"}
    assert len(linked) == 4, linked
    program = open(path.removesuffix(".spdx.json"), "rb").read()
    assert packages["dinit"]["checksums"][0]["checksumValue"] == \
        hashlib.sha256(program).hexdigest()
EOF
	for words in 'Rich Felker' 'Petri Lehtinen' 'Andrew G. Morgan' \
		'LGPL-2.1' 'MIT License'; do
		grep -q "$words" "$release/dinit-$version-NOTICES"
	done
}

@test "lintian finds no error in the packages" {
	lintian --fail-on error "$release"/*.deb
}

@test "the package gives /sbin/dinit, and takes it away again" {
	[[ $(id -u) -eq 0 ]] || skip 'needs root'
	root=$BATS_TEST_TMPDIR/root
	make_debian
	mkdir "$root"
	tar -C "$root" -xf "$DEBIAN"
	cp "$release/dinit-init_$version-1_$(dpkg --print-architecture).deb" \
		"$root/package.deb"
	chroot "$root" dpkg -i /package.deb
	chroot "$root" /sbin/dinit -- true
	chroot "$root" dpkg -L dinit-init >"$BATS_TEST_TMPDIR/files"
	grep -q '/man8/dinit-init.8.gz$' "$BATS_TEST_TMPDIR/files"
	for page in man/*.7; do
		grep -q "/man7/${page##*/}.gz\$" "$BATS_TEST_TMPDIR/files"
	done
	chroot "$root" dpkg -r dinit-init
	[[ ! -e $root/usr/sbin/dinit && ! -L $root/usr/sbin/dinit ]]
}

@test "the program for arm64 runs an app, and publishes its readiness" {
	ready=$BATS_TEST_TMPDIR/ready
	run "${arm64[@]}" --ready-file="$ready" --health-cmd=true -- \
		sh -c "until test -s $ready; do sleep 0.01; done; exit 3"
	[[ $status -eq 3 && ! -e $ready ]]
}

# qemu is process 1 itself, with a thread of its own, and knows neither seccomp
# nor subreapers nor all signals: what needs those is tested on a machine of
# that kind only. Of NOTIFY_SOCKET it loses a datagram at times, and it does not
# end with a PID namespace that is stuck. It makes a fork of a vfork, so that
# dinit does not hear why an exec fails. These suites need none of them, but for
# six of their tests. (Not in bats' folder, which is for one user only.)
@test "the program for arm64 passes the end-to-end tests that qemu can run" {
	local dinit=$PWD/build/release-arm64/qemu
	local not='hears_what_the_app_says_while*|check_that_even_sigkill*'

	not+='|keeps_lines_to_four_kib|keeps_to_one_line_whatever*'
	not+='|is_never_published_when_the_exec_fails|says_why_nothing_ran'

	printf '#!/bin/sh\nexec qemu-aarch64-static %s "$@"\n' \
		"$program-arm64" >"$dinit"
	chmod +x "$dinit"
	run -0 make LIBC=musl -o "$dinit" check-e2e DINIT="$dinit" \
		TEST_ARGS="--filter='@(log|monitor|readiness|report|upstream)/!($not)'"
	grep 'Passing: [1-9]' <<<"$output"
}

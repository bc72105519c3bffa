#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What `make deb` has made, in build/release.
#
# shellcheck disable=SC2030,SC2031 # bats runs each test in a shell of its own

bats_require_minimum_version 1.5.0

load ../support

setup()
{
	cd "$BATS_TEST_DIRNAME/../.." || return
	release=$PWD/build/release
	version=$(sed -n 's/^VERSION := //p' Makefile)
	program=$release/dinit-$version-linux
	read -ra list <<<"$ARCHITECTURES"
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
	TZ=Asia/Tokyo LC_ALL=C make verify COMMIT="$COMMIT" \
		SUMS="$release/SHA256SUMS" >"$BATS_TEST_TMPDIR/log" || {
		tail "$BATS_TEST_TMPDIR/log"
		return 1
	}
	grep '^verify: [1-9][0-9]* files are the same, 0 are not' \
		"$BATS_TEST_TMPDIR/log"
}

# refuse_sums TEXT SED-EXPRESSION: sums that are changed so are not those of
# what is there, and the text is said.
refuse_sums()
{
	sed "$2" "$release/SHA256SUMS" >"$BATS_TEST_TMPDIR/sums"
	run -1 tests/release/verify.sh "$BATS_TEST_TMPDIR/sums" "$release" \
		"${list[@]}"
	grep -F "$1" <<<"$output"
}

@test "other sums than those of what was built are not verified" {
	tests/release/verify.sh "$release/SHA256SUMS" "$release" "${list[@]}"
	refuse_sums 'linux-amd64: built with other bytes' \
		'/linux-amd64$/s/^./x/'
	refuse_sums 'linux-amd64: not in' '/linux-amd64$/d'
	refuse_sums 'other: not built here' '1s/ [^ ]*$/ other/'
	refuse_sums 'verify: 0 files are the same' d
	run -2 make verify SUMS="$release/SHA256SUMS"
	grep 'is what make has written' <<<"$output"
}

@test "sums are verified without those for other architectures" {
	mkdir "$BATS_TEST_TMPDIR/some"
	cp "$release"/*amd64* "$release"/*{NOTICES,CHANGES,sources}* \
		"$BATS_TEST_TMPDIR/some"
	tests/release/verify.sh "$release/SHA256SUMS" "$BATS_TEST_TMPDIR/some" \
		amd64
}

@test "a build with another library says which" {
	bill=dinit-$version-linux-amd64.spdx.json
	cp "$release/SHA256SUMS" "$BATS_TEST_TMPDIR"
	sed 's/"2\.14-2"/"2.14-1"/' "$release/$bill" >"$BATS_TEST_TMPDIR/$bill"
	sed -i "/$bill/s/^./x/" "$BATS_TEST_TMPDIR/SHA256SUMS"
	run -1 tests/release/verify.sh "$BATS_TEST_TMPDIR/SHA256SUMS" \
		"$release" "${list[@]}"
	grep -x ' *jansson: theirs 2.14-1, here 2.14-2' <<<"$output"
}

@test "the checksums are those of all files" {
	cd "$release"
	sha256sum --quiet -c SHA256SUMS
	files=(*)
	[[ $(wc -l <SHA256SUMS) -eq $((${#files[@]} - 1)) ]]
}

@test "the version names the commit and the libraries" {
	for arch in "${list[@]}"; do
		run="tests/architectures/emulated $arch $program-$arch"
		$run --version | grep -q "^dinit $version "
		$run --version | grep -q 'with libcap 2.*, libseccomp 2.*,'
		[[ -z $COMMIT ]] || $run --version | grep -q "commit $COMMIT,"
	done
}

# By the archive of sources alone: no network but for what make deps installs.
@test "whoever changes libseccomp can link the program with it" {
	tar -C "$BATS_TEST_TMPDIR" -xf "$release/dinit-$version-sources.tar.gz"
	cd "$BATS_TEST_TMPDIR/dinit-$version"
	alone=(make)
	[[ $(id -u) -ne 0 ]] || alone=(unshare --net make)
	"${alone[@]}" LIBC=musl
	build/musl/dinit --license >"$BATS_TEST_TMPDIR/license"
	diff "$BATS_TEST_TMPDIR/license" <("$program-amd64" --license)
	sed -i s/accept4/except4/ build/musl/libraries/lib/libseccomp.a
	run -1 grep except4 build/musl/dinit
	make LIBC=musl
	grep except4 build/musl/dinit
}

@test "--license has the revisions of the sources that are handed out" {
	tar -tf "$release/dinit-$version-sources.tar.gz" \
		>"$BATS_TEST_TMPDIR/sources"
	for arch in "${list[@]}"; do
		run="tests/architectures/emulated $arch $program-$arch"
		$run --license >"$BATS_TEST_TMPDIR/license"
		for library in libcap2 libseccomp jansson; do
			revision=$(sed -n "s/^  $library \(.*\): .*/\1/p" \
				"$BATS_TEST_TMPDIR/license")
			grep "/libraries/${library}_${revision#*:}.dsc$" \
				"$BATS_TEST_TMPDIR/sources"
		done
	done
}

@test "archives have program, manual pages, completions and notices" {
	for arch in "${list[@]}"; do
		mkdir "$BATS_TEST_TMPDIR/$arch"
		tar -C "$BATS_TEST_TMPDIR/$arch" --strip-components=1 \
			-xf "$program-$arch.tar.gz"
		cd "$BATS_TEST_TMPDIR/$arch"
		cmp sbin/dinit "$program-$arch"
		cmp share/doc/dinit/NOTICES "$release/dinit-$version-NOTICES"
		[[ -x sbin/dinit && -f share/man/man8/dinit.8 ]]
		[[ -f share/man/man7/dinit-changes.7 ]]
		grep -q -- --license share/bash-completion/completions/dinit
		[[ -f share/zsh/site-functions/_dinit ]]
		[[ -f share/fish/vendor_completions.d/dinit.fish ]]
	done
}

@test "the changes are those of this version" {
	[[ $(wc -l <"$release/dinit-$version-CHANGES.md") -gt 3 ]]
	refute grep '^# ' "$release/dinit-$version-CHANGES.md"
}

@test "programs are stripped and small, and debug symbols lie beside them" {
	for arch in "${list[@]}"; do
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
    tools = {r["spdxElementId"] for r in bill["relationships"]
        if r["relationshipType"] == "BUILD_TOOL_OF"}
    assert len(tools) == 2, tools
    assert sorted(name for name in packages
        if packages[name]["SPDXID"] not in tools) == ["dinit", "jansson",
        "libcap2", "libseccomp", "musl"], packages
    for name, package in packages.items():
        purl = package["externalRefs"][0]["referenceLocator"]
        assert name == "dinit" or purl.startswith(f"pkg:deb/debian/{name}@")
        assert name == "dinit" or "-" in package["versionInfo"], package
        assert package["supplier"], package
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
	for file in man/man8/dinit-init.8.gz \
		bash-completion/completions/dinit-init \
		zsh/vendor-completions/_dinit-init \
		fish/vendor_completions.d/dinit-init.fish; do
		grep -x "/usr/share/$file" "$BATS_TEST_TMPDIR/files"
	done
	for page in man/*.7; do
		grep "/man7/${page##*/}.gz\$" "$BATS_TEST_TMPDIR/files"
	done
	completion=$root/usr/share/bash-completion/completions/dinit
	[[ $(readlink "$completion") == /etc/alternatives/dinit.bash ]]
	chroot "$root" dpkg -r dinit-init
	for link in "$root/usr/sbin/dinit" "$completion"; do
		[[ ! -e $link && ! -L $link ]]
	done
}

@test "the image has the released programs and the notices, and nothing else" {
	make image
	cd build/image
	for platform in $(tr , ' ' <platforms); do
		(cd "$platform" && find . -type f | sort) | diff - <(printf '%s\n' \
			./sbin/dinit ./usr/share/doc/dinit/NOTICES)
	done
	cmp linux/arm64/sbin/dinit "$program-arm64"
	# shellcheck disable=SC2016 # for docker to expand
	grep '^COPY $TARGETPLATFORM/ /$' Dockerfile
	refute grep -e --from Dockerfile
}

# gh and docker that note how they were called.
@test "what is published is what was made, under the tag of its version" {
	mkdir "$BATS_TEST_TMPDIR/bin"
	cat >"$BATS_TEST_TMPDIR/bin/docker" <<'EOF'
#!/bin/bash
echo "${0##*/} $*" >>"$CALLS"
while (($# > 0)); do
	[[ $1 != --metadata-file ]] ||
		echo '{ "containerd.image.digest": "sha256:123" }' >"$2"
	shift
done
EOF
	chmod +x "$BATS_TEST_TMPDIR/bin/docker"
	cp "$BATS_TEST_TMPDIR/bin/docker" "$BATS_TEST_TMPDIR/bin/gh"
	export CALLS=$BATS_TEST_TMPDIR/calls PATH=$BATS_TEST_TMPDIR/bin:$PATH
	export RELEASE_IMAGE=Some/dinit GITHUB_OUTPUT=$BATS_TEST_TMPDIR/output

	run -2 make publish RELEASE_TAG=v0.0.0
	grep "the tag is v0.0.0, but VERSION in the Makefile is $version" \
		<<<"$output"
	[[ ! -e $CALLS ]]
	make image
	make publish RELEASE_TAG="v$version"
	grep -F -e "--platform $(<build/image/platforms)" "$CALLS"
	grep -F -e "--tag some/dinit:$version " "$CALLS"
	grep "^gh release create v$version .*SHA256SUMS" "$CALLS"
	is $'image=some/dinit\ndigest=sha256:123' cat "$GITHUB_OUTPUT"
}

@test "the workflow calls targets that there are" {
	mapfile -t targets < <(sed -n 's/.*run: make //p' \
		.github/workflows/release.yml)
	((${#targets[@]} >= 3))
	for target in "${targets[@]}"; do
		make -n "$target" >/dev/null
	done
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
# eight of their tests. (Not in bats' folder, which is for one user only.)
@test "the program for arm64 passes the end-to-end tests that qemu can run" {
	local dinit=$PWD/build/release-arm64/qemu
	local not='hears_what_the_app_says_while*|check_that_even_sigkill*'

	not+='|keeps_lines_to_four_kib|keeps_to_one_line_whatever*'
	not+='|is_never_published_when_the_exec_fails|says_why_nothing_ran'
	not+='|tells_programs_of_what_is_not*|tells_programs_that_there_was*'

	printf '#!/bin/sh\nexec qemu-aarch64-static %s "$@"\n' \
		"$program-arm64" >"$dinit"
	chmod +x "$dinit"
	run -0 make LIBC=musl -o "$dinit" check-e2e DINIT="$dinit" \
		TEST_ARGS="--filter='@(log|monitor|readiness|report|upstream)/!($not)'"
	grep 'Passing: [1-9]' <<<"$output"
}

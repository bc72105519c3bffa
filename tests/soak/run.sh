#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Storms, thousands of starts and a fork bomb on DINIT as it is shipped, and
# less of it on builds that watch themselves; tests/soak/soak.py says what.
#
#	tests/soak/run.sh full|short FOLDER DINIT
#
# Not under ThreadSanitizer: dinit has no threads. Nor under MemorySanitizer,
# which needs clang and a libc, libcap, libseccomp and jansson built with it;
# valgrind finds what it does, in the libraries as they are.

set -euo pipefail
cd "$(dirname "$0")/../.."
size=$1 folder=$2 dinit=$3
apps=$folder/apps

build()
{
	make --no-print-directory -j"$(nproc)" "$@" >"$folder/make.log" || {
		cat "$folder/make.log" >&2
		exit 1
	}
}

soak()
{
	echo "--- $1"
	shift
	python3 tests/soak/soak.py "$@"
}

mkdir -p "$apps"
build LIBC=musl all
for app in tests/soak/*.c; do
	"${CC:-gcc}" -std=c17 -D_GNU_SOURCE -O2 -Wall -Wextra -static \
		-o "$apps/$(basename "$app" .c)" "$app"
done
soak "$dinit" "$size" "$apps" "$dinit"

# valgrind itself makes calls that the lock-down denies. A leak, an error or a
# descriptor too many changes the exit status, and is printed to the log.
build O="$folder/dynamic" STATIC=0 all
soak valgrind instrumented "$apps" valgrind -q --vgdb=no \
	--suppressions=tests/soak/valgrind.supp \
	--leak-check=full --error-exitcode=99 \
	"$folder/dynamic/dinit" --no-lockdown

export ASAN_OPTIONS=detect_leaks=0:exitcode=99
export UBSAN_OPTIONS=exitcode=99:print_stacktrace=1
for sanitizer in address undefined; do
	build O="$folder/$sanitizer" STATIC=0 SANITIZE=$sanitizer all
	soak "-fsanitize=$sanitizer" instrumented "$apps" \
		"$folder/$sanitizer/dinit"
done

#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Which lines and branches of init/ the unit and end-to-end tests run through:
#
#	tests/coverage/run.sh FOLDER
#
# A table, and a failure where a line is left out without a reason in
# tests/coverage/uncovered, or has a reason and is gone.
#
# The counters are files that every process maps (%c): children that become
# another program, and whoever is killed, have counted too.

set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$1
counters=-fprofile-instr-generate=$PWD/$folder/%m%c.profraw

rm -f "$folder"/*.profraw
make --no-print-directory -j"$(nproc)" build/e2e-tests apps
make --no-print-directory -j"$(nproc)" O="$folder" STATIC=0 CC=clang \
    DINIT_CC="clang $counters -fprofile-update=atomic -fcoverage-mapping \
	-Wno-unused-command-line-argument -mllvm -runtime-counter-relocation" \
    CFLAGS='-O0 -g' LDFLAGS="$counters" "$folder/dinit" "$folder/unit-tests"

export DINIT=$PWD/$folder/dinit APPS=$PWD/build/apps
# other users write there too
chmod 777 "$folder"
(umask 0; "$DINIT" --version; "$folder/unit-tests")
# clang's runtime has a variable of its own in the environment
build/e2e-tests --jobs 8 --filter '!(start/leaves_the_variables_of_others*)'
# as on a kernel that leaves reaping to dinit
setarch --uname-2.6 build/e2e-tests --jobs 8 --filter 'children/*'

llvm-profdata merge -o "$folder/counts" "$folder"/*.profraw
llvm-cov export -format=lcov -instr-profile "$folder/counts" \
    "$DINIT" -object "$folder/unit-tests" >"$folder/lcov"
python3 tests/coverage/check.py "$folder/lcov" tests/coverage/uncovered

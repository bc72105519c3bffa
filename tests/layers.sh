#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The folders of init/ are layers, from the ground up: a file includes what is in
# its own folder or in one below it. The lifecycle includes the ground only.

set -eu
cd "$(dirname "$0")/../init"

layers='base privileges app readiness settings life'
status=0

complain()
{
	echo "layers: $1" >&2
	status=1
}

above=$layers
for layer in $layers; do
	above=${above#"$layer"} above=${above# }
	[ -z "$above" ] || ! grep -nE \
		"^#include \"($(echo "$above" | tr ' ' '|'))/" "$layer"/* ||
		complain "init/$layer includes what is above it"
done
! grep -nE '^#include "' life/lifecycle.[ch] |
	grep -vE '"(base/[a-z_]+|life/lifecycle)\.h"' ||
	complain 'the lifecycle includes more than the ground'
! grep -nE '^#include "[^/]*"' main.c ./*/* ||
	complain 'an include names no folder'
for folder in */; do
	case " $layers " in
	*" ${folder%/} "*) ;;
	*) complain "init/$folder is in no order" ;;
	esac
done
exit "$status"

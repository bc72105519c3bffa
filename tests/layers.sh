#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The folders of init/ are layers, here from the lowest up: a file includes what
# is in its own folder or in a lower one. The lifecycle includes base/ only.

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
	complain 'the lifecycle includes more than base/'
! grep -nE '^#include "[^/]*"' main.c ./*/* ||
	complain 'an include names no folder'
for folder in */; do
	case " $layers " in
	*" ${folder%/} "*) ;;
	*) complain "init/$folder is not among the layers in tests/layers.sh" ;;
	esac
done
exit "$status"

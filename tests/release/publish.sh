#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Hands out the release in FOLDER and the image in IMAGE, by gh and docker, to
# which somebody has logged in:
#
#	tests/release/publish.sh FOLDER IMAGE VERSION
#
# Variables: RELEASE_TAG is what is released, RELEASE_IMAGE the name of the image,
# without a tag. COMMIT and SOURCE_DATE_EPOCH are as for build.sh.
#
# Name and digest of the image go to $GITHUB_OUTPUT, for the next step there.

set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$1 image=$2 version=$3
# Registries take small letters only.
name=${RELEASE_IMAGE,,}
builder=dinit-release

(cd "$folder" && sha256sum --quiet -c SHA256SUMS)

# The driver that Docker has by itself makes images for one platform only.
docker buildx create --name "$builder" --driver docker-container
trap 'docker buildx rm "$builder"' EXIT
docker buildx build --builder "$builder" --push --provenance=mode=max \
	--platform "$(<"$image/platforms")" --build-arg "COMMIT=$COMMIT" \
	--tag "$name:$version" --tag "$name:${version%.*}" \
	--tag "$name:latest" --metadata-file "$image.json" "$image"
digest=$(python3 -c 'import json, sys
print(json.load(sys.stdin)["containerd.image.digest"])' <"$image.json")
printf '%s\n' "image=$name" "digest=$digest" >>"${GITHUB_OUTPUT:-/dev/stdout}"

gh release create "$RELEASE_TAG" --verify-tag --title "dinit $version" \
	--notes-file "$folder/dinit-$version-CHANGES.md" "$folder"/*

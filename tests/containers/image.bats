#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Images FROM scratch, with dinit and an app that needs nothing else.

load support

setup()
{
	use_docker
	export DOCKER_BUILDKIT=0
	CONTEXT=$BATS_TEST_TMPDIR/context
	SOURCE=$BATS_TEST_DIRNAME/../..
	mkdir "$CONTEXT"
}

# Nothing but the two: dinit itself is the health check, as in README.md.
build_app()
{
	cp "$APPS/webapp" "$CONTEXT"
	cat >"$CONTEXT/Dockerfile" <<-END
		FROM scratch
		COPY webapp /app/webapp
		COPY $1 /sbin/dinit
		ENV PORT=8080 DINIT_DRAIN=200ms
		ENV DINIT_HEALTH_CMD='["/sbin/dinit","--probe=http://localhost:8080/"]'
		$CHECKED
		$SUPERVISED
		CMD ["/app/webapp","-","3000"]
	END
	docker build --tag app "$CONTEXT"
}

expect_life()
{
	start app
	await has_said 'starting, which takes 3000 ms'
	refute is_ready
	docker exec "$C" /sbin/dinit --wait=30s --probe=listen:8080
	await is healthy state Health.Status
	is_ready
	is 'healthy: http://127.0.0.1:8080/ answered 200' \
		docker exec "$C" /sbin/dinit --probe=http://127.0.0.1:8080/
	is 'healthy: listen:8080 has a listening socket; file:///app/webapp exists' \
		docker exec "$C" /sbin/dinit --probe=listen:8080 \
		--probe=file:///app/webapp
	docker stop -t 30 "$C"
	ends_with 0
	has_logged '^dinit: ready after '
	has_logged '^dinit: draining for 200ms'
	has_said 'all answered, bye'
}

@test "an image of dinit and an app: gated, healthy, drained" {
	cp "$DINIT" "$CONTEXT"
	build_app dinit
	expect_life
}

@test "the Dockerfile builds an image whose dinit works in another one" {
	[[ -x $(command -v debootstrap) ]] ||
		go_without 'there is no debootstrap here'
	make_base
	docker build --network host --build-arg COMMIT=abc123 --tag dinit \
		"$SOURCE" >"$BATS_TEST_TMPDIR/log"
	grep -F '[====] Skipped: ' "$BATS_TEST_TMPDIR/log"
	is '["/sbin/dinit","--"]' \
		docker inspect -f '{{json .Config.Entrypoint}}' dinit
	is 1 docker inspect -f '{{len .RootFS.Layers}}' dinit
	(($(docker inspect -f '{{.Size}}' dinit) < 1200 * 1024))
	is "$(sed -n 's/^VERSION := //p' "$SOURCE/Makefile") abc123" \
		docker inspect -f "{{index .Config.Labels \"$(
		)org.opencontainers.image.version\"}} {{index $(
		).Config.Labels \"org.opencontainers.image.revision\"}}" dinit
	docker run --rm --network none --entrypoint /sbin/dinit dinit \
		--version | grep 'commit abc123,'
	id=$(docker create dinit)
	docker cp "$id:/usr/share/doc/dinit/NOTICES" - | tar -xO |
		grep '^ *GNU LESSER GENERAL PUBLIC LICENSE$'
	docker rm "$id"
	build_app '--from=dinit /sbin/dinit'
	expect_life
}

@test "the Dockerfile asks .git, and runs no tests for another platform" {
	[[ -x $(command -v debootstrap) ]] ||
		go_without 'there is no debootstrap here'
	make_base
	docker build --network host --build-arg BUILDPLATFORM=linux/amd64 \
		--build-arg TARGETPLATFORM=linux/arm64 --tag dinit-other \
		"$SOURCE" >"$BATS_TEST_TMPDIR/log"
	grep '^for linux/arm64, built on linux/amd64: no tests' \
		"$BATS_TEST_TMPDIR/log"
	# In a worktree .git is a file, which Docker does not get.
	[[ ! -d $SOURCE/.git ]] ||
		docker run --rm --network none --entrypoint /sbin/dinit \
			dinit-other --version |
		grep "commit $(git -C "$SOURCE" rev-parse --short=12 HEAD),"
}

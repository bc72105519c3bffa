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

teardown()
{
	remove_containers
}

# Nothing but the two: dinit itself is the gate, as in README.md.
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
		CMD ["/app/webapp","-","500"]
	END
	docker build --tag app "$CONTEXT"
}

expect_life()
{
	start app
	await has_said 'starting, which takes 500 ms'
	refute is_ready
	await is healthy state Health.Status
	is_ready
	is 'healthy: http://127.0.0.1:8080/ answered 200' \
		docker exec "$C" /sbin/dinit --probe=http://127.0.0.1:8080/
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

# A base image as there is no registry; it is kept in build/ until make clean.
make_base()
{
	local base=$SOURCE/build/bookworm-slim.tar

	if [[ ! -e $base ]]; then
		debootstrap --variant=minbase bookworm "$BATS_TEST_TMPDIR/root"
		tar -C "$BATS_TEST_TMPDIR/root" -c . >"$base.new"
		rm -rf "$BATS_TEST_TMPDIR/root"
		mv "$base.new" "$base"
	fi
	docker import "$base" debian:bookworm-slim
}

@test "the Dockerfile builds an image whose dinit works in another one" {
	[[ -x $(command -v debootstrap) ]] ||
		go_without 'there is no debootstrap here'
	make_base
	docker build --network host --tag dinit "$SOURCE"
	is '["/sbin/dinit","--"]' \
		docker inspect -f '{{json .Config.Entrypoint}}' dinit
	build_app '--from=dinit /sbin/dinit'
	expect_life
}

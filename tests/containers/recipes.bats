#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What README.md recommends, as it stands there, with an image of its names.

# shellcheck disable=SC2030,SC2031,SC2034 # C and ENGINE, as support.bash has it
load support

setup()
{
	ROOT=$BATS_TEST_TMPDIR/root
	cp -r "$SUITE/apps" "$ROOT"
	mkdir -p "$ROOT/app"
	# docker service create --health-cmd takes a shell
	cp /bin/busybox "$ROOT/bin/sh"
	printf '#!/bin/sh\nexit 0\n' >"$ROOT/app/check"
	chmod +x "$ROOT/app/check"
}

# recipe HEADING LANGUAGE: the block of that language under the heading.
recipe()
{
	sed -n "/^## $1\$/,/^## /p" README.md |
		sed -n "/^\`\`\`$2\$/,/^\`\`\`\$/p" | grep -v '^```'
}

make_example()
{
	make_image example/web 'ENTRYPOINT ["/sbin/dinit","--"]' \
		'CMD ["/bin/act","TERM:exit=7"]'
}

healthy_replicas()
{
	docker ps -q --filter health=healthy | grep -c .
}

@test "the README's Compose file is one" {
	use_docker
	recipe Compose yaml >"$BATS_TEST_TMPDIR/compose.yaml"
	docker-compose --file "$BATS_TEST_TMPDIR/compose.yaml" config --quiet
}

@test "the README's pod becomes ready, drains and stops" {
	use_podman
	make_example
	recipe Kubernetes yaml >"$BATS_TEST_TMPDIR/pod.yaml"
	sed -i 's,image: example/web,image: localhost/example/web,' \
		"$BATS_TEST_TMPDIR/pod.yaml"
	make_image pause 'ENTRYPOINT ["/sbin/dinit","--pause"]'
	C=web-web
	podman kube play --network none "$BATS_TEST_TMPDIR/pod.yaml" 3>&-
	await is_ready
	timeout 60 podman pod stop -t 30 web
	ends_with 7
	podman pod rm -f web
}

@test "the README's service is one for Swarm" {
	use_docker
	make_example
	docker swarm init --advertise-addr 127.0.0.1 ||
		go_without 'dockerd makes no swarm'
	# shellcheck disable=SC2317 # called by the recipe
	docker()
	{
		command docker "${@:1:2}" --detach --network host "${@:3}"
	}
	eval "$(recipe 'Swarm, ECS, Nomad' sh)"
	unset -f docker
	await is 3 healthy_replicas
	docker swarm leave --force
	await is '' docker ps -q
}

@test "the README's container definition for ECS is JSON" {
	recipe 'Swarm, ECS, Nomad' json | python3 -m json.tool
	ENGINE=: C=none
}

@test "the README's wait ends when the container is ready" {
	use_docker
	start "${GATE[@]}" entrypoint "${GATED_APP[@]}"
	await has_said up
	docker exec "$C" /sbin/dinit --is-ready --wait=30s &
	send USR1
	wait $!
	send TERM
	ends_with 7
}

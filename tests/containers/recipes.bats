#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What README.md and the manual pages recommend, as it stands there, with images
# of its names.

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

# recipe HEADING LANGUAGE [NUMBER]: the README's block of that language under
# the heading, the first one unless NUMBER says which.
recipe()
{
	sed -n "/^## $1\$/,/^## /p" README.md |
		awk -v fence="\`\`\`$2" -v wanted="${3:-1}" '
			/^```/ { in_block = $1 == fence && ++count == wanted; next }
			in_block' | grep .
}

# inline BEGINNING: the line of a Dockerfile that begins so, in running text.
inline()
{
	grep -oE "\`$1[^\`]*\`" README.md | tr -d '\`'
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

# --- Dockerfiles ---

# What a Dockerfile needs here: the base image, the image of dinit, and /app,
# which is a little server that takes 700 ms to start.
make_context()
{
	[[ -x $(command -v debootstrap) ]] ||
		go_without 'there is no debootstrap here'
	export DOCKER_BUILDKIT=0
	CONTEXT=$BATS_TEST_TMPDIR/context
	mkdir "$CONTEXT"
	make_base
	make_image dinit
	cp "$APPS/webapp" "$CONTEXT"
	printf '#!/bin/sh\nexec /webapp 8080 700\n' >"$CONTEXT/app"
	chmod +x "$CONTEXT/app"
}

# The README's Dockerfile as it is afterwards, with the server behind /app.
changed_dockerfile()
{
	recipe 'Quick start' diff | sed -n 's/^[ +]//p'
	echo 'COPY webapp /webapp'
}

# build FILTER...: the README's Dockerfile, through a filter.
build()
{
	changed_dockerfile | "$@" >"$CONTEXT/Dockerfile"
	docker build --network host --tag example/changed \
		--build-arg TARGETARCH=amd64 "$CONTEXT"
}

becomes_healthy_and_stops()
{
	start example/changed
	await is healthy state Health.Status
	docker stop "$C"
	ends_with 0
}

# shown NUMBER: what the README shows of a log, up to the next empty line.
shown()
{
	sed -n '/^## Quick start$/,/^## /p' README.md |
		awk '/^```/ { inside = /^```text/ } inside' |
		awk -v RS= -v wanted="$1" 'NR == wanted' | without_times
}

# without_times: of dinit's lines, with a mark for whatever takes its time. On a
# busy machine any start may be slow, which is left out.
without_times()
{
	grep '^dinit: ' | sed -E '/^dinit: not ready after /d
		s/[0-9.]+m?s\b/TIME/g; s/[0-9]+ checks?\b/N checks/g'
}

@test "the README's Dockerfile makes a container healthy, and its log is as shown" {
	use_docker
	make_context
	build cat
	becomes_healthy_and_stops
	is "$(shown 1)" without_times < <(log)
}

@test "the README's log of an app that never becomes healthy is as shown" {
	use_docker
	make_context
	build cat
	start -e DINIT_STARTUP_BUDGET=4s example/changed sleep 60
	ends_with 124
	is "$(shown 2)" without_times < <(log)
}

@test "the README's Dockerfile works for a USER, with its folder" {
	use_docker
	make_context
	build sed "/^COPY app/a RUN useradd app\n$(inline 'RUN ')\nUSER app"
	becomes_healthy_and_stops
}

@test "the README's line copies the program of a release" {
	local line words

	use_docker
	make_context
	line=$(inline 'COPY dinit-')
	read -ra words <<<"$line"
	cp "$DINIT" "$CONTEXT/${words[1]/\$\{TARGETARCH\}/amd64}"
	build sed "s,^COPY --from=dinit.*,$(inline 'ARG ')\n$line,"
	becomes_healthy_and_stops
}

@test "the manual's Dockerfile for Docker makes a container healthy" {
	use_docker
	make_context
	cp "$ROOT/app/check" "$CONTEXT"
	{
		echo 'FROM debian:bookworm-slim'
		echo 'COPY check /app/check'
		echo 'COPY webapp /webapp'
		example dinit-engines.7 DOCKER
		echo 'CMD ["/webapp","8080","0"]'
	} >"$CONTEXT/Dockerfile"
	docker build --network host --tag example/changed "$CONTEXT"
	becomes_healthy_and_stops
}

@test "an entrypoint script stays as it is behind the manual's ENTRYPOINT" {
	use_docker
	printf '#!/bin/sh\nexec "$@"\n' >"$ROOT/docker-entrypoint.sh"
	chmod +x "$ROOT/docker-entrypoint.sh"
	make_image example/script \
		"$(example dinit-migration.7 'AN EXISTING ENTRYPOINT SCRIPT')"
	start example/script /bin/act TERM:exit=7
	await has_said up
	send TERM
	ends_with 7
}

@test "the manual's command shows the settings of an image" {
	use_docker
	make_image image 'ENV DINIT_GRACE=7s'
	bash -c "$(example dinit.8 EXAMPLES 3)" >"$BATS_TEST_TMPDIR/settings"
	grep -E '^grace +7s +environment DINIT_GRACE$' \
		"$BATS_TEST_TMPDIR/settings"
}

# --- Orchestrators ---

@test "the Compose files of README and manual are Compose files" {
	local file=$BATS_TEST_TMPDIR/compose.yaml

	use_docker
	recipe 'Kubernetes and Compose' yaml 2 >"$file"
	docker-compose --file "$file" config --quiet
	example dinit-engines.7 COMPOSE >"$file"
	docker-compose --file "$file" config --quiet
	example dinit-testing.7 'WITH COMPOSE' >"$file"
	docker-compose --file "$file" config --quiet
}

# play: the pod on standard input becomes ready, and stops.
play()
{
	local pod=$BATS_TEST_TMPDIR/pod.yaml

	sed 's,image: example/web,image: localhost/example/web,' >"$pod"
	make_image pause 'ENTRYPOINT ["/sbin/dinit","--pause"]'
	C=web-web
	podman kube play --network none "$pod" 3>&-
	await is_ready
	timeout 60 podman pod stop -t 30 web
	ends_with 7
	podman pod rm -f web
}

@test "the manual's pod becomes ready, drains and stops" {
	use_podman
	make_example
	play < <(example dinit-kubernetes.7 'A POD')
}

@test "the README's container of a pod becomes ready, and stops" {
	use_podman
	make_example
	play < <(
		cat <<-END
			apiVersion: v1
			kind: Pod
			metadata:
			  name: web
			spec:
			  containers:
		END
		recipe 'Kubernetes and Compose' yaml
	)
}

@test "the manual's service is one for Swarm" {
	use_docker
	make_example
	docker swarm init --advertise-addr 127.0.0.1 ||
		go_without 'dockerd makes no swarm'
	# shellcheck disable=SC2317 # called by the recipe
	docker()
	{
		command docker "${@:1:2}" --detach --network host "${@:3}"
	}
	eval "$(example dinit-engines.7 SWARM)"
	unset -f docker
	await is 3 healthy_replicas
	docker swarm leave --force
	await is '' docker ps -q
}

@test "the manual's container definition for ECS is JSON" {
	example dinit-engines.7 ECS | python3 -m json.tool
	ENGINE=: C=none
}

# --- Tests ---

@test "README and manual wait until the container is ready, with the same words" {
	use_docker
	is "$(recipe 'Testing containers locally' sh)" \
		example dinit-testing.7 'WITH DOCKER OR PODMAN'
	start "${GATE[@]}" entrypoint "${GATED_APP[@]}"
	await has_said up
	docker exec "$C" /sbin/dinit --is-ready --wait=30s &
	send USR1
	wait $!
	send TERM
	ends_with 7
}

# in_script COMMANDS: as somebody would type them, with dinit in $PATH.
in_script()
{
	local bin=$BATS_TEST_TMPDIR/bin

	ENGINE=: C=none
	unshare --user --map-root-user true ||
		go_without 'user namespaces are refused here'
	mkdir "$bin"
	cp "$DINIT" "$bin/dinit"
	PATH=$bin:$PATH bash -c "$1" 3>&-
}

@test "the manual's commands test an app without an engine" {
	in_script "$(example dinit-testing.7 'WITHOUT AN ENGINE')" \
		>"$BATS_TEST_TMPDIR/out"
	grep -qx 'exit code 143' "$BATS_TEST_TMPDIR/out"
}

@test "the manual's command tries an entrypoint without an engine" {
	local commands

	commands=$(example dinit.8 EXAMPLES 9)
	cd "$BATS_TEST_TMPDIR"
	# shellcheck disable=SC2016 # for that shell
	printf '#!/bin/sh\necho "process $$ of $PPID"\n' >app
	chmod +x app
	in_script "$commands" >out
	grep -qE '^process [0-9]+ of 1$' out
}

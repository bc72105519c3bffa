#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# dinit as Podman's users meet it: in place of catatonit, with sd_notify(3), in
# pods and without root.

load support

setup()
{
	use_podman
}

teardown()
{
	podman pod rm -f -a >/dev/null 2>&1
	remove_containers
	[[ -z ${HOME_OF_NOBODY:-} ]] || remove_nobody
}

# hears NUMBER FILE LINE: an act with USR1:hear has received that datagram.
hears()
{
	kill -USR1 "$1"
	grep -qE -e "$3" "$2"
}

@test "podman run --init runs dinit through --init-path" {
	start --init --init-path "$DINIT" apps /bin/act USR1:exit=7
	await has_said up
	dinit_is_process_1
	send USR1
	ends_with 7
}

@test "podman stop cuts a drain short, and stops gracefully" {
	start "${GATE[@]}" -e DINIT_DRAIN=60s entrypoint "${GATED_APP[@]}"
	await has_said up
	refute is_ready
	send USR1
	await is_ready
	send TERM
	await has_logged '^dinit: draining'
	refute is_ready
	refute has_said TERM
	podman stop -t 30 "$C"
	ends_with 7
}

@test "podman run --restart: an app that hangs once ready is started again" {
	start --restart=on-failure:1 "${RECOVERING[@]}" \
		entrypoint /bin/webapp 8080 0
	is_restarted_for_hanging
}

# Podman's own datagram comes with the start, so there READY=1 would be too.
@test "podman run --sdnotify=container: READY=1 when ready, not before" {
	local engine heard=$BATS_TEST_TMPDIR/heard

	DIR=$BATS_TEST_TMPDIR "$APPS/act" start:listen=socket USR1:hear \
		TERM:die >"$heard" 3>&- &
	engine=$!
	await grep -qx up "$heard"
	NOTIFY_SOCKET=$BATS_TEST_TMPDIR/socket start --sdnotify=container \
		"${GATE[@]}" -e DINIT_LOG_LEVEL=debug \
		entrypoint "${GATED_APP[@]}" 3>&-
	await has_logged '^dinit: debug: check 9: '
	await hears "$engine" "$heard" ^MAINPID=
	refute grep READY "$heard"
	send USR1
	await hears "$engine" "$heard" '^READY=1$'
	is_ready
}

# Podman 4.3 runs the command of a probe by a shell, of the image.
make_image_with_shell()
{
	local root=$BATS_TEST_TMPDIR/root

	cp -a "$SUITE/apps" "$root"
	cp /bin/busybox "$root/bin/sh"
	ROOT=$root make_image shell "$SUPERVISED"
	rm -r "$root"
}

@test "podman kube play: an exec probe, in a pod that dinit --pause holds" {
	local infra pod=$BATS_TEST_TMPDIR/pod.yaml

	make_image_with_shell
	make_image pause 'ENTRYPOINT ["/sbin/dinit","--pause"]'
	cat >"$pod" <<-END
		apiVersion: v1
		kind: Pod
		metadata: { name: test }
		spec:
		  hostNetwork: true
		  restartPolicy: Never
		  containers:
		    - name: "${C#test-}"
		      image: localhost/shell
		      imagePullPolicy: Never
		      args: [${GATED_APP[0]}, "${GATED_APP[1]}", "TERM:exit=7"]
		      env:
		        - name: DINIT_HEALTH_CMD
		          value: '["/bin/act","start:need=/tmp/up,exit=0"]'
		      livenessProbe:
		        exec: { command: [/sbin/dinit, --is-ready] }
	END
	podman kube play "$pod" 3>&-
	infra=$(podman pod inspect -f '{{.InfraContainerID}}' test)
	await has_said up
	refute podman healthcheck run "$C"
	send USR1
	await podman healthcheck run "$C"
	C=$infra dinit_is_process_1
	timeout 15 podman pod stop -t 30 test
	ends_with 7
	C=$infra ends_with 0
}

# Of nobody, whose only id is root in the container.
as_nobody()
{
	(cd / && setpriv --reuid 65534 --regid 65534 --clear-groups \
		env -i PATH="$PATH" HOME="$HOME_OF_NOBODY" \
		XDG_RUNTIME_DIR="$HOME_OF_NOBODY/run" \
		CONTAINERS_CONF="$HOME_OF_NOBODY/containers.conf" \
		CONTAINERS_STORAGE_CONF="$HOME_OF_NOBODY/storage.conf" "$@")
}

make_nobody()
{
	export ENGINE=podman_of_nobody
	HOME_OF_NOBODY=$(mktemp -d)
	mkdir "$HOME_OF_NOBODY/run"
	grep -vE 'default_ulimits|tmp_dir' "$CONTAINERS_CONF" \
		>"$HOME_OF_NOBODY/containers.conf"
	cat >"$HOME_OF_NOBODY/storage.conf" <<-END
		[storage]
		driver = "overlay"
		rootless_storage_path = "$HOME_OF_NOBODY/data"
		runroot = "$HOME_OF_NOBODY/run"
	END
	chown -R 65534:65534 "$HOME_OF_NOBODY"
	as_nobody podman info >/dev/null || go_without 'podman needs root here'
}

# With the process that Podman keeps for its namespaces.
remove_nobody()
{
	kill "$(<"$HOME_OF_NOBODY/run/libpod/tmp/pause.pid")"
	rm -rf "$HOME_OF_NOBODY"
}

podman_of_nobody()
{
	as_nobody podman "$@"
}

@test "podman without root: gated, and stopped" {
	make_nobody
	make_image entrypoint "$SUPERVISED"
	start "${GATE[@]}" entrypoint "${GATED_APP[@]}"
	await has_said up
	is 65534 stat -c %u "/proc/$(init_pid)"
	refute is_ready
	send USR1
	await is_ready
	podman_of_nobody stop -t 30 "$C"
	ends_with 7
}

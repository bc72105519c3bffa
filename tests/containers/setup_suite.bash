# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Engines of the suite's own, which end with it: a dockerd, and a Podman with
# storage and configuration of its own; and gVisor, by itself and for that dockerd.
# What cannot be had is in NO_DOCKER, NO_PODMAN and NO_GVISOR, with the reason. No
# registry: images are made here, "apps" of
# nothing but dinit, tini and the static programs of the end-to-end tests, and
# "entrypoint", which is the same with dinit as its ENTRYPOINT.

# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/support.bash"

make_images()
{
	make_image apps && make_image entrypoint "$SUPERVISED"
}

start_docker()
{
	local docker=$SUITE/docker ENGINE=docker

	export DOCKER_HOST=unix://$docker/socket
	mkdir -p "$docker"
	dockerd --iptables=false --bridge=none --data-root "$docker/data" \
		--exec-root "$docker/exec" -H "$DOCKER_HOST" -p "$docker/pid" \
		--init-path "$DINIT" --add-runtime "gvisor=$SUITE/gvisor" \
		>"$docker/log" 2>&1 3>&- &
	if ! await docker version; then
		NO_DOCKER="dockerd does not start: $(tail -n 1 "$docker/log")"
	elif ! make_images; then
		NO_DOCKER='docker cannot make an image'
	fi
}

start_podman()
{
	local ENGINE=podman

	export CONTAINERS_CONF=$SUITE/containers.conf
	export CONTAINERS_STORAGE_CONF=$SUITE/storage.conf
	# crun refuses the layout of control groups that some machines have. What
	# is by default in /run and /dev/shm is for all Podmans of the machine.
	cat >"$CONTAINERS_CONF" <<-END
		[engine]
		runtime = "runc"
		cgroup_manager = "cgroupfs"
		events_logger = "file"
		lock_type = "file"
		tmp_dir = "$SUITE/podman/tmp"
		infra_image = "localhost/pause"
		[containers]
		default_ulimits = ["nofile=20000:20000", "nproc=20000:20000"]
	END
	cat >"$CONTAINERS_STORAGE_CONF" <<-END
		[storage]
		driver = "overlay"
		graphroot = "$SUITE/podman/data"
		runroot = "$SUITE/podman/run"
	END
	make_images || NO_PODMAN='podman cannot make an image'
}

# A runsc that needs no KVM, network or control groups. It gives its standard
# input to its sandbox's user, were it /dev/null too: so that is a pipe.
make_gvisor()
{
	cat >"$SUITE/gvisor" <<-'END'
		#!/bin/bash
		exec runsc --platform=ptrace --network=none --ignore-cgroups \
			"$@" < <(:)
	END
	chmod +x "$SUITE/gvisor"
	if [[ ! -x $(command -v runsc) ]]; then
		NO_GVISOR='there is no runsc here'
	elif ! "$SUITE/gvisor" "do" true >"$SUITE/gvisor.log" 2>&1; then
		NO_GVISOR="runsc does not run: $(tail -n 1 "$SUITE/gvisor.log")"
	fi
}

make_root()
{
	mkdir -p "$SUITE/apps/sbin" "$SUITE/apps/bin" "$SUITE/apps/tmp" \
		"$SUITE/apps/etc"
	chmod 1777 "$SUITE/apps/tmp"
	cp "$DINIT" "$SUITE/apps/sbin/dinit"
	find "$APPS" -type f -executable -exec cp {} "$SUITE/apps/bin/" \;
	cp /usr/bin/tini-static "$SUITE/apps/bin/tini" || true
	cp tests/e2e/profiles/{allow-list,no-mkdir}.json "$SUITE/apps/etc/"
	cp /usr/share/containers/seccomp.json "$SUITE/apps/etc/" || true
}

setup_suite()
{
	export SUITE=$BATS_SUITE_TMPDIR
	export NO_DOCKER='' NO_PODMAN='' NO_GVISOR=''

	cd "$(dirname "${BASH_SOURCE[0]}")/../.." || return
	make_root
	if [[ $(id -u) -ne 0 ]]; then
		NO_DOCKER='dockerd needs root' NO_PODMAN='needs root'
		NO_GVISOR='runsc needs root'
		return
	fi
	make_gvisor
	if [[ -x $(command -v dockerd) ]]; then
		start_docker
	else
		NO_DOCKER='there is no dockerd here'
	fi
	if [[ -x $(command -v podman) ]]; then
		start_podman
	else
		NO_PODMAN='there is no podman here'
	fi
}

teardown_suite()
{
	local pid

	if [[ -s $SUITE/docker/pid ]]; then
		pid=$(<"$SUITE/docker/pid")
		kill "$pid"
		await test ! -e "/proc/$pid"
	fi
	# what both leave: storage, and the host's network namespace
	findmnt -rno TARGET | grep "^$SUITE/" | tac | xargs -r umount || true
}

# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Starts the suite's own engines, which end with it: a dockerd; a Podman with its
# own storage and configuration; gVisor, by itself and for that dockerd; a
# containerd. Where one cannot be had, NO_DOCKER, NO_PODMAN, NO_GVISOR or
# NO_CONTAINERD says why.
#
# There is no registry. Images are made here: "apps" has only dinit, tini and the
# static programs of the end-to-end tests, and "entrypoint" is the same with dinit
# as its ENTRYPOINT.

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
	# With runc, as crun refuses the layout of control groups that some
	# machines have. All files are in a folder of the suite: those that are
	# in /run and /dev/shm by default are shared by all Podmans of a machine.
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

# A runsc that needs no KVM, network or control groups. Its standard input is a
# pipe, as it makes the user of its sandbox the owner of that, even of /dev/null.
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

# A containerd for ctr and for its CRI.
start_containerd()
{
	local containerd=$SUITE/containerd

	mkdir -p "$containerd"
	cat >"$containerd/config.toml" <<-END
		version = 2
		root = "$containerd/data"
		state = "$containerd/state"
		[grpc]
		address = "$containerd/socket"
		[plugins."io.containerd.grpc.v1.cri"]
		sandbox_image = "docker.io/library/pause:dinit"
		restrict_oom_score_adj = true
		[plugins."io.containerd.grpc.v1.cri".cni]
		conf_dir = "$containerd/cni"
	END
	containerd -c "$containerd/config.toml" >"$containerd/log" 2>&1 3>&- &
	echo $! >"$containerd/pid"
	await ctr -a "$containerd/socket" version ||
		NO_CONTAINERD="containerd does not start: $(
			tail -n 1 "$containerd/log")"
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
	export NO_DOCKER='' NO_PODMAN='' NO_GVISOR='' NO_CONTAINERD=''

	cd "$(dirname "${BASH_SOURCE[0]}")/../.." || return
	make_root
	if [[ $(id -u) -ne 0 ]]; then
		NO_DOCKER='dockerd needs root' NO_PODMAN='needs root'
		NO_GVISOR='runsc needs root' NO_CONTAINERD='needs root'
		return
	fi
	make_gvisor
	if [[ -x $(command -v containerd) ]]; then
		start_containerd
	else
		NO_CONTAINERD='there is no containerd here'
	fi
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
	local file pid

	for file in "$SUITE"/{docker,containerd}/pid; do
		[[ -s $file ]] || continue
		pid=$(<"$file")
		kill "$pid"
		await test ! -e "/proc/$pid"
	done
	# Both engines leave mounts: storage, and the host's network namespace.
	findmnt -rno TARGET | grep "^$SUITE/" | tac | xargs -r umount || true
}

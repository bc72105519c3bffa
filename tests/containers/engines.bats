#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# One round under each engine that Debian packages, as a table: engines/support.bash
# says how each one is called. A test that is skipped says what its engine cannot
# do. What the options of an engine change is in its own file.

# shellcheck disable=SC2016,SC2034 # for a shell in the container; for support.bash
load engines/support

CHECK='["/bin/act","start:need=/tmp/up,exit=0"]'

is_ready()
{
	inside /sbin/dinit --is-ready
}

# An orphan, and a daemon in a session of its own that survives the app.
reaps()
{
	use "$@"
	begin /sbin/dinit -w "${SETTINGS[@]}" -- /bin/sh -c '
		act name=daemon start:session TERM:exit=0 &
		orphan &
		exec act TERM:exit=9'
	says '^up$'
	says '^daemon up$'
	says '^adopted by [0-9]+$'
	says '^dinit: warn: reaped orphan '
	stop
	ends 9
	said '^daemon TERM$'
}

# Readiness by exec, a relayed USR1, a drain, and a second stop that ends it.
gates()
{
	use "$@"
	begin /sbin/dinit -vv --drain=60s "--health-cmd=$CHECK" \
		"${SETTINGS[@]}" -- \
		/bin/act USR1:touch=/tmp/up TERM:nap=300,say=done,exit=7
	says '^up$'
	says '^dinit: debug: check 3: '
	refute is_ready
	send USR1
	says '^dinit: ready after '
	is_ready
	send TERM
	says '^dinit: draining'
	refute is_ready
	refute said '^TERM$'
	stop
	ends 7
	said '^done$'
}

kills()
{
	use "$@"
	begin /sbin/dinit --grace=300ms "${SETTINGS[@]}" -- /bin/act
	says '^up$'
	stop
	ends 137
	said '^TERM$'
	said '^dinit: .* after the grace period of 300ms'
}

# full TEST...: of the old profiles, the one that denies most is enough each time.
full()
{
	needs_full
	"$@"
}

# What the app and dinit may do, as /proc shows it to the app.
confines()
{
	use "$@"
	begin /sbin/dinit --user=1000:1000 --seccomp=/etc/no-mkdir.json \
		"${SETTINGS[@]}" -- /bin/sh -c '
		until grep "^CapEff:.0000000000000020" "/proc/$PPID/status"; do
			sleep 0.01; done
		until grep "^Seccomp:.2" "/proc/$PPID/status"; do
			sleep 0.01; done
		! grep "^NoNewPrivs:.0" "/proc/$PPID/status" || exit 4
		grep "^Uid:.1000.1000.1000.1000" /proc/self/status || exit 5
		grep "^CapEff:.0000000000000000" /proc/self/status || exit 6
		mkdir /tmp/new && exit 8
		exec act TERM:exit=3'
	says '^up$'
	said 'Operation not permitted'
	stop
	ends 3
}

LISTS=$BATS_TEST_DIRNAME/engines
SHARED_PIDS='{
	"envs": [{"key": "DIR", "value": "/tmp"}],
	"mounts": [{"container_path": "/bin/sh", "host_path": "/bin/busybox"}],
	"linux": {"security_context": {"namespace_options": {"pid": 0}}}}'

@test "Docker: zombies are reaped, and a daemon is ended" { reaps docker; }
@test "Docker: readiness by exec, USR1, a drain, two stops" { gates docker; }
@test "Docker: KILL after the grace" { kills docker; }
@test "Docker: --user, --seccomp and the lock-down" { confines docker; }

@test "tini outside, in Docker: zombies are reaped, and a daemon is ended" { reaps tini; }
@test "tini outside, in Docker: readiness by exec, USR1, a drain, two stops" { gates tini; }
@test "tini outside, in Docker: KILL after the grace" { kills tini; }
@test "tini outside, in Docker: --user, --seccomp and the lock-down" { confines tini; }

@test "Podman: zombies are reaped, and a daemon is ended" { reaps podman; }
@test "Podman: readiness by exec, USR1, a drain, two stops" { gates podman; }
@test "Podman: KILL after the grace" { kills podman; }
@test "Podman: --user, --seccomp and the lock-down" { confines podman; }

@test "catatonit outside, by podman --init: zombies are reaped, and a daemon is ended" { reaps podman --init; }
@test "catatonit outside, by podman --init: readiness by exec, USR1, a drain, two stops" { gates podman --init; }
@test "catatonit outside, by podman --init: KILL after the grace" { kills podman --init; }
@test "catatonit outside, by podman --init: --user, --seccomp and the lock-down" { confines podman --init; }

@test "Podman with --uidmap: zombies are reaped, and a daemon is ended" { reaps podman --uidmap 0:100000:65536; }
@test "Podman with --uidmap: readiness by exec, USR1, a drain, two stops" { gates podman --uidmap 0:100000:65536; }
@test "Podman with --uidmap: KILL after the grace" { kills podman --uidmap 0:100000:65536; }
@test "Podman with --uidmap: --user, --seccomp and the lock-down" { confines podman --uidmap 0:100000:65536; }

@test "gVisor: zombies are reaped, and a daemon is ended" { reaps runsc; }
@test "gVisor: readiness by exec, USR1, a drain, two stops" { gates runsc; }
@test "gVisor: KILL after the grace" { kills runsc; }
@test "gVisor: --user, --seccomp and the lock-down" { confines runsc; }

@test "runc: zombies are reaped, and a daemon is ended" { reaps runc; }
@test "runc: readiness by exec, USR1, a drain, two stops" { gates runc; }
@test "runc: KILL after the grace" { kills runc; }
@test "runc: --user, --seccomp and the lock-down" { confines runc; }

@test "runc in a user namespace: zombies are reaped, and a daemon is ended" { reaps runc --remapped; }
@test "runc in a user namespace: readiness by exec, USR1, a drain, two stops" { gates runc --remapped; }
@test "runc in a user namespace: KILL after the grace" { kills runc --remapped; }
@test "runc in a user namespace: --user, --seccomp and the lock-down" { confines runc --remapped; }

@test "crun: zombies are reaped, and a daemon is ended" { reaps crun; }
@test "crun: readiness by exec, USR1, a drain, two stops" { gates crun; }
@test "crun: KILL after the grace" { kills crun; }
@test "crun: --user, --seccomp and the lock-down" { confines crun; }

@test "containerd by ctr: zombies are reaped, and a daemon is ended" { reaps ctr; }
@test "containerd by ctr: readiness by exec, USR1, a drain, two stops" { gates ctr; }
@test "containerd by ctr: KILL after the grace" { kills ctr; }
@test "containerd by ctr: --user, --seccomp and the lock-down" { confines ctr; }

@test "containerd by its CRI: zombies are reaped, and a daemon is ended" { reaps cri; }
@test "containerd by its CRI: readiness by exec, USR1, a drain, two stops" { gates cri; }
@test "containerd by its CRI: KILL after the grace" { kills cri; }
@test "containerd by its CRI: --user, --seccomp and the lock-down" { confines cri; }

@test "containerd by its CRI, shared PIDs: zombies are reaped, and a daemon is ended" { reaps cri "$SHARED_PIDS"; }
@test "containerd by its CRI, shared PIDs: readiness by exec, USR1, a drain, two stops" { gates cri "$SHARED_PIDS"; }

@test "LXC: zombies are reaped, and a daemon is ended" { reaps lxc; }
@test "LXC: readiness by exec, USR1, a drain, two stops" { gates lxc; }
@test "LXC: KILL after the grace" { kills lxc; }
@test "LXC: --user, --seccomp and the lock-down" { confines lxc; }

@test "systemd-nspawn: zombies are reaped, and a daemon is ended" { reaps nspawn; }
@test "systemd-nspawn: readiness by exec, USR1, a drain, two stops" { gates nspawn; }
@test "systemd-nspawn: KILL after the grace" { kills nspawn; }
@test "systemd-nspawn: --user, --seccomp and the lock-down" { confines nspawn; }

@test "systemd-nspawn --as-pid2: zombies are reaped, and a daemon is ended" { reaps pid2; }
@test "systemd-nspawn --as-pid2: readiness by exec, USR1, a drain, two stops" { gates pid2; }
@test "systemd-nspawn --as-pid2: KILL after the grace" { kills pid2; }
@test "systemd-nspawn --as-pid2: --user, --seccomp and the lock-down" { confines pid2; }

@test "bubblewrap: zombies are reaped, and a daemon is ended" { reaps bwrap; }
@test "bubblewrap: readiness by exec, USR1, a drain, two stops" { gates bwrap; }
@test "bubblewrap: KILL after the grace" { kills bwrap; }
@test "bubblewrap: --user, --seccomp and the lock-down" { confines bwrap; }

@test "buildah run: zombies are reaped, and a daemon is ended" { reaps buildah; }
@test "buildah run: readiness by exec, USR1, a drain, two stops" { gates buildah; }
@test "buildah run: KILL after the grace" { kills buildah; }
@test "buildah run: --user, --seccomp and the lock-down" { confines buildah; }

@test "runc with Docker 17.06's profile: zombies are reaped, and a daemon is ended" { reaps runc --lacks "$LISTS/docker-17.06.lacks"; }
@test "runc with Docker 17.06's profile: readiness by exec, USR1, a drain, two stops" { gates runc --lacks "$LISTS/docker-17.06.lacks"; }
@test "runc with Docker 17.06's profile: KILL after the grace" { kills runc --lacks "$LISTS/docker-17.06.lacks"; }
@test "runc with Docker 17.06's profile: --user, --seccomp and the lock-down" { confines runc --lacks "$LISTS/docker-17.06.lacks"; }

@test "crun with Docker 17.06's profile: zombies are reaped, and a daemon is ended" { full reaps crun --lacks "$LISTS/docker-17.06.lacks"; }
@test "crun with Docker 17.06's profile: readiness by exec, USR1, a drain, two stops" { full gates crun --lacks "$LISTS/docker-17.06.lacks"; }
@test "crun with Docker 17.06's profile: KILL after the grace" { full kills crun --lacks "$LISTS/docker-17.06.lacks"; }
@test "crun with Docker 17.06's profile: --user, --seccomp and the lock-down" { full confines crun --lacks "$LISTS/docker-17.06.lacks"; }

@test "runc with Docker 19.03's profile: zombies are reaped, and a daemon is ended" { full reaps runc --lacks "$LISTS/docker-19.03.lacks"; }
@test "runc with Docker 19.03's profile: readiness by exec, USR1, a drain, two stops" { full gates runc --lacks "$LISTS/docker-19.03.lacks"; }
@test "runc with Docker 19.03's profile: KILL after the grace" { full kills runc --lacks "$LISTS/docker-19.03.lacks"; }
@test "runc with Docker 19.03's profile: --user, --seccomp and the lock-down" { full confines runc --lacks "$LISTS/docker-19.03.lacks"; }

@test "crun with Docker 19.03's profile: zombies are reaped, and a daemon is ended" { full reaps crun --lacks "$LISTS/docker-19.03.lacks"; }
@test "crun with Docker 19.03's profile: readiness by exec, USR1, a drain, two stops" { full gates crun --lacks "$LISTS/docker-19.03.lacks"; }
@test "crun with Docker 19.03's profile: KILL after the grace" { full kills crun --lacks "$LISTS/docker-19.03.lacks"; }
@test "crun with Docker 19.03's profile: --user, --seccomp and the lock-down" { full confines crun --lacks "$LISTS/docker-19.03.lacks"; }

@test "runc with Docker 20.10's profile: zombies are reaped, and a daemon is ended" { full reaps runc --lacks "$LISTS/docker-20.10.lacks"; }
@test "runc with Docker 20.10's profile: readiness by exec, USR1, a drain, two stops" { full gates runc --lacks "$LISTS/docker-20.10.lacks"; }
@test "runc with Docker 20.10's profile: KILL after the grace" { full kills runc --lacks "$LISTS/docker-20.10.lacks"; }
@test "runc with Docker 20.10's profile: --user, --seccomp and the lock-down" { full confines runc --lacks "$LISTS/docker-20.10.lacks"; }

@test "crun with Docker 20.10's profile: zombies are reaped, and a daemon is ended" { full reaps crun --lacks "$LISTS/docker-20.10.lacks"; }
@test "crun with Docker 20.10's profile: readiness by exec, USR1, a drain, two stops" { full gates crun --lacks "$LISTS/docker-20.10.lacks"; }
@test "crun with Docker 20.10's profile: KILL after the grace" { full kills crun --lacks "$LISTS/docker-20.10.lacks"; }
@test "crun with Docker 20.10's profile: --user, --seccomp and the lock-down" { full confines crun --lacks "$LISTS/docker-20.10.lacks"; }

# A container as the restricted policy of Kubernetes wants it.
restricted_container()
{
	mkdir "$HERE/dinit" "$HERE/tmp"
	chown 1000 "$HERE/dinit" "$HERE/tmp"
	: >"$HERE/message"
	chmod 666 "$HERE/message"
	cat <<-END
		{"envs": [{"key": "DIR", "value": "/tmp"}],
		 "mounts": [
		  {"container_path": "/run/dinit", "host_path": "$HERE/dinit"},
		  {"container_path": "/tmp", "host_path": "$HERE/tmp"},
		  {"container_path": "/dev/termination-log",
		   "host_path": "$HERE/message"}],
		 "linux": {"security_context": {
		  "run_as_user": {"value": 1000}, "readonly_rootfs": true,
		  "no_new_privs": true,
		  "capabilities": {"drop_capabilities": ["ALL"]}}}}
	END
}

@test "containerd by its CRI: a restricted pod's probes, StopContainer, and why it ended" {
	use cri
	CONFIG=$(restricted_container)
	begin /sbin/dinit --grace=300ms --report-file=/dev/termination-log \
		"--health-cmd=$CHECK" -- /bin/act USR1:touch=/tmp/up
	says '^up$'
	refute is_ready
	run cri exec "$(cri_id)" 1 -- /sbin/dinit --is-ready --wait=1h
	[[ $status -eq 125 && $output == *'timeout 1s exceeded'* ]]
	send USR1
	await is_ready
	stop
	ends 137
	said '^TERM$'
	grep 'after the grace period of 300ms' "$HERE/message"
}

# hears PATTERN: the engine above nspawn has received such a datagram.
hears()
{
	kill -USR1 "$above"
	grep -qE -e "$1" "$HERE/above"
}

@test "systemd-nspawn --notify-ready=yes: READY=1 when ready, not before" {
	use nspawn --notify-ready=yes
	DIR=$HERE "$APPS/act" start:listen=socket USR1:hear TERM:die \
		>"$HERE/above" 3>&- &
	above=$!
	await grep -qx up "$HERE/above"
	NOTIFY_SOCKET=$HERE/socket begin /sbin/dinit -vv "--health-cmd=$CHECK" \
		-- /bin/act USR1:touch=/tmp/up TERM:exit=7
	says '^dinit: debug: check 3: '
	refute hears '^READY=1$'
	send USR1
	says '^dinit: ready after '
	await hears '^READY=1$'
	stop
	ends 7
	kill "$above"
}

#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Under gVisor, a kernel of its own: its interpreter of seccomp filters, its
# credentials and its /proc are not Linux's. Here it needs neither KVM nor
# control groups: runsc by itself, and as a runtime of Docker.

# shellcheck disable=SC2030,SC2031,SC2034 # C and ENGINE, as support.bash has it
load support

setup()
{
	[[ -z $NO_GVISOR ]] || go_without "$NO_GVISOR"
	ID=test-$BATS_TEST_NUMBER-$$
	BUNDLE=$BATS_TEST_TMPDIR/bundle
	mkdir -p "$BUNDLE/root"
	cp -r "$SUITE/apps/." "$BUNDLE/root"
	cp /bin/busybox "$BUNDLE/root/bin/sh"
	mkdir -p "$BUNDLE/root/own" "$BUNDLE/root/proc" "$BUNDLE/root/run"
	chown 1000:1000 "$BUNDLE/root/own"
}

teardown()
{
	if [[ -s $BATS_TEST_TMPDIR/docker ]]; then
		ENGINE=docker C=$(<"$BATS_TEST_TMPDIR/docker")
		remove_containers
	fi
	cat "$BUNDLE/out" || true
	gvisor kill "$ID" KILL || true
	gvisor delete -force "$ID" || true
}

gvisor()
{
	"$SUITE/gvisor" --root "$BATS_TEST_TMPDIR/state" "$@"
}

# configure ARG...: a container with Docker's capabilities that runs these.
configure()
{
	python3 - "$@" >"$BUNDLE/config.json" <<-'END'
		import json, sys
		kept = ["CAP_" + name for name in "CHOWN DAC_OVERRIDE FSETID "
		        "FOWNER SETGID SETUID SETPCAP NET_BIND_SERVICE KILL".split()]
		print(json.dumps({
		    "ociVersion": "1.0.2",
		    "process": {
		        "user": {"uid": 0, "gid": 0}, "cwd": "/",
		        "args": sys.argv[1:], "env": ["PATH=/bin:/sbin", "DIR=/tmp"],
		        "capabilities": {"bounding": kept, "effective": kept,
		                         "permitted": kept}},
		    "root": {"path": "root"},
		    "mounts": [
		        {"destination": "/proc", "type": "proc", "source": "proc"},
		        {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs"},
		        {"destination": "/run", "type": "tmpfs", "source": "tmpfs"}],
		    "linux": {"namespaces": [{"type": name} for name in
		              ("pid", "mount", "ipc", "uts", "network")]}}))
	END
}

# begin ARG...: runs these in the background.
begin()
{
	configure "$@"
	gvisor run -bundle "$BUNDLE" "$ID" >>"$BUNDLE/out" 2>&1 3>&- &
	job=$!
}

says()
{
	await grep -qE -e "$1" "$BUNDLE/out"
}

job_is_over()
{
	! kill -0 "$job"
}

# The container begun ends soon, with STATUS.
await_end()
{
	await job_is_over
	job_ends_with "$1" "$job"
}

# ends_with_status STATUS ARG...
ends_with_status()
{
	local expected=$1
	shift

	begin "$@"
	await_end "$expected"
}

@test "gVisor: the app's end is dinit's, and so is a command that is none" {
	ends_with_status 7 /sbin/dinit -- /bin/act start:exit=7
	gvisor delete -force "$ID"
	ends_with_status 127 /sbin/dinit -- /bin/none
}

@test "gVisor: zombies are reaped, and a stop is relayed" {
	begin /sbin/dinit -w -- /bin/sh -c '/bin/orphan & exec act TERM:exit=9'
	says '^adopted by 1$'
	says '^dinit: warn: reaped orphan '
	gvisor kill "$ID" TERM
	await_end 9
}

@test "gVisor: a gated container is ready, says so, and no longer at the stop" {
	begin /sbin/dinit -vv \
		'--health-cmd=["/bin/act","start:need=up,exit=0"]' -- \
		/bin/act USR1:touch=up TERM:nap=3000,exit=9
	says '^dinit: debug: check 3: '
	refute gvisor exec "$ID" /sbin/dinit --is-ready
	gvisor kill "$ID" USR1
	says '^dinit: ready after '
	gvisor exec "$ID" /sbin/dinit --is-ready
	gvisor kill "$ID" TERM
	says '^TERM$'
	refute gvisor exec "$ID" /sbin/dinit --is-ready
	await_end 9
}

@test "gVisor: dinit locks itself down" {
	ends_with_status 3 /sbin/dinit -- /bin/sh -c 'until
		grep "^Seccomp:.2" /proc/1/status; do sleep 0.01; done
		grep "^CapEff:.0000000000000020" /proc/1/status && exit 3'
}

@test "gVisor: the app's user, whose folder has the readiness file" {
	ends_with_status 3 /sbin/dinit -vv --user=1000:1000 \
		--ready-file=/own/ready --health-cmd='test -e /tmp/up' -- \
		/bin/sh -c 'id; >/tmp/up; until test -e /own/ready; do
			sleep 0.01; done; exit 3'
	says '^uid=1000 gid=1000'
	says '^dinit: debug: cannot take on the ids of uid 1000'
	refute test -e "$BUNDLE/root/own/ready"
}

@test "gVisor: root keeps capabilities, another user is told which it cannot" {
	ends_with_status 3 /sbin/dinit --keep-caps=chown -- /bin/sh -c \
		'grep "^CapEff:.0000000000000001" /proc/self/status && exit 3'
	gvisor delete -force "$ID"
	ends_with_status 125 /sbin/dinit --user=1000 --keep-caps=chown -- \
		/bin/act start:exit=0
	says '^dinit: error: --keep-caps: cap_chown: only root can keep them'
}

@test "gVisor: a profile holds" {
	ends_with_status 3 /sbin/dinit --seccomp=/etc/no-mkdir.json -- \
		/bin/sh -c 'mkdir /tmp/new; test -d /tmp/new || exit 3'
	says 'Operation not permitted'
}

@test "gVisor: what is written to /proc/1/fd/1 is in the container's log" {
	ends_with_status 3 /sbin/dinit -- /bin/sh -c 'until
		grep -q "^Seccomp:.2" /proc/1/status; do sleep 0.01; done
		echo job >>/proc/1/fd/1 && exit 3'
	says '^job$'
}

@test "gVisor as a runtime of Docker: gated, ready, and stopped by its STOPSIGNAL" {
	use_docker
	echo "$C" >"$BATS_TEST_TMPDIR/docker"
	start --runtime gvisor --stop-signal INT "${GATE[@]}" \
		-e DINIT_LOG_LEVEL=debug entrypoint /bin/act \
		USR1:touch=/tmp/up INT:exit=7
	await has_said up
	refute is_ready
	send USR1
	await is_ready
	docker stop -t 30 "$C"
	ends_with 7
}

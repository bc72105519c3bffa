# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# One way to call each engine. "use ENGINE [OPTION]..." says which one a test is
# about; each engine then has these functions, with its name in front:
#
#	prepare [OPTION]...	finds it, or skips the test with the reason
#	run ARG...	runs a container with these in the foreground
#	inside ARG...	runs these in the container, as its exec does
#	signal SIGNAL	sends it to the container's init
#	stop		stops the container, as the engine's users do
#	remove		removes the container, in whatever state it is
#
# The variables of a test are $ID, the container's name; $HERE, its folder;
# $ROOT, the root of engines that have no images; $OUT, what the container has
# written; $job, the process that runs it; and SETTINGS, options of dinit that
# the engine needs.
#
# shellcheck disable=SC2034,SC2054 # variables for the tests; an option with a comma

load support

use()
{
	ENGINE=$1
	ID=round-$BATS_SUITE_TEST_NUMBER-$$
	HERE=$BATS_TEST_TMPDIR
	ROOT=$HERE/root
	OUT=$HERE/out
	SETTINGS=() KEEPS_STATUS=''
	OPTIONS=()
	: >"$OUT"
	[[ $(id -u) -eq 0 ]] || go_without 'needs root'
	"${ENGINE}_prepare" "${@:2}"
}

# cannot REASON: says in the output that the engine leaves out a part of the test.
cannot()
{
	echo "# $ENGINE: $1" >&3
}

# needs_command NAME...: skips the test if there is none.
needs_command()
{
	local name

	for name; do
		[[ -x $(command -v "$name") ]] || go_without "no $name here"
	done
}

# A root for one container: dinit, the programs of the end-to-end tests, a shell.
make_own_root()
{
	cp -r "$SUITE/apps" "$ROOT"
	cp /bin/busybox "$ROOT/bin/sh"
	mkdir -p "$ROOT"/{dev,etc,proc,run,sys,usr}
}

# begin ARG...: runs these in a new container, in the background.
begin()
{
	"${ENGINE}_run" "$@" >>"$OUT" 2>&1 3>&- &
	job=$!
}

inside()
{
	"${ENGINE}_inside" "$@"
}

send()
{
	"${ENGINE}_signal" "$1" 3>&-
}

stop()
{
	"${ENGINE}_stop" 3>&-
}

# says PATTERN: waits until it has, which it will not once the container is over.
says()
{
	await said_or_over "$1"
	said "$1"
}

said_or_over()
{
	said "$1" || job_is_over
}

# said PATTERN: true if the container has written a line that matches.
said()
{
	tr -d '\r' <"$OUT" | grep -qE -e "$1"
}

job_is_over()
{
	! kill -0 "$job" 2>/dev/null
}

# ends STATUS: the container begun ends soon, with that. Engines that do not pass
# it on have a KEEPS_STATUS, which says why.
ends()
{
	await job_is_over
	if [[ -n $KEEPS_STATUS ]]; then
		cannot "$KEEPS_STATUS"
	elif [[ $(type -t "${ENGINE}_status") == function ]]; then
		is "$1" "${ENGINE}_status"
	else
		job_ends_with "$1" "$job"
	fi
}

teardown()
{
	[[ -n ${OUT:-} ]] || return 0
	cat "$OUT"
	if [[ -n ${job:-} ]]; then
		"${ENGINE}_remove" || true
		kill "$job" || true
	fi
	[[ -z ${above:-} ]] || kill "$above" || true
} >&2 3>&-

# only_child_of PID: prints the pid of its child.
only_child_of()
{
	pgrep -P "$1"
}

# enter PID ARG...: for engines that have no exec.
enter()
{
	nsenter --target "$1" --all "${@:2}"
}

# --- OCI runtimes by themselves: runc, crun, runsc ---

prepare_bundle()
{
	make_own_root
	OPTIONS=("$@")
	[[ " $* " != *' --remapped '* ]] || give_root_away
}

# The root of a user namespace has to get at the container's root, and to make
# devices in it.
give_root_away()
{
	chmod a+x "$BATS_RUN_TMPDIR"
	chown -R 100000:100000 "$ROOT"
}

# runtime NAME ARG...
runtime()
{
	local name=$1
	shift

	case $name in
	runsc)
		"$SUITE/gvisor" --root "$HERE/state" "$@"
		;;
	crun)
		# It gives up where version 2 of control groups is mounted
		# beside version 1, even if it is to use neither.
		unshare -m --propagation private bash -c '
			! mountpoint -q /sys/fs/cgroup/unified ||
				mount -t tmpfs tmpfs /sys/fs/cgroup/unified
			exec crun "$@"' crun --root "$HERE/state" \
			--cgroup-manager=disabled "$@" </dev/null
		;;
	*)
		"$name" --root "$HERE/state" "$@" </dev/null
		;;
	esac
}

run_bundle()
{
	"$BATS_TEST_DIRNAME/engines/bundle.py" "${OPTIONS[@]}" -- "${@:2}" \
		>"$HERE/config.json"
	runtime "$1" run --bundle "$HERE" "$ID"
}

runc_prepare() { needs_command runc && prepare_bundle "$@"; }
runc_run() { run_bundle runc "$@"; }
runc_inside() { runtime runc exec "$ID" "$@"; }
runc_signal() { runtime runc kill "$ID" "$1"; }
runc_stop() { runc_signal TERM; }
runc_remove() { runtime runc delete -f "$ID"; }

crun_prepare() { needs_command crun && prepare_bundle "$@"; }
crun_run() { run_bundle crun "$@"; }
crun_inside()
{
	local pid

	if grep -qsx statx "${OPTIONS[1]:-}"; then
		cannot 'its exec calls statx itself, under the profile: nsenter'
		pid=$(runtime crun state "$ID" |
			sed -n 's/.*"pid": \([0-9]*\).*/\1/p')
		enter "$pid" "$@"
	else
		runtime crun exec "$ID" "$@"
	fi
}
crun_signal() { runtime crun kill "$ID" "$1"; }
crun_stop() { crun_signal TERM; }
crun_remove() { runtime crun delete -f "$ID"; }

runsc_prepare()
{
	[[ -z $NO_GVISOR ]] || go_without "$NO_GVISOR"
	prepare_bundle "$@"
}
runsc_run() { run_bundle runsc "$@"; }
runsc_inside() { runtime runsc exec "$ID" "$@"; }
runsc_signal() { runtime runsc kill "$ID" "$1"; }
runsc_stop() { runsc_signal TERM; }
runsc_remove() { runtime runsc delete -force "$ID"; }

# --- Docker and Podman ---

# run_image ENGINE ARG...
run_image()
{
	"$1" run --name "$ID" --network none --tmpfs /tmp -e DIR=/tmp \
		-v /bin/busybox:/bin/sh:ro "${OPTIONS[@]}" apps "${INIT[@]}" \
		"${@:2}"
}

docker_prepare()
{
	[[ -z $NO_DOCKER ]] || go_without "$NO_DOCKER"
	OPTIONS=("$@") INIT=()
}
docker_run() { run_image docker "$@"; }
docker_inside() { docker exec "$ID" "$@"; }
docker_signal() { docker kill -s "$1" "$ID"; }
docker_stop() { docker stop -t 30 "$ID"; }
docker_remove() { docker rm -f -v "$ID"; }

# Docker with tini as its process 1, which is what its own --init is.
tini_prepare()
{
	docker_prepare "$@"
	INIT=(/bin/tini --)
}
tini_run() { docker_run "$@"; }
tini_inside() { docker_inside "$@"; }
tini_signal() { docker_signal "$@"; }
tini_stop() { docker_stop; }
tini_remove() { docker_remove; }

podman_prepare()
{
	[[ -z $NO_PODMAN ]] || go_without "$NO_PODMAN"
	OPTIONS=("$@") INIT=()
}
podman_run() { run_image podman "$@"; }
podman_inside() { podman exec "$ID" "$@"; }
podman_signal() { podman kill -s "$1" "$ID"; }
podman_stop() { podman stop -t 30 "$ID"; }
podman_remove() { podman rm -f -v -t 0 "$ID"; }

# --- containerd, by ctr ---

ctr_prepare()
{
	[[ -z $NO_CONTAINERD ]] || go_without "$NO_CONTAINERD"
	make_own_root
}
ctr_of_suite() { ctr -a "$SUITE/containerd/socket" "$@"; }
ctr_run()
{
	ctr_of_suite run --rm --rootfs --env DIR=/tmp "$ROOT" "$ID" "$@" \
		</dev/null
}
ctr_inside()
{
	ctr_of_suite tasks exec --exec-id "exec-$BASHPID-$RANDOM" "$ID" "$@" \
		</dev/null
}
ctr_signal() { ctr_of_suite tasks kill -s "SIG$1" "$ID"; }
ctr_stop() { ctr_signal TERM; }
ctr_remove()
{
	ctr_of_suite tasks kill -s SIGKILL "$ID"
	await job_is_over
}

# --- containerd, by its CRI ---

cri()
{
	"$BATS_TEST_DIRNAME/engines/cri.py" "$SUITE/containerd/socket" "$@"
}

# Makes the pod's sandbox, which "dinit --pause" holds.
cri_prepare()
{
	[[ -z $NO_CONTAINERD ]] || go_without "$NO_CONTAINERD"
	[[ -z $NO_DOCKER ]] || go_without "no images: $NO_DOCKER"
	/usr/bin/python3 -c 'import grpc' || go_without 'no python3-grpcio here'
	import_images
	CONFIG=${1:-$PLAIN_CONTAINER}
	SANDBOX=$(cri sandbox "$ID" "$HERE" 3>&-)
}

# The images come from Docker's, once.
import_images()
{
	local images=$SUITE/containerd/images

	[[ ! -e $images ]] || return 0
	ROOT='' ENGINE=docker make_image pause:dinit \
		'ENTRYPOINT ["/sbin/dinit","--pause"]'
	docker save apps pause:dinit |
		ctr_of_suite -n k8s.io images import - >/dev/null
	: >"$images"
}

PLAIN_CONTAINER='{
	"envs": [{"key": "DIR", "value": "/tmp"}],
	"mounts": [{"container_path": "/bin/sh", "host_path": "/bin/busybox",
	            "readonly": true}]}'

cri_run() { cri run "$SANDBOX" "$ID" "$HERE" "$CONFIG" -- "$@"; }
cri_id() { cat "$HERE/$ID.id"; }
cri_inside() { cri exec "$(cri_id)" 5 -- "$@"; }
cri_signal() { ctr_of_suite -n k8s.io tasks kill -s "SIG$1" "$(cri_id)"; }
cri_stop() { cri stop "$(cri_id)" 30; }
cri_remove() { cri remove "$SANDBOX"; }

# --- LXC ---

# It sends PWR, or RTMIN+3 to an init that has this blocked in /proc/PID/status:
# of an init that waits in rt_sigtimedwait(2) the kernel does not say so there.
lxc_prepare()
{
	needs_command lxc-start
	make_own_root
	SETTINGS=(--stop-signal=TERM,PWR,RTMIN+3
		--rewrite=PWR:TERM,RTMIN+3:TERM)
	mkdir -p "$HERE/lxc/$ID"
	cat >"$HERE/lxc/$ID/config" <<-END
		lxc.uts.name = $ID
		lxc.rootfs.path = dir:$ROOT
		lxc.net.0.type = empty
		lxc.mount.auto = proc:rw
		lxc.mount.entry = tmpfs tmp tmpfs defaults 0 0
		lxc.environment = DIR=/tmp
		lxc.environment = PATH=/bin:/sbin
		lxc.console.path = none
		lxc.pty.max = 0
		lxc.log.level = INFO
		lxc.log.file = $HERE/lxc.log
	END
}
lxc_run()
{
	lxc-start -F -P "$HERE/lxc" -n "$ID" -- "$@" </dev/null
}
lxc_inside()
{
	lxc-attach -P "$HERE/lxc" -n "$ID" -- "$@" </dev/null
}
lxc_signal()
{
	kill -s "$1" "$(lxc-info -P "$HERE/lxc" -n "$ID" -p -H)"
}
lxc_stop() { lxc-stop -P "$HERE/lxc" -n "$ID" -t 30; }
lxc_remove() { lxc-stop -P "$HERE/lxc" -n "$ID" -k; }

# It says in its log only how the container's init has ended.
lxc_status()
{
	sed -n 's/.* ended on error (\([0-9]*\))$/\1/p' "$HERE/lxc.log"
}

# --- systemd-nspawn ---

nspawn_prepare()
{
	needs_command systemd-nspawn
	make_own_root
	OPTIONS=(--kill-signal=SIGTERM "$@")
}
nspawn_run()
{
	exec systemd-nspawn --quiet --register=no --keep-unit \
		--directory="$ROOT" --machine="$ID" --private-network \
		--console=pipe --setenv=DIR=/tmp "${OPTIONS[@]}" "$@" </dev/null
}
nspawn_init() { only_child_of "$job"; }
nspawn_inside() { enter "$(nspawn_init)" "$@"; }
nspawn_signal() { kill -s "$1" "$(nspawn_init)"; }
nspawn_stop() { kill -TERM "$job"; }
nspawn_remove() { nspawn_signal KILL; }

# Its own process 1 passes nothing on; what it calls an orderly stop is a TERM.
pid2_prepare()
{
	nspawn_prepare --as-pid2 --kill-signal=SIGRTMIN+3
	KEEPS_STATUS='its process 1 ends with 0 after an orderly stop'
}
pid2_run() { nspawn_run "$@"; }
pid2_inside() { nspawn_inside "$@"; }
pid2_signal() { kill -s "$1" "$(only_child_of "$(nspawn_init)")"; }
pid2_stop() { nspawn_stop; }
pid2_remove() { nspawn_remove; }

# --- bubblewrap ---

bwrap_prepare()
{
	needs_command bwrap
	make_own_root
	OPTIONS=("$@")
}
bwrap_run()
{
	exec bwrap --unshare-pid --unshare-net --unshare-ipc --unshare-uts \
		--as-pid-1 --cap-add ALL --bind "$ROOT" / --proc /proc \
		--dev /dev --tmpfs /tmp --tmpfs /run --setenv DIR /tmp \
		--setenv PATH /bin:/sbin "$@" </dev/null
}
bwrap_init() { only_child_of "$job"; }
bwrap_inside() { enter "$(bwrap_init)" "$@"; }
bwrap_signal() { kill -s "$1" "$(bwrap_init)"; }
bwrap_stop() { bwrap_signal TERM; }
bwrap_remove() { bwrap_signal KILL; }

# --- buildah ---

buildah_prepare()
{
	[[ -z $NO_PODMAN ]] || go_without "$NO_PODMAN"
	needs_command buildah
	buildah from --name "$ID" localhost/apps >/dev/null
	OPTIONS=("$@")
}
buildah_run()
{
	buildah run --runtime runc --network none --env DIR=/tmp \
		--env "ROUND=$ID" \
		--volume /bin/busybox:/bin/sh:ro "$ID" -- "$@" </dev/null
}
# buildah tells nobody its pid: the oldest dinit with this environment.
buildah_init()
{
	local pid

	for pid in $(pgrep -x dinit); do
		! grep -qzxF "ROUND=$ID" "/proc/$pid/environ" || echo "$pid"
	done | head -n 1
}
buildah_inside() { enter "$(buildah_init)" "$@"; }
buildah_signal() { kill -s "$1" "$(buildah_init)"; }
buildah_stop() { buildah_signal TERM; }
buildah_remove()
{
	buildah_signal KILL
	await job_is_over
	buildah rm "$ID"
}

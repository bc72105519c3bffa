#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What it costs to ask whether a container is ready: by an exec, which an engine
# does for a probe, and at the port of DINIT_READY_LISTEN.

load engines/support

# cpu_us PID...: prints the CPU time of these processes, and of those that they
# have waited for, in microseconds. The kernel counts it in ticks.
cpu_us()
{
	local pid ticks=0 fields

	for pid; do
		# Behind the name, from utime to cstime: see proc(5).
		read -ra fields <<<"$(sed 's/.*) //' "/proc/$pid/stat")"
		ticks=$((ticks + fields[11] + fields[12] + fields[13] +
			fields[14]))
	done
	echo $((ticks * 1000000 / $(getconf CLK_TCK)))
}

# each_takes COUNT PIDS COMMAND...: sets TAKEN to the microseconds of CPU time
# that PIDS need for one of COUNT runs of a command.
each_takes()
{
	local count=$1 pids=$2 before i
	shift 2

	# shellcheck disable=SC2086 # words
	before=$(cpu_us $pids)
	for ((i = 0; i < count; i++)); do
		"$@" >/dev/null
	done
	# shellcheck disable=SC2086
	TAKEN=$((($(cpu_us $pids) - before) / count))
}

shim_of()
{
	pgrep -f -- "^[^ ]*containerd-shim[^ ]* .*-id $1"
}

answerers_below()
{
	pgrep -x dinit-answer -P "$(pgrep -d , -x dinit -P "$1")"
}

@test "a probe at DINIT_READY_LISTEN takes a tenth of an exec's CPU time at most" {
	local port=$((21000 + $$ % 10000)) dockerd shim docker exec answer

	use docker
	begin /sbin/dinit --ready-file=/run/dinit/ready -- /bin/act
	await inside /sbin/dinit --is-ready
	dockerd=$(<"$SUITE/docker/pid")
	shim=$(shim_of "$(docker inspect -f '{{.Id}}' "$ID")")
	each_takes 50 "$dockerd $(pgrep -P "$dockerd" -x containerd) $shim" \
		inside /sbin/dinit --is-ready
	docker=$TAKEN
	docker_remove

	use cri
	begin /sbin/dinit "--ready-listen=127.0.0.1:$port" -- /bin/act
	await inside /sbin/dinit --is-ready
	shim=$(shim_of "$SANDBOX")
	each_takes 50 "$(<"$SUITE/containerd/pid") $shim" \
		inside /sbin/dinit --is-ready
	exec=$TAKEN
	each_takes 2000 "$(answerers_below "$shim" | paste -sd' ')" \
		"$DINIT" "--probe=http://127.0.0.1:$port/"
	answer=$TAKEN

	echo "# one probe, in us of CPU time: docker exec $docker, exec by" \
		"containerd's CRI $exec, DINIT_READY_LISTEN $answer" >&3
	((answer * 10 <= docker && answer * 10 <= exec))
}

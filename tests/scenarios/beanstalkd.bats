#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# A worker on Beanstalkd goes in the middle of a job. The time to run is longer
# than the test: a job comes back because the connection has gone.

load worker

lacks_for_queue()
{
	lacks beanstalkd python3
}

start_queue()
{
	container queue "$(probe tcp://127.0.0.1:11300)" -- \
		beanstalkd -l 127.0.0.1
	becomes_ready queue
}

# beanstalk LINE...: what the server answers.
beanstalk()
{
	local connection

	exec {connection}<>/dev/tcp/127.0.0.1/11300
	printf '%s\r\n' "$@" quit >&"$connection"
	tr -d '\r' <&"$connection"
	exec {connection}>&-
}

put_jobs()
{
	local job

	while read -r job; do
		beanstalk "put 0 0 600 ${#job}" "$job" | grep '^INSERTED '
	done < <(list_jobs)
}

work()
{
	container "$1" DINIT_NOTIFY=yes RESULTS="$RESULTS" \
		BEANSTALKD=127.0.0.1:11300 "${@:2}" -- \
		"$APPS/beanstalkd_worker.py"
}

waiting()
{
	beanstalk stats | sed -n 's/^current-jobs-ready: //p'
}

@test "a worker on Beanstalkd leaves its job to others on SIGTERM" {
	begin_jobs
	stop_first
	await is $((JOBS - LONG + 1)) waiting
	finish_jobs 'Beanstalkd, graceful stop'
}

@test "Beanstalkd puts the job of a killed worker back" {
	begin_jobs DINIT_GRACE=100ms "$DEAF"
	kill_first
	await is $((JOBS - LONG + 1)) waiting
	finish_jobs 'Beanstalkd, killed after the grace'
}

@test "Beanstalkd puts the job of a worker that died suddenly back" {
	begin_jobs
	die first
	await is $((JOBS - LONG + 1)) waiting
	finish_jobs 'Beanstalkd, sudden death'
}

# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# A worker goes in the middle of a job, and another one goes on. What the file of
# a queue has to define:
#
#	lacks_for_queue				prints what is missing, if anything
#	start_queue				starts its server, for all tests
#	put_jobs				puts what list_jobs prints
#	work NAME [VARIABLE=VALUE]...		starts a container with a worker
#	waiting					prints how many jobs are there
#						for the next worker that asks

load support

setup_file()
{
	export LACK
	LACK=$(lacks_for_queue)
	[[ -n $LACK ]] || start_queue
}

setup()
{
	[[ -z $LACK ]] || go_without "$LACK"
}

teardown()
{
	remove first second
}

teardown_file()
{
	remove_all
}

# Of 20 jobs the tenth takes a while. There the first worker is stopped.
JOBS=20
LONG=10

list_jobs()
{
	local number

	for ((number = 1; number <= JOBS; number++)); do
		echo "$number $((number == LONG ? 3 : 0))"
	done
}

# begin_jobs [VARIABLE=VALUE]...: returns when the first worker is busy with the
# long job. The jobs before it are done then, and those after it wait.
begin_jobs()
{
	RESULTS=$BATS_TEST_TMPDIR/results
	mkdir "$RESULTS"
	put_jobs
	work first "$@"
	becomes_ready first
	await has_said first "job $LONG begun"
	is $((LONG - 1)) count_of '^job .* done$' first
	await is $((JOBS - LONG)) waiting
}

stop_first()
{
	send first TERM
	ends_with first 0
	has_said first "job $LONG interrupted"
}

kill_first()
{
	send first TERM
	ends_with first 137
	has_logged first '^dinit: .*grace'
	refute has_said first "job $LONG interrupted"
}

count_results()
{
	find "$RESULTS" -type f -not -name '*.new' | wc -l
}

# finish_jobs TITLE: another worker does the rest. Each job is done, and only
# the long one was begun a second time.
finish_jobs()
{
	work second
	becomes_ready second
	await is "$JOBS" count_of '^job .* done$' first second
	send second TERM
	ends_with second 0
	is "$JOBS" count_results
	is 0 waiting
	is $((JOBS + 1)) count_of '^job .* begun$' first second
	echo "# $1: $JOBS jobs put, $(count_results) done" >&3
}

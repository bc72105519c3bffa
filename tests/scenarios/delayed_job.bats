#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# A worker on Delayed Job goes in the middle of a job. The jobs are records in
# PostgreSQL, and who works on one has a lock on it that names him.

load worker

DATABASE=postgresql://postgres@127.0.0.1/postgres

lacks_for_queue()
{
	lacks psql ruby | grep . ||
		ruby -e 'require "delayed_job_active_record"; require "pg"' ||
		echo 'there is no ruby-delayed-job-active-record here'
}

# INT is the fast shutdown of PostgreSQL, which does not wait for clients to go.
start_queue()
{
	local data=$BATS_FILE_TMPDIR/postgresql programs
	programs=$(find /usr/lib/postgresql -name bin | sort -V | tail -n 1)

	install -d -o postgres "$data"
	(
		cd "$data" || exit
		setpriv --reuid postgres --clear-groups "$programs/initdb" \
			--auth trust --no-sync "$data"
	)
	container database DINIT_USER=postgres DINIT_NOTIFY=yes \
		DINIT_REWRITE=TERM:INT -- "$programs/postgres" -D "$data" \
		-c listen_addresses=127.0.0.1 -c unix_socket_directories=
	becomes_ready database
	delayed_job create
}

delayed_job()
{
	DATABASE_URL=$DATABASE "$APPS/delayed_job.rb" "$@"
}

put_jobs()
{
	list_jobs | delayed_job enqueue
}

# Without a job it dies of its stop signal, as is usual in Ruby.
work()
{
	container "$1" DINIT_NOTIFY=yes DINIT_OK_STOP=yes RESULTS="$RESULTS" \
		DATABASE_URL="$DATABASE" MAX_RUN_TIME=5 "${@:2}" -- \
		"$APPS/delayed_job.rb" work
}

count_jobs()
{
	psql --quiet --no-align --tuples-only --dbname "$DATABASE" \
		--command "select count(*) from delayed_jobs where $1"
}

waiting()
{
	count_jobs 'locked_at is null'
}

# Nobody gets that job while it has a lock, which nobody releases.
lock_remains()
{
	is 1 count_jobs "locked_by like 'host:first %'"
	is $((JOBS - LONG)) waiting
}

@test "a worker on Delayed Job releases its lock on SIGTERM" {
	begin_jobs
	stop_first
	is $((JOBS - LONG + 1)) waiting
	finish_jobs 'Delayed Job, graceful stop'
}

@test "the lock of a killed worker on Delayed Job expires" {
	begin_jobs DINIT_GRACE=100ms "$DEAF"
	kill_first
	lock_remains
	finish_jobs 'Delayed Job, killed after the grace'
}

@test "the lock of a worker on Delayed Job that died suddenly expires" {
	begin_jobs
	die first
	lock_remains
	finish_jobs 'Delayed Job, sudden death'
}

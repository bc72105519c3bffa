#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# A worker on RabbitMQ goes in the middle of a job.

load worker

lacks_for_queue()
{
	lacks rabbitmqctl python3 | grep . || python3 -c 'import pika' ||
		echo 'there is no python3-pika here'
}

# RabbitMQ runs as the user of Debian's package, but with all of its files in a
# folder of the test.
start_queue()
{
	local data=$BATS_FILE_TMPDIR/rabbitmq

	install -d -o rabbitmq "$data"
	container broker DINIT_USER=rabbitmq HOME="$data" \
		"$(probe tcp://127.0.0.1:5672)" DINIT_STARTUP_BUDGET=2m \
		RABBITMQ_NODENAME=rabbit@localhost RABBITMQ_LOGS=- \
		RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 \
		RABBITMQ_MNESIA_BASE="$data" RABBITMQ_LOG_BASE="$data" \
		RABBITMQ_ENABLED_PLUGINS_FILE="$data/plugins" \
		-- /usr/lib/rabbitmq/bin/rabbitmq-server
	becomes_ready broker
}

put_jobs()
{
	list_jobs | "$HERE/rabbitmq.py" put
}

work()
{
	container "$1" DINIT_NOTIFY=yes RESULTS="$RESULTS" \
		AMQP_URL=amqp://127.0.0.1 "${@:2}" -- "$APPS/rabbitmq_worker.py"
}

waiting()
{
	"$HERE/rabbitmq.py" waiting
}

@test "a worker on RabbitMQ gives its job back on SIGTERM" {
	begin_jobs
	stop_first
	await is $((JOBS - LONG + 1)) waiting
	finish_jobs 'RabbitMQ, graceful stop'
}

@test "RabbitMQ delivers the job of a killed worker again" {
	begin_jobs DINIT_GRACE=100ms "$DEAF"
	kill_first
	await is $((JOBS - LONG + 1)) waiting
	finish_jobs 'RabbitMQ, killed after the grace'
}

@test "RabbitMQ delivers the job of a worker that died suddenly again" {
	begin_jobs
	die first
	await is $((JOBS - LONG + 1)) waiting
	finish_jobs 'RabbitMQ, sudden death'
}

#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Long polling: the server goes while a client waits for messages, and the
# client gets each message once, in order.

load support

setup()
{
	needs redis-server redis-cli python3
	start_redis
}

teardown()
{
	if [[ -n ${CLIENT:-} ]]; then
		kill "$CLIENT"
		cat "$BATS_TEST_TMPDIR/complaints"
	fi
	remove_all
}

# serve [VARIABLE=VALUE]...
serve()
{
	container web1 PORT=8001 REDIS_URL=redis://127.0.0.1:6379 \
		"$(probe tcp://127.0.0.1:8001)" "$@" -- "$APPS/messages.py"
	becomes_ready web1
}

# publish FIRST LAST
publish()
{
	seq "$1" "$2" | xargs -n 1 redis-cli rpush messages
}

client_has()
{
	seq 1 "$1" | cmp - "$BATS_TEST_TMPDIR/messages"
}

client_reconnects()
{
	grep -q ^reconnecting: "$BATS_TEST_TMPDIR/complaints"
}

# use_server [VARIABLE=VALUE]...: at the end the client waits for a message.
use_server()
{
	serve "$@"
	"$APPS/poll.py" http://127.0.0.1:8001/ >"$BATS_TEST_TMPDIR/messages" \
		2>"$BATS_TEST_TMPDIR/complaints" 3>&- &
	CLIENT=$!
	publish 1 20
	await client_has 20
}

# go_on PUBLISHER: more was published while the server went.
go_on()
{
	wait "$1"
	await client_reconnects
	serve
	publish 41 60
	await client_has 60
}

@test "a graceful stop answers clients that wait, and they come back" {
	use_server
	publish 21 40 3>&- &
	send web1 TERM
	ends_with web1 0
	go_on $!
}

@test "killed after the grace: clients that waited come back" {
	use_server DINIT_GRACE=100ms "$DEAF"
	publish 21 40 3>&- &
	send web1 TERM
	ends_with web1 137
	go_on $!
}

@test "sudden death: clients that waited come back" {
	use_server
	publish 21 40 3>&- &
	die web1
	go_on $!
}

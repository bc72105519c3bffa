#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Web processes that stop under load: a small HTTP app, and nginx in front of
# one. Two replicas of it are behind HAProxy, which sends requests to those that
# dinit calls ready.

load support

setup()
{
	needs nginx haproxy python3 curl
}

app()
{
	replica "$@" -- "$APPS/web.py"
}

# nginx takes QUIT for a graceful stop.
nginx_replica()
{
	local conf=$BATS_TEST_TMPDIR/nginx$1.conf

	sed "s/PORT/800$1/" "$HERE/nginx.conf" >"$conf"
	replica "$@" DINIT_REWRITE=TERM:QUIT -- nginx -c "$conf"
}

start_backend()
{
	container backend PORT=8003 "$(probe http://127.0.0.1:8003/)" -- \
		"$APPS/web.py"
	becomes_ready backend
}

# both KIND [VARIABLE=VALUE]...
both()
{
	"$1" 1 "${@:2}"
	"$1" 2 "${@:2}"
	becomes_ready web1
	becomes_ready web2
}

# begin_visits SECONDS: each request takes so long.
begin_visits()
{
	begin_load GET "http://127.0.0.1:8000/?seconds=$1" hello
	await has_logged web1 "begun: /\?seconds=$1"
}

# Somebody waited for the first replica, and was answered by the second.
some_were_repeated()
{
	(($(count_of 'begun: /\?seconds' web1 web2) > SENT))
}

# One request that takes so long, to the first replica itself.
begin_slow_request()
{
	curl --fail --silent "http://127.0.0.1:8001/?seconds=$1" 3>&- \
		>"$BATS_TEST_TMPDIR/answer" &
	SLOW=$!
	await has_logged "$2" "begun: /\?seconds=$1"
}

listens()
{
	"$DINIT" --probe=tcp://127.0.0.1:8001
}

serves()
{
	"$DINIT" --probe=http://127.0.0.1:8001/
}

# stop_while_answering LOGGER: the steps of a stop, with a request in flight.
stop_while_answering()
{
	begin_slow_request 4 "$1"
	send web1 TERM
	await has_logged web1 '^dinit: draining'
	refute test -e "$READY/web1"
	serves
	await refute listens
	kill -0 "$SLOW"
	wait "$SLOW"
	is hello cat "$BATS_TEST_TMPDIR/answer"
	ends_with web1 0
}

# Both, one after the other, as in an update: the second has to go on until the
# balancer has the first one back.
restart_both_gracefully()
{
	local number

	for number in 1 2; do
		send "web$number" TERM
		ends_with "web$number" 0
		"$1" "$number"
		becomes_ready "web$number"
		await has_logged balancer "Server replicas/web$number is UP"
	done
}

@test "an app drains, ceases to listen and answers what is in flight" {
	app 1
	becomes_ready web1
	stop_while_answering web1
}

@test "nginx drains, ceases to listen and answers what is in flight" {
	start_backend
	nginx_replica 1
	becomes_ready web1
	stop_while_answering backend
}

@test "replicas of an app restart under load, and no request fails" {
	both app
	start_balancer 0
	begin_visits 0.1
	restart_both_gracefully app
	end_load 'graceful restarts of an app'
	((FAILED == 0 && SENT >= 50))
}

@test "replicas of nginx restart under load, and no request fails" {
	start_backend
	both nginx_replica
	start_balancer 0
	begin_load GET 'http://127.0.0.1:8000/?seconds=0.1' hello
	restart_both_gracefully nginx_replica
	end_load 'graceful restarts of nginx'
	((FAILED == 0 && SENT >= 50))
}

@test "killed after the grace under load: the other replica answers" {
	both app DINIT_DRAIN=0 DINIT_GRACE=100ms "$DEAF"
	start_balancer 3
	begin_visits 0.5
	send web1 TERM
	ends_with web1 137
	app 1
	becomes_ready web1
	end_load 'killed after the grace'
	((FAILED == 0))
	some_were_repeated
}

@test "sudden death under load: the other replica answers" {
	both app
	start_balancer 3
	begin_visits 0.5
	die web1
	app 1
	becomes_ready web1
	end_load 'sudden death'
	((FAILED == 0))
	some_were_repeated
}

#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Sessions are in Redis and none in a process: each visitor's requests go to
# both replicas in turn, all of which restart while the visitors fill their
# baskets.

load support

setup()
{
	needs redis-server haproxy python3
	start_redis
}

# serve NUMBER [VARIABLE=VALUE]...
serve()
{
	replica "$@" REDIS_URL=redis://127.0.0.1:6379 \
		"$(probe "tcp://127.0.0.1:800$1")" -- "$APPS/sessions.py"
	becomes_ready "web$1"
}

# begin_shopping RETRIES [VARIABLE=VALUE]...: an answer that counts fewer things
# than the visitor has put has lost some.
begin_shopping()
{
	serve 1 "${@:2}"
	serve 2 "${@:2}"
	start_balancer "$1"
	begin_load PUT http://127.0.0.1:8000/%d '%d items'
	is_visited web1
	is_visited web2
}

# end_shopping TITLE: a session for each visitor, as if nothing had happened.
end_shopping()
{
	end_load "$1"
	((FAILED == 0 && SENT >= 50))
}

@test "both replicas restart gracefully, and no session is lost" {
	begin_shopping 0
	for number in 1 2; do
		send "web$number" TERM
		ends_with "web$number" 0
		serve "$number"
		is_visited "web$number"
	done
	end_shopping 'graceful restarts'
}

@test "both replicas are killed after the grace, and no session is lost" {
	begin_shopping 3 DINIT_DRAIN=0 DINIT_GRACE=100ms "$DEAF"
	for number in 1 2; do
		send "web$number" TERM
		ends_with "web$number" 137
		serve "$number"
		is_visited "web$number"
	done
	end_shopping 'killed after the grace'
}

@test "both replicas die suddenly, and no session is lost" {
	begin_shopping 3
	for number in 1 2; do
		die "web$number"
		serve "$number"
		is_visited "web$number"
	done
	end_shopping 'sudden deaths'
}

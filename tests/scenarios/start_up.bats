#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# How long a start takes is said, and a start that takes too long is ended.

load support

setup()
{
	needs nginx haproxy redis-server beanstalkd python3
}

# says_how_long NAME: the file, the log, and we.
says_how_long()
{
	local file ms
	becomes_ready "$1"

	file=$(inside "$1" cat /run/dinit/ready)
	ms=$(sed -n 's/^ready_after_ms=//p' <<<"$file")
	if ((ms < 1000)); then
		has_logged "$1" "^dinit: ready after ${ms}ms "
	else
		has_logged "$1" "^dinit: ready after $((ms / 1000))[.0-9]*s "
	fi
	((ms < 30000))
	echo "# $1 was ready after $ms ms" >&3
}

@test "servers and apps: how long each start took is in the file and the log" {
	local conf=$BATS_TEST_TMPDIR/nginx.conf

	sed s/PORT/8001/ "$HERE/nginx.conf" >"$conf"
	container nginx "$(probe tcp://127.0.0.1:8001)" -- nginx -c "$conf"
	container redis "$(probe tcp://127.0.0.1:6379)" -- redis-server \
		--bind 127.0.0.1 --save ''
	container beanstalkd "$(probe tcp://127.0.0.1:11300)" -- \
		beanstalkd -l 127.0.0.1
	container haproxy DINIT_NOTIFY=yes RETRIES=0 CHECK=/bin/true -- \
		haproxy -Ws -f "$HERE/haproxy.cfg"
	container web PORT=8003 "$(probe http://127.0.0.1:8003/)" -- \
		"$APPS/web.py"
	for name in nginx redis beanstalkd haproxy web; do
		says_how_long "$name"
	done
}

@test "the budget is 30 s, and 10 s are enough for drain and grace" {
	"$DINIT" --show-config true | grep -E '^startup-budget +30s +default'
	"$DINIT" --show-config true | grep -E '^grace +9s +default'
}

# Its database never comes up.
start_in_vain()
{
	container app PORT=8003 "$(probe tcp://127.0.0.1:5432)" "$@" \
		-- "$APPS/web.py"
}

ends_for_the_budget()
{
	ends_with app 124
	has_said app "dinit: error: not ready within the startup budget of $1: stopping"
	has_logged app '^dinit: error: last of .*: Connection refused'
}

@test "a start that takes longer than 30 s is ended with 124 and the reason" {
	local start=$SECONDS

	start_in_vain
	PATIENCE=60 ends_for_the_budget 30s
	((SECONDS - start >= 29))
}

@test "a start over a budget, by an app that does not stop, is killed" {
	start_in_vain DINIT_STARTUP_BUDGET=2s DINIT_GRACE=100ms "$DEAF"
	ends_for_the_budget 2s
	has_logged app '^dinit: .*grace'
}

@test "who waits for a start over the budget hears of it and of the reason" {
	start_in_vain DINIT_STARTUP_BUDGET=5s
	inside app "$DINIT" --is-ready --wait=30s 2>"$BATS_TEST_TMPDIR/said" &
	refute wait $!
	grep 'not ready within the startup budget of 5s; .*: Connection refused' \
		"$BATS_TEST_TMPDIR/said"
	ends_for_the_budget 5s
}

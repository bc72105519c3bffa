#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Containers in which nothing can be written but one tmpfs, on /run: everything
# that dinit does with files works.

load support

setup()
{
	needs nginx python3 curl findmnt
	export READ_ONLY=yes
}

# writes_nowhere_else NAME
writes_nowhere_else()
{
	local folder

	for folder in / /tmp /var/tmp /etc /root "$BATS_TEST_TMPDIR"; do
		inside "$1" touch "$folder/new" 2>&1 |
			grep 'Read-only file system'
	done
	inside "$1" touch /run/new
}

# hold_run NAME: its /run stays to be read, in $RUN, when the container is gone.
hold_run()
{
	exec {HELD}<"/proc/$(init_pid "$1")/root/run"
	RUN=/proc/$BASHPID/fd/$HELD
}

answers()
{
	is hello curl --fail --silent http://127.0.0.1:8003/
}

# Ready, unready and ready again, drained and stopped, as another user.
@test "an app with all of dinit's settings needs one tmpfs" {
	container app PORT=8003 DINIT_USER=nobody DINIT_NO_NEW_PRIVS=yes \
		DINIT_HEALTH_CMD='[ ! -e /run/ill ]' DINIT_MONITOR=50ms \
		DINIT_DRAIN=100ms DINIT_REPORT_FILE=/run/report \
		DINIT_SECCOMP="$HERE/../e2e/profiles/allow-list.json" \
		-- "$APPS/web.py"
	becomes_ready app
	hold_run app
	writes_nowhere_else app
	await answers
	inside app touch /run/ill
	await refute is_ready app
	inside app rm /run/ill
	await is_ready app
	send app TERM
	ends_with app 0
	refute test -e "$RUN/dinit/ready"
	grep 'exit status 0' "$RUN/report"
}

@test "nginx needs one tmpfs" {
	local conf=$BATS_TEST_TMPDIR/nginx.conf

	sed s/PORT/8001/ "$HERE/nginx.conf" >"$conf"
	container app PORT=8003 "$(probe http://127.0.0.1:8003/)" -- \
		"$APPS/web.py"
	becomes_ready app
	container proxy DINIT_REWRITE=TERM:QUIT \
		"$(probe http://127.0.0.1:8001/)" -- nginx -c "$conf"
	becomes_ready proxy
	writes_nowhere_else proxy
	is hello curl --fail --silent http://127.0.0.1:8001/
	send proxy TERM
	ends_with proxy 0
}

@test "killed after the grace: the report is written to one tmpfs" {
	container app PORT=8003 "$(probe http://127.0.0.1:8003/)" "$DEAF" \
		DINIT_GRACE=100ms DINIT_REPORT_FILE=/run/report \
		-- "$APPS/web.py"
	becomes_ready app
	hold_run app
	send app TERM
	ends_with app 137
	refute test -e "$RUN/dinit/ready"
	cat "$RUN/report"
	grep grace "$RUN/report"
}

@test "a readiness file elsewhere is refused, with the reason" {
	container app DINIT_READY_FILE=/var/lib/dinit/ready -- \
		"$APPS/web.py"
	ends_with app 125
	has_logged app '/var/lib/dinit.*: Read-only file system'
}

#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Nobody is told to stop twice: with a shell or npm in front of the app, or a main
# process that ends before its workers, work under way is finished.

load support

setup()
{
	needs nginx curl python3
}

# begin_request PATH: its answer will be in the file "answer".
begin_request()
{
	curl -sS -o "$BATS_TEST_TMPDIR/answer" "http://127.0.0.1:8001$1" 3>&- &
	REQUEST=$!
}

@test "npm start: the request under way is answered, and node gets one SIGTERM" {
	needs node npm
	local app=$BATS_TEST_TMPDIR/app

	mkdir "$app"
	cp "$APPS/graceful.js" "$app"
	echo '{ "name": "web", "version": "1.0.0",
		"scripts": { "start": "node graceful.js" } }' >"$app/package.json"
	container web PORT=8001 HOME=/run npm_config_update_notifier=false \
		"$(probe http://127.0.0.1:8001/)" -- \
		sh -c "cd '$app' && exec npm start"
	becomes_ready web
	begin_request /slow
	await has_said web 'begun: /slow'
	send web TERM
	wait "$REQUEST"
	is "done" cat "$BATS_TEST_TMPDIR/answer"
	await test -s "$BATS_FILE_TMPDIR/web.status"
	is 1 count_of '^SIGTERM' web
}

@test "nginx under a shell: the download that QUIT lets finish is finished" {
	local conf=$BATS_TEST_TMPDIR/nginx.conf

	sed s/PORT/8001/ "$HERE/nginx.conf" >"$conf"
	container web "$(probe tcp://127.0.0.1:8001)" DINIT_REWRITE=TERM:QUIT \
		-- sh -c "head -c 300000 /dev/zero >/run/download; \
		nginx -c '$conf'; true"
	becomes_ready web
	begin_request /download
	await test -s "$BATS_TEST_TMPDIR/answer"
	send web TERM
	wait "$REQUEST"
	is 300000 stat -c %s "$BATS_TEST_TMPDIR/answer"
	ends_with web 131
}

@test "a stop signal for the main process only: its workers' first is the sweep's" {
	container pool DINIT_MAIN_ONLY=TERM -- "$APPS/pool.py"
	await has_said pool 'job begun'
	send pool TERM
	ends_with pool 0
	has_said pool 'job done'
}

@test "a stop signal for all: the worker finishes though the main process is gone" {
	container pool -- "$APPS/pool.py"
	await has_said pool 'job begun'
	send pool TERM
	ends_with pool 0
	has_said pool 'job done'
}

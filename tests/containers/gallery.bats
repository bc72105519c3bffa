#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The images in tests/images, which are there to be copied: each becomes ready,
# does its work, and loses nothing of that when it is stopped in the middle.
#
# bats file_tags=gallery

# shellcheck disable=SC2034 # ENGINE, as support.bash has it
load support

IMAGES=$BATS_TEST_DIRNAME/../images

# build NAME: what it says is shown only if it fails.
build()
{
	local log=$BATS_FILE_TMPDIR/$1.log

	docker build --network host --tag "gallery/$1" "$IMAGES/$1" \
		>"$log" 2>&1 3>&- || { cat "$log"; return 1; }
}

# is_left_out NAME: hundreds of MB are not installed with each run.
is_left_out()
{
	[[ -z ${FULL:-} && " celery mariadb node " == *" $1 "* ]]
}

# Most of the time of a build is spent on waiting for packages.
build_all()
{
	local folder builds=()

	for folder in "$IMAGES"/*/; do
		folder=$(basename "$folder")
		! is_left_out "$folder" || continue
		build "$folder" &
		builds+=($!)
	done
	for folder in "${builds[@]}"; do
		wait "$folder" || return
	done
}

setup_file()
{
	local ENGINE=docker

	export DOCKER_BUILDKIT=0
	export NO_GALLERY=$NO_DOCKER
	[[ -x $(command -v debootstrap) ]] ||
		NO_GALLERY=${NO_GALLERY:-there is no debootstrap here}
	[[ -z $NO_GALLERY ]] || return 0
	make_base
	mkdir -p "$BATS_FILE_TMPDIR/dinit/sbin"
	cp "$DINIT" "$BATS_FILE_TMPDIR/dinit/sbin/"
	ROOT=$BATS_FILE_TMPDIR/dinit make_image dinit
	build_all
}

setup()
{
	use_docker
	[[ -z $NO_GALLERY ]] || go_without "$NO_GALLERY"
	ANSWER=$BATS_TEST_TMPDIR/answer
}

# needs_image NAME: for tests that begin in another way than start_gallery.
needs_image()
{
	! is_left_out "$1" || needs_full
}

# start_gallery NAME [OPTION]...: and wait until it is healthy.
start_gallery()
{
	needs_image "$1"
	start --health-interval 200ms "${@:2}" "gallery/$1"
	await is healthy state Health.Status
}

# ask PORT/PATH [OPTION]...: what it answers.
ask()
{
	nsenter --net="/proc/$(init_pid)/ns/net" \
		curl -sS --fail --max-time 30 "${@:2}" "http://127.0.0.1:$1"
}

# ask_slowly PORT [COMMAND]: in the background, and until it works on that.
# COMMAND is how to ask, if not ask.
ask_slowly()
{
	local asked

	asked=$(times_logged 'asked for /slow') || true
	"${2:-ask}" "$1/slow" >"$ANSWER" 3>&- &
	REQUEST=$!
	await is $((asked + 1)) times_logged 'asked for /slow'
}

# times_logged PATTERN: how many lines of the log match, as in grep -E.
times_logged()
{
	log | grep -cE -e "$1"
}

# is_answered: what was under way when the stop came.
is_answered()
{
	job_ends_with 0 "$REQUEST"
	is hello cat "$ANSWER"
}

# download PORT: of a large file that the server has, until that has begun.
download()
{
	ask "$1/large" --limit-rate 16M --output "$ANSWER" 3>&- &
	REQUEST=$!
	await test -s "$ANSWER"
}

# is_downloaded: all of what was under way when the stop came.
is_downloaded()
{
	job_ends_with 0 "$REQUEST"
	is $((32 << 20)) stat -c %s "$ANSWER"
}

# stops_with STATUS: by itself, within the time that docker stop gives.
stops_with()
{
	docker stop "$C"
	ends_with "$1"
	refute has_logged 'after the grace period'
}

# first_in_log PATTERN: what of the log is so first, as grep -E knows it.
first_in_log()
{
	log | grep -oE -m1 -e "$1"
}

@test "nginx: a download under way is finished" {
	start_gallery nginx
	docker exec "$C" truncate --size 32M /var/www/html/large
	download 80
	stops_with 0
	is_downloaded
}

@test "apache: a download under way is finished" {
	start_gallery apache
	docker exec "$C" truncate --size 32M /var/www/html/large
	download 80
	stops_with 0
	is_downloaded
	has_logged 'caught SIGWINCH, shutting down gracefully'
}

# ask_fastcgi PORT/PATH: what PHP answers, without its headers.
ask_fastcgi()
{
	nsenter --net="/proc/$(init_pid)/ns/net" \
		env SCRIPT_FILENAME=/srv/app.php REQUEST_URI="/${1#*/}" \
		REQUEST_METHOD=GET cgi-fcgi -bind -connect "127.0.0.1:${1%%/*}" |
		sed '1,/^\r$/d'
}

@test "php-fpm: a request under way is answered, and outlives a reload" {
	start_gallery php-fpm
	ask_slowly 9000 ask_fastcgi
	send USR2
	is_answered
	await has_logged 'NOTICE: reloading: execvp'
	await is hello ask_fastcgi 9000/
	await is_ready
	ask_slowly 9000 ask_fastcgi
	stops_with 0
	is_answered
}

# start_haproxy: in front of a server that is a container beside it.
start_haproxy()
{
	start_gallery haproxy
	docker run -d --name "$C-server" --network "container:$C" apps \
		/bin/webapp 8080 0 >/dev/null
	await ask 80/
}

# Requests of which the log says something only when they are answered.
ask_for_what_takes_long()
{
	await is 0 connections_to 8080
	ask 80/slow >"$ANSWER" 3>&- &
	REQUEST=$!
	await is 1 connections_to 8080
}

connections_to()
{
	nsenter --net="/proc/$(init_pid)/ns/net" \
		ss -Hnt state established "dst 127.0.0.1:$1" | wc -l
}

@test "haproxy: requests under way are answered, on a stop and on a reload" {
	start_haproxy
	ask_for_what_takes_long
	send HUP
	await is 2 times_logged 'Loading success'
	is_answered
	await is_ready
	ask_for_what_takes_long
	stops_with 0
	is_answered
}

@test "jvm: a thread dump on QUIT, and a stop is no failure" {
	start_gallery jvm
	has_in_status "$(app_pid java)" Uid $'65534\t65534\t65534\t65534'
	send QUIT
	await has_logged '^Full thread dump OpenJDK'
	ask_slowly 8080
	stops_with 0
	is_answered
	has_said 'all answered, bye'
}

@test "jvm: 143 without a stop is a failure" {
	start_gallery jvm
	kill -TERM "$(app_pid java)"
	ends_with 143
}

sql()
{
	docker exec --user postgres "$C" psql -qAt -c "$1"
}

@test "postgresql: no client holds up the stop, and nothing is recovered" {
	start_gallery postgresql
	sql 'CREATE TABLE kept AS SELECT 7 AS number'
	sql 'SELECT 1, pg_sleep(60)' >/dev/null 2>&1 3>&- &
	await is 1 sql "SELECT count(*) FROM pg_stat_activity
		WHERE query LIKE 'SELECT 1, %' AND state = 'active'"
	stops_with 0
	has_logged 'received fast shutdown request'
	docker start "$C"
	await is healthy state Health.Status
	is 7 sql 'SELECT number FROM kept'
	refute has_logged 'not properly shut down'
}

@test "gunicorn: new requests are served in the drain, old ones after it" {
	local stop

	start_gallery gunicorn -e DINIT_DRAIN=5s -e DINIT_GRACE=4s
	ask_slowly 8000
	docker stop "$C" 3>&- &
	stop=$!
	await has_logged '^dinit: draining for 5s'
	refute is_ready
	is hello ask 8000/
	refute has_logged '^dinit: stopping'
	is_answered
	job_ends_with 0 "$stop"
	ends_with 0
	refute has_logged 'after the grace period'
}

# A worker that is told while it starts does not hear it, and is waited for.
@test "uwsgi: a request under way is answered, and outlives a reload" {
	start_gallery uwsgi -e DINIT_GRACE=30s --stop-timeout 40
	ask_slowly 8000
	send HUP
	is_answered
	await is 2 times_logged '^running "unix_signal:15 .* \(master-start\)'
	ask_slowly 8000
	stops_with 0
	is_answered
	has_logged '^goodbye to uWSGI'
}

# A worker that has got a TERM of its own before gunicorn looks at its signals
# would be replaced, and the new one, which can miss its TERM, be waited for.
@test "gunicorn: its workers are told by gunicorn alone" {
	start_gallery gunicorn -e DINIT_DRAIN=0
	stops_with 0
	is 'Handling signal: term' first_in_log \
		'Handling signal: term|Worker exiting'
}

@test "static: FROM scratch, with a user and a capability of its own" {
	start_gallery static
	has_in_status "$(app_pid web)" Uid $'65534\t65534\t65534\t65534'
	has_in_status "$(app_pid web)" CapEff 0000000000000400
	ask_slowly 80
	stops_with 0
	is_answered
	has_logged 'all answered, bye$'
}

@test "cron: a job that has begun is done, and is in the log" {
	start_gallery cron
	await has_said 'begun: start'
	stops_with 0
	has_said 'done: start'
}

@test "worker: the jobs in hand are done, the others are left" {
	local jobs=$BATS_TEST_TMPDIR/jobs job

	mkdir "$jobs"
	for job in 1 2 3; do
		echo 5 >"$jobs/$job"
	done
	start_gallery worker --volume "$jobs:/var/spool/jobs"
	await has_said 'begun: 1'
	await has_said 'begun: 2'
	stops_with 0
	is $'1.done\n2.done\n3' ls "$jobs"
	has_said 'all done that was begun, bye'
}

@test "worker: one that hangs ends with 123, and is started again" {
	local jobs=$BATS_TEST_TMPDIR/jobs

	mkdir "$jobs"
	start_gallery worker --volume "$jobs:/var/spool/jobs" \
		--restart on-failure:1 -e DINIT_WATCHDOG=1s \
		-e DINIT_RECOVERY_BUDGET=1s
	kill -STOP "$(app_pid python3)"
	await is 1 restarts
	has_logged '^dinit: warn: unhealthy, .* has sent no WATCHDOG=1 for 1'
	has_logged '^dinit: error: not ready again within the recovery budget'
	await is healthy state Health.Status
	echo 0 >"$jobs/1"
	await test -e "$jobs/1.done"
}

# start_celery OPTION... IMAGE [ARG]...: with a broker beside it, and a task begun.
start_celery()
{
	needs_image celery
	start "$@"
	nsenter --net="/proc/$(init_pid)/ns/net" \
		redis-server --save '' --logfile "$BATS_TEST_TMPDIR/redis" 3>&- &
	PATIENCE=120 await is_ready
	docker exec "$C" python3 -m celery --app=tasks call tasks.work \
		--args='[3]'
	await has_logged ' begun$'
}

@test "celery: the task in hand is done" {
	start_celery gallery/celery
	docker stop --time 40 "$C"
	ends_with 0
	has_logged ' done$'
}

# Only what the shell runs as COMMAND is told at first, and then all the rest.
@test "celery: a shell in front of it breaks tasks off" {
	start_celery -e DINIT_NOTIFY=all gallery/celery \
		/bin/sh -c 'python3 -m celery --app=tasks worker; exit'
	docker stop --time 40 "$C"
	ends_with 143
	refute has_logged ' done$'
	has_logged "exited with 'signal 15"
}

@test "celery: one behind a shell that execs it is as one without" {
	start_celery gallery/celery \
		/bin/sh -c 'true && exec python3 -m celery --app=tasks worker'
	docker stop --time 40 "$C"
	ends_with 0
	has_logged ' done$'
}

@test "node: what is under way is answered, though npm ends before" {
	start_gallery node
	ask_slowly 3000
	stops_with 0
	is_answered
	has_said 'dinit: the app ended, exit status 143'
	has_said 'all answered, bye'
}

# query SQL [OPTION]...: as the app of the image.
query()
{
	docker exec "$C" mariadb --user=app --password=secret -N -e "$@" app
}

@test "mariadb: no client holds up the stop, and what is committed is kept" {
	start_gallery mariadb -e APP_PASSWORD=secret --stop-timeout 70
	query 'CREATE TABLE kept AS SELECT 7 AS number'
	query 'SELECT SLEEP(60)' >/dev/null 2>&1 3>&- &
	await is 1 query "SELECT COUNT(*) FROM information_schema.processlist
		WHERE info = 'SELECT SLEEP(60)'"
	stops_with 0
	docker start "$C"
	await is 7 query 'SELECT number FROM kept'
	refute has_logged 'Starting crash recovery'
}

# The client that sets the temporary server up hangs, until it is replaced by the
# one of the image.
@test "mariadb: a stop while it is set up ends that, and the next start does it" {
	local bin=$BATS_TEST_TMPDIR/bin

	needs_image mariadb
	mkdir "$bin"
	printf '%s\n' '#!/bin/sh' 'echo held' 'exec sleep 1000' >"$bin/mariadb"
	chmod +x "$bin/mariadb"
	start -e APP_PASSWORD=secret --stop-timeout 70 \
		--volume "$bin:/usr/local/sbin" gallery/mariadb
	await has_said held
	refute is_ready
	docker stop "$C"
	await is exited state Status
	refute has_logged 'after the grace period'
	rm "$bin/mariadb"
	docker start "$C"
	await is_ready
	is 1 query 'SELECT 1'
}

@test "sandbox: the work is told to stop, and has the time to save itself" {
	start gallery/sandbox
	docker exec --user agent "$C" sh -c "
		trap 'sleep 1; echo saved >saved; exit' TERM
		setsid sleep 1000 &
		touch begun; wait" 3>&- &
	await docker exec "$C" test -e begun
	stops_with 0
	docker cp "$C:/home/agent/saved" "$ANSWER"
	is saved cat "$ANSWER"
}

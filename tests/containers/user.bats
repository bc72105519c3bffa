#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# --user and --own beside the engines' own --user: the same image, once with
# dinit and once without it.

# shellcheck disable=SC2034 # ENGINE, as support.bash has it
load support

PACKAGES='nginx-light redis-server postgresql-15'

# build NAME PACKAGE...: a Debian with these.
build()
{
	local log=$BATS_FILE_TMPDIR/$1.log

	docker build --network host --tag "user/$1" - >"$log" 2>&1 3>&- <<-END ||
		FROM debian:bookworm-slim
		RUN apt-get update && \
		    apt-get install -y --no-install-recommends ${*:2}
		RUN useradd --uid 1000 --create-home app && \
		    usermod --append --groups adm,www-data app && \
		    ln -sf /dev/stdout /var/log/nginx/access.log && \
		    ln -sf /dev/stderr /var/log/nginx/error.log || true
	END
		{ cat "$log"; return 1; }
}

# With dinit in them, and once more for Podman.
setup_file()
{
	local ENGINE=docker

	export DOCKER_BUILDKIT=0
	export NO_IMAGE=$NO_DOCKER
	[[ -x $(command -v debootstrap) ]] ||
		NO_IMAGE=${NO_IMAGE:-there is no debootstrap here}
	[[ -z $NO_IMAGE ]] || return 0
	make_base
	# shellcheck disable=SC2086 # words
	build servers $PACKAGES || return
	[[ -n $NO_PODMAN ]] || {
		docker create --name copied user/servers true >/dev/null
		docker export copied | podman import - user/servers >/dev/null
		docker rm copied >/dev/null
	}
}

# use ENGINE: the engine of the test.
use()
{
	"use_$1"
	[[ -z $NO_IMAGE ]] || go_without "$NO_IMAGE"
	WITH=(-v "$DINIT:/sbin/dinit:ro" --entrypoint /sbin/dinit)
}

# shellcheck disable=SC2016 # for the shell in the container
#
# Who it is, and whether it can open its streams. Each line is written at once:
# what goes to the other stream may come between two writes.
ASK='id -u; echo $(id -G | tr " " "\n" | sort -n); echo $HOME
echo out >/dev/stdout && echo error >/dev/stderr'

# says OPTION...: what a container with these says. The order of its two streams
# is not kept by Docker.
says()
{
	"$ENGINE" run --rm --network none "$@" 2>&1 | tr -d '\r' | sort
}

# agrees USER [OPTION]...: dinit does for USER what the engine does.
agrees()
{
	local theirs ours

	theirs=$(says --user "$1" "${@:2}" user/servers /bin/sh -c "$ASK")
	ours=$(says "${WITH[@]}" "${@:2}" user/servers "--user=$1" -- \
		/bin/sh -c "$ASK")
	printf '%s\n' "--user $*:" "$theirs" 'and with dinit:' "$ours"
	grep -qx out <<<"$ours"
	grep -qx error <<<"$ours"
	[[ $theirs == "$ours" ]]
}

# The cases of both engines, as each has rules of its own.
agrees_in_all()
{
	agrees app
	agrees app:www-data
	agrees 1000
	agrees 4000:4001
	agrees app --group-add 2000
	agrees app:app --group-add 2000 --group-add audio
	agrees app --env HOME=/image
	agrees 4000 --env HOME=/image
	agrees app --tty
}

@test "Docker: --user is as the engine's own" {
	use docker
	agrees_in_all
}

@test "Podman: --user is as the engine's own" {
	use podman
	agrees_in_all
}

# starts_nginx [OPTION]...: with its logs on the streams.
starts_nginx()
{
	start "${WITH[@]}" -v "$BATS_TEST_TMPDIR/nginx.conf:/nginx.conf" "$@" \
		user/servers --user=www-data \
		--own=/var/lib/nginx --ready-file=/run/dinit/ready \
		'--health-cmd=["/sbin/dinit","--probe=http://127.0.0.1:8080/none"]' \
		-- nginx -c /nginx.conf
	await has_logged '"GET /none HTTP/1.[01]" 404'
	has_logged '\[error\].*/none. failed'
	"$ENGINE" rm -f "$C" >/dev/null
}

nginx_starts()
{
	starts_nginx
	starts_nginx --tty
	starts_nginx --cap-drop CHOWN -v "$BATS_TEST_TMPDIR/own:/var/lib/nginx"
	starts_nginx --cap-drop CHOWN --tty \
		-v "$BATS_TEST_TMPDIR/own:/var/lib/nginx"
}

# The folder that cannot be given is right already.
make_files()
{
	cat >"$BATS_TEST_TMPDIR/nginx.conf" <<-END
		daemon off;
		pid /tmp/pid;
		error_log /var/log/nginx/error.log;
		events { }
		http {
			access_log /var/log/nginx/access.log;
			server { listen 8080; }
		}
	END
	mkdir "$BATS_TEST_TMPDIR/own"
	chown 33 "$BATS_TEST_TMPDIR/own"
}

@test "Docker: nginx has its logs on /dev/stdout and /dev/stderr" {
	use docker
	make_files
	nginx_starts
}

@test "Podman: nginx has its logs on /dev/stdout and /dev/stderr" {
	use podman
	make_files
	nginx_starts
}

@test "redis keeps its data on a fresh volume of root's" {
	use docker
	mkdir -m 755 "$BATS_TEST_TMPDIR/fresh"
	start "${WITH[@]}" -v "$BATS_TEST_TMPDIR/fresh:/data" user/servers \
		--user=redis --own=/data/redis,/data -- \
		redis-server --dir /data --appendonly yes
	await docker exec "$C" redis-cli set kept 7
	docker stop "$C"
	ends_with 0
	docker start "$C"
	await is 7 docker exec "$C" redis-cli get kept
}

@test "postgres makes its database on a fresh volume of root's" {
	use docker
	mkdir -m 755 "$BATS_TEST_TMPDIR/fresh"
	start "${WITH[@]}" -v "$BATS_TEST_TMPDIR/fresh:/data" \
		-e PGDATA=/data/main -e PATH=/usr/lib/postgresql/15/bin:/bin \
		-e DINIT_OWN=/data,/run/postgresql -e DINIT_REWRITE=TERM:INT \
		-e DINIT_USER=postgres user/servers \
		/bin/sh -c 'initdb -A trust && exec postgres'
	await docker exec "$C" pg_isready -q
	docker stop "$C"
	ends_with 0
}

@test "a volume that stays somebody else's is refused with its owner" {
	use docker
	mkdir -m 755 "$BATS_TEST_TMPDIR/theirs"
	start "${WITH[@]}" -v "$BATS_TEST_TMPDIR/theirs:/data:ro" user/servers \
		--user=redis --own=/data -- true
	ends_with 125
	has_logged '^dinit: error: --own: /data: uid [0-9]+ cannot write there: Permission denied; it belongs to uid 0 .*: Read-only file system$'
}

# Its files are some 300 MB, so not with each run.
@test "chromium as www-data takes its screenshot" {
	needs_full
	use docker
	build chromium chromium
	start "${WITH[@]}" -e HOME=/tmp user/chromium --user=www-data \
		--own=/shots -- chromium --headless --no-sandbox --disable-gpu \
		--disable-dev-shm-usage --screenshot=/shots/page.png \
		'data:text/html,<h1>here</h1>'
	ends_with 0
	docker cp "$C:/shots/page.png" "$BATS_TEST_TMPDIR/page.png"
	is $'\x89PNG' head -c 4 "$BATS_TEST_TMPDIR/page.png"
}

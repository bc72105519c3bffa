#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What the entrypoint of MariaDB's image does: as another user, a temporary
# server without a network, which sets the database up in FOLDER, and then the
# real one in place of this script.
#
#	mariadb.sh FOLDER

set -euo pipefail
folder=$1

if [[ $(id -u) == 0 ]]; then
	exec setpriv --reuid=mysql --regid=mysql --clear-groups "$0" "$folder"
fi
server=(mariadbd --no-defaults "--datadir=$folder/db" --port=3306
	--bind-address=127.0.0.1 "--socket=$folder/socket"
	"--pid-file=$folder/pid")
client=(mariadb --no-defaults -uroot -S "$folder/socket")

NOTIFY_SOCKET='' mariadb-install-db --no-defaults "--datadir=$folder/db" \
	--auth-root-authentication-method=normal --skip-test-db >/dev/null
"${server[@]}" --skip-networking &
until "${client[@]}" -e 'SELECT 1' >/dev/null 2>&1; do
	sleep 0.1
done
"${client[@]}" -e 'CREATE DATABASE app; CREATE TABLE app.words (word TEXT)'
# Readiness that came too early has time to be seen.
sleep 2
"${client[@]}" -e "INSERT INTO app.words VALUES ('ready')"
kill %1
wait
exec "${server[@]}"

#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# A container of MariaDB is ready when the real server is, and not the temporary
# one that sets the database up.

load support

setup()
{
	needs mariadbd mariadb mariadb-install-db setpriv
}

@test "MariaDB: the temporary server of the initialisation does not count" {
	local data=$BATS_TEST_TMPDIR/data answer

	install -d -o mysql "$data"
	chmod a+x "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR"
	container database DINIT_NOTIFY=yes -- "$APPS/mariadb.sh" "$data"
	becomes_ready database
	answer=$(mariadb --no-defaults -uroot -h127.0.0.1 -P3306 -Ne \
		'SELECT word FROM app.words')
	[[ $answer == ready ]]
	has_logged database \
		'^dinit: warn: READY=1 of process [0-9]+ [(]mariadbd[)] '
	send database TERM
	ends_with database 0
}

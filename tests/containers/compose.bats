#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What README.md and dinit-engines(7) say about Compose.

load support

setup()
{
	use_docker
	[[ -x $(command -v docker-compose) ]] ||
		go_without 'there is no docker-compose here'
}

compose()
{
	timeout 60 docker-compose --project-name test \
		--file "$BATS_TEST_TMPDIR/compose.yaml" "$@" 3>&-
}

# write_project START_MS CONDITION: the web process takes so long to serve, and
# the worker, which waits for CONDITION, ends with 1 if it does not.
write_project()
{
	cat >"$BATS_TEST_TMPDIR/compose.yaml" <<-END
		version: "2.4"
		services:
		  web:
		    image: entrypoint
		    container_name: $C
		    network_mode: none
		    command: [/bin/webapp, "8080", "$1"]
		    environment:
		      DINIT_HEALTH_CMD: '["/bin/webapp","get","8080","/"]'
		      DINIT_DRAIN: 500ms
		    stop_grace_period: 20s
		    healthcheck:
		      test: ["CMD", "/sbin/dinit", "--is-ready"]
		      interval: 200ms
		      start_period: 60s
		      retries: 1
		  worker:
		    image: entrypoint
		    container_name: $C-worker
		    network_mode: service:web
		    command: [/bin/webapp, get, "8080", /]
		    depends_on:
		      web: { condition: $2 }
	END
}

@test "Compose starts what depends on dinit's health only when it is ready" {
	write_project 1000 service_healthy
	compose up -d
	C=$C-worker ends_with 0
	compose stop
	ends_with 0
	has_logged '^dinit: draining for 500ms'
}

@test "Compose starts what depends on a start alone too early" {
	write_project 60000 service_started
	compose up -d
	C=$C-worker ends_with 1
}

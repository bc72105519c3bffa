# SPDX-License-Identifier: MIT
#
# An image that holds /sbin/dinit and its licenses, and nothing else:
#
#	FROM your/app
#	COPY --from=dinit /sbin/dinit /sbin/dinit
#	ENTRYPOINT ["/sbin/dinit","--"]
#
# The build leaves the compilers and libraries behind, some 350 MB beside its
# base: `docker builder prune` removes them, or `docker image prune` after a build
# with DOCKER_BUILDKIT=0.
#
# It runs the tests that the builder's sandbox allows, which is hardly more than
# the unit tests: nine of ten end-to-end tests need namespaces or servers. The
# lines "Skipped" in its log count them, with --progress=plain. `make check`, as
# root on a machine, runs nearly all.
#
# Debian's release goes with the library versions pinned in the Makefile.
FROM debian:bookworm-slim AS build
WORKDIR /src

# Packages and libraries first: they change less often than dinit.
COPY Makefile ./
COPY tests/deps.sh tests/musl-libraries.sh tests/
RUN apt-get update && apt-get install -y --no-install-recommends make && \
    make deps LIBC=musl && make musl-libraries LIBC=musl PINNED=1 && \
    apt-get clean && rm -rf /var/lib/apt/lists/*

COPY . .
# `dinit --version` names COMMIT, or without it what .git says. There are no tests
# under qemu, where buildx builds for another platform: they would skip too much.
ARG COMMIT=
ARG BUILDPLATFORM
ARG TARGETPLATFORM
RUN set -e; \
    build() { \
        make -j"$(nproc)" LIBC=musl COMMIT="${COMMIT:-$(tests/commit.sh)}" "$@"; \
    }; \
    build; \
    if [ "$BUILDPLATFORM" = "$TARGETPLATFORM" ]; then \
        make -j"$(nproc)" check-unit; build check-e2e; \
    else echo "for $TARGETPLATFORM, built on $BUILDPLATFORM: no tests"; fi; \
    build install-strip DESTDIR=/image prefix=; \
    cd /image/usr/share; rm -r man bash-completion zsh fish

FROM scratch
ARG COMMIT=
LABEL org.opencontainers.image.title="dinit" \
    org.opencontainers.image.description="minimal PID 1 for containers" \
    org.opencontainers.image.licenses="MIT AND BSD-3-Clause AND LGPL-2.1-only" \
    org.opencontainers.image.version="0.2.0" \
    org.opencontainers.image.revision="$COMMIT"
COPY --from=build /image/ /
ENTRYPOINT ["/sbin/dinit","--"]

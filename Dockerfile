# SPDX-License-Identifier: MIT
#
# An image that holds /sbin/dinit and its licenses, and nothing else:
#
#	FROM your/app
#	COPY --from=dinit /sbin/dinit /sbin/dinit
#	ENTRYPOINT ["/sbin/dinit","--"]
#
# Debian's release goes with the library versions pinned in the Makefile.
FROM debian:bookworm-slim AS build
WORKDIR /src
RUN apt-get update && apt-get install -y --no-install-recommends make

# Packages and libraries first: they change less often than dinit.
COPY Makefile ./
COPY tests/deps.sh tests/musl-libraries.sh tests/
RUN make deps LIBC=musl
RUN make musl-libraries LIBC=musl

COPY . .
RUN make LIBC=musl

# What the builder's sandbox denies (user namespaces, say), tests skip; under
# qemu, where buildx builds for another platform, there is too much of that.
ARG BUILDPLATFORM
ARG TARGETPLATFORM
RUN if [ "$BUILDPLATFORM" = "$TARGETPLATFORM" ]; then \
        make check-unit && make LIBC=musl check-e2e; \
    else echo "for $TARGETPLATFORM, built on $BUILDPLATFORM: no tests"; fi

ARG COMMIT=
RUN make LIBC=musl COMMIT="$COMMIT" install-strip DESTDIR=/image prefix= && \
    cd /image/usr/share && rm -r man bash-completion zsh fish

FROM scratch
ARG COMMIT=
LABEL org.opencontainers.image.title="dinit" \
    org.opencontainers.image.description="minimal PID 1 for containers" \
    org.opencontainers.image.licenses="MIT AND BSD-3-Clause AND LGPL-2.1-only" \
    org.opencontainers.image.version="0.2.0" \
    org.opencontainers.image.revision="$COMMIT"
COPY --from=build /image/ /
ENTRYPOINT ["/sbin/dinit","--"]

# SPDX-License-Identifier: MIT
#
# An image that holds /sbin/dinit and nothing else:
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

# What the builder's sandbox denies (user namespaces, say), tests skip.
COPY . .
RUN make LIBC=musl
RUN make check-unit
RUN make LIBC=musl check-e2e
RUN make LIBC=musl install-strip DESTDIR=/image prefix=

FROM scratch
COPY --from=build /image/sbin/dinit /sbin/dinit
ENTRYPOINT ["/sbin/dinit","--"]

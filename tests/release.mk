# SPDX-License-Identifier: MIT
#
# What is handed out, in build/release: see tests/release. The compiler for
# another architecture is put together from the distribution's packages.
# Included by the Makefile.

.PHONY: release deb check-release

RELEASE_PACKAGES = musl-tools gperf dpkg-dev python3 bats debootstrap \
	gcc-aarch64-linux-gnu libc6-dev-arm64-cross lintian qemu-user-static
git = $(shell git $(1) 2>/dev/null)
RELEASE_ENV = COMMIT='$(or $(COMMIT),$(call git,rev-parse --short=12 HEAD))' \
	SOURCE_DATE_EPOCH=$(or $(SOURCE_DATE_EPOCH),$(call \
	git,log -1 --format=%ct),0)
release:
	@tests/deps.sh $(PACKAGES) $(RELEASE_PACKAGES)
	@$(RELEASE_ENV) tests/release/release.sh build/release $(VERSION) \
		libcap2=$(LIBCAP_VERSION) libseccomp=$(LIBSECCOMP_VERSION) \
		jansson=$(JANSSON_VERSION)

# As dinit-init: another program has the name dinit in Debian.
deb: release
	@$(RELEASE_ENV) tests/release/deb.sh build/release $(VERSION)

check-release: deb
	@$(RELEASE_ENV) bats $(TEST_ARGS) tests/release

# SPDX-License-Identifier: MIT
#
#	make			build/dinit, static, with the libc at hand
#	make LIBC=musl		build/musl/dinit, as it is shipped
#	make check		unit and end-to-end tests; installs what they need
#	make demo		what dinit does, on one screen; installs a compiler
#				and the libraries
#	make install		prefix, DESTDIR and the like as everywhere
#
# CC CFLAGS CPPFLAGS LDFLAGS LDLIBS are yours. Other switches:
#
#	O=DIR			build there, next to other builds
#	ARCH=NAME		with LIBC=musl: for another machine (see MACHINE_...)
#	STATIC=0		link dynamically, for distributions
#	PINNED=1		with LIBC=musl: no library in another version
#	PIE=0			at a fixed address: smaller, less hardened
#	SANITIZE=LIST		as in -fsanitize=LIST; needs STATIC=0
#	DINIT=FILE		run the end-to-end tests on this one
#	TEST_ARGS=ARGS		for Criterion, as --filter='spawn/*', or bats
#	NO_SKIP=1		tests under engines fail where they would skip
#	V=1			show the commands

VERSION := 0.2.0
# What a release is built for, as Debian calls them.
ARCHITECTURES ?= amd64 arm64 armhf i386 ppc64el riscv64 s390x
# What a release was built from; `dinit --version` shows it.
COMMIT :=

# The libraries whose sources LIBC=musl fetches: their versions in Debian 12,
# which releases have. Where apt offers others, LIBC=musl takes these, and says
# so, unless PINNED is set.
LIBCAP_VERSION := 2.66
LIBSECCOMP_VERSION := 2.5.4
JANSSON_VERSION := 2.14
MUSL_VERSION := 1.2.3
LIBRARY_VERSIONS = $(if $(CROSS),musl=$(MUSL_VERSION)) libcap2=$(LIBCAP_VERSION) \
	libseccomp=$(LIBSECCOMP_VERSION) jansson=$(JANSSON_VERSION)

# Where their source packages are, if not to be fetched: a release's archive of
# sources has them in this folder.
LIBRARY_SOURCES := $(wildcard libraries)

# The machines that there are releases for, by their names in Debian.
MACHINE_amd64 := x86_64-linux-gnu
MACHINE_arm64 := aarch64-linux-gnu
MACHINE_armhf := arm-linux-gnueabihf
MACHINE_i386 := i686-linux-gnu
MACHINE_ppc64el := powerpc64le-linux-gnu
MACHINE_riscv64 := riscv64-linux-gnu
MACHINE_s390x := s390x-linux-gnu

LIBC :=
ARCH :=
O := build$(if $(LIBC),/$(LIBC))$(addprefix -,$(ARCH))
PINNED :=
STATIC := 1
# With musl position-independent code costs PID 1 4 KiB of anonymous memory, in
# each of a thousand containers. A random address would protect little there:
# hardly any foreign input gets to PID 1.
PIE := $(if $(LIBC),0,1)
SANITIZE :=
DINIT := $(O)/dinit
# More at once than there are cores: most of these tests wait most of the time.
E2E_JOBS := 8
TEST_ARGS :=

CFLAGS = $(if $(LIBC),$(SMALL),-O2) -g
PKG_CONFIG = pkg-config
INSTALL = install
INSTALL_PROGRAM = $(INSTALL)
INSTALL_DATA = $(INSTALL) -m 644

prefix = /usr/local
exec_prefix = $(prefix)
sbindir = $(exec_prefix)/sbin
# With an empty prefix the program is /sbin/dinit, but nothing belongs in /share.
datarootdir = $(or $(prefix),/usr)/share
mandir = $(datarootdir)/man
man7dir = $(mandir)/man7
man8dir = $(mandir)/man8
docdir = $(datarootdir)/doc/dinit

# --- Flags: ours first, so that yours can overrule them ----------------------

# $(call once,NAME,VALUE) evaluates VALUE when NAME is first used, and only then:
# `make deps` has to work where neither compiler nor pkg-config exist yet.
once = $(eval $(1) := $(2))$($(1))
MACHINE = $(call once,MACHINE,$(or $(shell $(BASE_CC) -dumpmachine),\
	$(error Cannot run $(BASE_CC). \
	Try: make deps$(if $(LIBC), LIBC=musl)$(if $(ARCH), ARCH=$(ARCH)))))
# ARCH, unless it is this machine.
CROSS = $(if $(ARCH),$(call once,CROSS,$(filter-out $(shell \
	dpkg --print-architecture),$(ARCH))))
CROSS_MACHINE = $(or $(MACHINE_$(CROSS)),\
	$(error ARCH is not one of $(ARCHITECTURES)))

WARNINGS = -Wall -Wextra -Wconversion -Wshadow -Wundef -Wvla -Wformat=2 \
	-Wswitch-enum -Wstrict-prototypes -Wmissing-prototypes \
	-Wold-style-definition -Wpointer-arith -Wwrite-strings
# The option for small code; gcc before 12 does not know -Oz.
SMALL = $(call once,SMALL,$(shell \
	$(BASE_CC) -Oz -E -xc /dev/null >/dev/null 2>&1 && echo -Oz || echo -Os))
# Not with musl, which has no _FORTIFY_SOURCE, nor with ASan, which has its own
# checks, nor with -O0, where glibc's headers only warn.
FORTIFY = $(if $(LIBC)$(SANITIZE),,$(if $(filter-out \
	-O0,$(filter -O%,$(CFLAGS))),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2))
# -fcf-protection is of no use with musl, which never turns the feature on.
HARDENING = -fstack-protector-strong $(FORTIFY) \
	$(if $(LIBC),,$(if $(filter x86_64%,$(MACHINE)),-fcf-protection))
SANITIZER = $(if $(SANITIZE),-fsanitize=$(SANITIZE) \
	-fno-sanitize-recover=all -fno-omit-frame-pointer)
CODE = $(if $(filter 1,$(PIE)),-fPIE,-fno-pie) \
	-ffunction-sections -fdata-sections \
	$(if $(LIBC),-fno-jump-tables -fno-asynchronous-unwind-tables \
	$(CODE_$(firstword $(subst -, ,$(MACHINE)))))
# libgcc would ask __getauxval, which musl has not got, how to do atomics.
CODE_aarch64 = -mno-outline-atomics
# As musl has it.
CODE_powerpc64le = -mlong-double-64

# LINK_<STATIC><PIE>
LINK_00 = -no-pie
LINK_01 = -pie
LINK_10 = -static -no-pie
LINK_11 = -static-pie

LIBRARIES = libcap libseccomp jansson
ifeq ($(LIBC),)
$(if $(ARCH),$(error ARCH needs LIBC=musl))
BASE_CC = $(CC)
DINIT_CC = $(CC)
LIBRARIES_CFLAGS = $(call once,LIBRARIES_CFLAGS,$(shell \
	$(PKG_CONFIG) --cflags $(LIBRARIES)))
LIBRARIES_LIBS = $(call once,LIBRARIES_LIBS,$(or $(shell $(PKG_CONFIG) \
	$(if $(filter 1,$(STATIC)),--static) --libs $(LIBRARIES)),\
	$(error Cannot find $(LIBRARIES). Try: make deps)))
else ifeq ($(LIBC),musl)
# For another machine musl is built first, and the rest with its musl-gcc.
BASE_CC = $(if $(CROSS),$(CROSS_MACHINE)-gcc,musl-gcc)
DINIT_CC = $(if $(CROSS),$(MUSL)/bin/musl-gcc,musl-gcc)
MUSL = $(O)/libraries$(if $(filter 1,$(PIE)),-pie)
MUSL_BUILT = $(MUSL)/built-$(subst $() ,-,$(LIBCAP_VERSION) \
	$(LIBSECCOMP_VERSION) $(JANSSON_VERSION)$(if $(CROSS), $(MUSL_VERSION)))
LIBRARIES_CFLAGS = -isystem $(MUSL)/include
LIBRARIES_LIBS = -L$(MUSL)/lib -lcap -lseccomp -ljansson
LAYOUT = $(O)/layout.ld
LINK_10 += -Wl,-T,$(LAYOUT),-z,noseparate-code
# Debian's musl-gcc does not know -static-pie; this is what it stands for.
LINK_11 = -static -nostartfiles -Wl,-pie,--no-dynamic-linker,-z,text \
	$(if $(CROSS),$(MUSL)/lib,/usr/lib/$(MACHINE:-gnu=-musl))/rcrt1.o
else
$(error LIBC is either musl or empty, not $(LIBC))
endif

# On machines of 32 bits glibc has 64 for offsets and times only on demand.
FEATURES = -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64
DINIT_CFLAGS = -std=c17 $(FEATURES) -DDINIT_VERSION='"$(VERSION)"' \
	-DDINIT_COMMIT='"$(COMMIT)"' -iquote init $(LIBRARIES_CFLAGS) $(CODE) \
	$(WARNINGS) $(HARDENING) $(SANITIZER) $(CPPFLAGS) $(CFLAGS)
DINIT_LDFLAGS = $(LINK_$(STATIC)$(PIE)) $(SANITIZER) -Wl,--gc-sections \
	-Wl,-z,relro,-z,now,-z,noexecstack $(CFLAGS) $(LDFLAGS)
TEST_CFLAGS = -std=c17 $(FEATURES) -DSOURCE_DIR='"$(CURDIR)"' \
	-iquote init -Wall -Wextra $(CPPFLAGS) $(CFLAGS)
# Before 2.34 glibc had libraries of their own for threads and terminals.
TEST_LIBS = $(shell $(PKG_CONFIG) --libs criterion jansson) -pthread -lutil

# In front of a command: shows what it makes instead of the command, unless V=1.
run = $(if $(V),,@echo '  $(1) $@' &&)

# --- Program ----------------------------------------------------------------

OBJECTS = $(patsubst init/%.c,$(O)/%.o,$(wildcard init/*.c init/*/*.c))
test_objects = $(patsubst tests/%.c,$(O)/%.o,$(wildcard tests/$(1)/*.c \
	tests/$(1)/*/*.c))
# The manual and the table of options are the same for every libc.
UNIT_OBJECTS = $(filter-out $(if $(LIBC),%/documentation.o),\
	$(call test_objects,unit))
E2E_OBJECTS = $(filter-out $(O)/e2e/apps/%,$(call test_objects,e2e))
APPS = $(patsubst tests/e2e/%.c,$(O)/%,$(wildcard tests/e2e/apps/*.c))

.DELETE_ON_ERROR:
.PHONY: all apps check demo deps deps-build install install-strip uninstall \
	clean FORCE musl-libraries $(addprefix check-,unit e2e headers purity man scripts)

all: $(O)/dinit

# Linked again when somebody has put another library in the place of one of these.
$(O)/dinit: $(OBJECTS) $(LAYOUT) $(if $(LIBC),$(wildcard $(MUSL)/lib/*.a))
	$(call run,LD) $(DINIT_CC) $(DINIT_LDFLAGS) -o $@ $(OBJECTS) \
		$(LIBRARIES_LIBS) $(LDLIBS)

$(O)/layout.ld: init/layout.ld $(O)/flags $(MUSL_BUILT)
	$(call run,CPP) $(DINIT_CC) -E -P -undef -x c -o $@ $<

# What dinit is linked with, and the notices of that, for who hands it on.
$(O)/components: tests/components.sh $(O)/flags $(MUSL_BUILT)
	$(call run,GEN) $< $(if $(LIBC),$(MUSL)) >$@

$(O)/NOTICES: tests/notices.sh LICENSE $(O)/components
	$(call run,GEN) $< $(VERSION) $(O)/components \
		$(if $(LIBC),$(MUSL)) >$@

# Its lines, as a string in C.
CFLAGS_license.o = -DDINIT_COMPONENTS='$(shell sed \
	's/^\([^ ]* [^ ]*\) \([^ ]*\) \(.*\)/"  \1: \2, (c) \3\\n"/' \
	$(O)/components)'
$(O)/settings/license.o: $(O)/components

COMPLETIONS = $(addprefix $(O)/completion.,bash zsh fish)

# By $(DINIT), as a program for another machine may not run here.
$(COMPLETIONS): $(O)/completion.%: man/completion.sh $(DINIT)
	$(call run,GEN) help=$$($(DINIT) --help) && \
		printf '%s\n' "$$help" | $< $* >$@

$(O)/%.o: init/%.c $(O)/flags $(MUSL_BUILT)
	$(call run,CC) $(DINIT_CC) $(DINIT_CFLAGS) $(CFLAGS_$(@F)) -MMD -MP -c \
		-o $@ $<

# This file changes when the flags do, and all that depends on it is made again.
FLAGS = $(subst ','\'',$(DINIT_CC) $(DINIT_CFLAGS) $(DINIT_LDFLAGS) \
	$(LIBRARIES_LIBS))
$(O)/flags: FORCE
	@mkdir -p $(sort $(dir $(OBJECTS) $(UNIT_OBJECTS) $(E2E_OBJECTS) $(APPS)))
	@echo '*' >build/.gitignore
	@echo '$(FLAGS)' | cmp -s - $@ || echo '$(FLAGS)' >$@

musl-libraries: $(MUSL_BUILT)

$(MUSL_BUILT): tests/musl-libraries.sh
	@echo '  libraries for musl, from the distribution'\''s sources' && \
	CC=$(BASE_CC) CFLAGS='$(SMALL) $(CODE)' PINNED=$(PINNED) \
		LIBRARY_SOURCES=$(LIBRARY_SOURCES) $< $(MUSL) $(LIBRARY_VERSIONS)
	@touch $@

# --- Tests ------------------------------------------------------------------

# One program with all of dinit but its main.c, dynamically linked. With musl it
# is static, and has a small runner in the place of Criterion, which needs glibc.
ifeq ($(LIBC),)
UNIT_CC = $(CC) $(SANITIZER)
UNIT_CFLAGS = $(TEST_CFLAGS)
UNIT_LINK = $(LINK_0$(PIE))
UNIT_RUNNER = $(O)/skips.o
UNIT_LIBS = $(shell $(PKG_CONFIG) --libs $(LIBRARIES)) $(TEST_LIBS)
else
UNIT_CC = $(DINIT_CC)
UNIT_CFLAGS = -Itests/architectures $(LIBRARIES_CFLAGS) $(TEST_CFLAGS)
UNIT_LINK = -static -no-pie
UNIT_RUNNER = $(O)/criterion.o
UNIT_LIBS = $(LIBRARIES_LIBS)
endif

$(O)/unit-tests: $(UNIT_OBJECTS) $(UNIT_RUNNER) $(filter-out $(O)/main.o,$(OBJECTS))
	$(call run,LD) $(UNIT_CC) $(UNIT_LINK) $(LDFLAGS) -o $@ $^ $(UNIT_LIBS) \
		$(LDLIBS)

$(O)/unit/%.o: tests/unit/%.c $(O)/flags $(MUSL_BUILT)
	$(call run,CC) $(UNIT_CC) $(CODE) -iquote tests/unit $(UNIT_CFLAGS) \
		-MMD -MP -c -o $@ $<

$(O)/criterion.o: tests/architectures/criterion.c $(O)/flags $(MUSL_BUILT)
	$(call run,CC) $(UNIT_CC) $(CODE) $(UNIT_CFLAGS) -MMD -MP -c -o $@ $<

$(O)/e2e-tests: $(E2E_OBJECTS) $(O)/skips.o
	$(call run,LD) $(CC) $(LDFLAGS) -o $@ $^ $(TEST_LIBS) $(LDLIBS)

$(O)/e2e/%.o: tests/e2e/%.c $(O)/flags
	$(call run,CC) $(CC) $(TEST_CFLAGS) -MMD -MP -c -o $@ $<

# Position-independent, as it is linked into both test programs.
$(O)/skips.o: tests/skips.c $(O)/flags
	$(call run,CC) $(CC) -fPIE $(TEST_CFLAGS) -MMD -MP -c -o $@ $<

# Static, so that they also run in an empty root directory.
$(O)/apps/%: tests/e2e/apps/%.c $(O)/flags
	$(call run,CC) $(CC) $(TEST_CFLAGS) -MMD -MP -static $(LDFLAGS) -o $@ $<

apps: $(APPS)

# Leaks are found after the end of a test; Criterion notices an abort then.
check-unit: $(O)/unit-tests
	$(if $(SANITIZE),ASAN_OPTIONS=abort_on_error=1) $< $(TEST_ARGS)

# LeakSanitizer is off here: it would have to trace dinit, which has locked itself
# down. Nothing else exits with 99.
RUN_ON = DINIT=$(abspath $(DINIT)) APPS=$(abspath $(O)/apps) \
	$(if $(SANITIZE),ASAN_OPTIONS=detect_leaks=0:exitcode=99 \
	UBSAN_OPTIONS=exitcode=99:print_stacktrace=1)
check-e2e: $(DINIT) $(O)/e2e-tests $(APPS)
	$(RUN_ON) $(O)/e2e-tests --jobs $(E2E_JOBS) $(TEST_ARGS)

# Each header compiles alone, and includes nothing from a layer above its own.
check-headers: $(O)/flags $(MUSL_BUILT)
	@tests/layers.sh
	@for header in init/*/*.h; do \
		echo "#include \"$${header#init/}\"" | \
		    $(DINIT_CC) $(DINIT_CFLAGS) -fsyntax-only -x c - || exit; \
	done

# The lifecycle is pure: these are all the functions that it may call.
PURE = __assert_fail __stack_chk_fail _GLOBAL_OFFSET_TABLE_ (__)?mem[a-z]+(_chk)? \
	\.TOC\. _(save|rest)gpr[01]_[0-9]+
check-purity: $(O)/life/lifecycle.o
	@undefined=$$(nm -u $<) && ! echo "$$undefined" | \
		grep -vxE ' +U ($(subst $() ,|,$(PURE)))'

check-man:
	mandoc -T lint -W warning man/*.[78]
	@! grep -nE '^(<<<<<<<|>>>>>>>) ' man/*.[78] README.md */README.md \
		tests/*/README.md

# An older shellcheck, as Debian 11 has it, does not find what scripts source.
check-scripts:
	@if shellcheck -V | grep -qE '^version: 0\.([0-6]\.|7\.[01]$$)'; then \
		echo 'check-scripts: left out: needs shellcheck 0.7.2'; \
	else \
		shellcheck -x -P SCRIPTDIR $$(grep -rlE \
		    '^#!/.*(sh|bats)$$|shell=bash' .ci man/*.sh tests); \
	fi

# Each step is a make of its own. It sees what deps has installed, and under
# make -j no other step takes processors from tests that depend on time.
check: deps
	@$(MAKE) --no-print-directory all check-headers check-man check-scripts
	@$(if $(SANITIZE),,$(MAKE) --no-print-directory check-purity)
	@$(if $(LIBC),,$(MAKE) --no-print-directory check-unit)
	@$(MAKE) --no-print-directory check-e2e

demo: deps-build
	@$(MAKE) --no-print-directory $(DINIT) $(O)/apps/webapp
	@$(RUN_ON) tests/demo/demo.sh

# The unit tests have glibc and its libraries, whatever LIBC is.
GLIBC_PACKAGES = pkg-config libcap-dev libseccomp-dev libjansson-dev
BUILD_PACKAGES = gcc libc6-dev $(if $(findstring clang,$(CC)),clang) \
	$(if $(LIBC),musl-tools gperf dpkg-dev,$(GLIBC_PACKAGES)) \
	$(if $(CROSS),gcc-$(subst _,-,$(CROSS_MACHINE)) \
	linux-libc-dev-$(CROSS)-cross)
TEST_PACKAGES = $(GLIBC_PACKAGES) libcriterion-dev mandoc shellcheck \
	util-linux bsdutils
deps-build:
	@tests/deps.sh $(BUILD_PACKAGES)
deps:
	@tests/deps.sh $(sort $(BUILD_PACKAGES) $(TEST_PACKAGES))

# --- Wider suites -----------------------------------------------------------

# tests/SUITE/run says what a suite needs and does. Its argument is the target.
SUITE = $(@:check-%=%)
SUITE_TARGETS = bench deb format image publish release soak verify \
	$(addprefix check-,analysis architectures budget completion containers \
	coverage faults fuzz lockdown mutations platforms release scenarios)
bench check-budget: SUITE = bench
deb image publish release verify: SUITE = release
format: SUITE = analysis
soak: DINIT = build/musl/dinit

.PHONY: $(SUITE_TARGETS) deps-suites
$(SUITE_TARGETS):
	@O=$(O) DINIT=$(DINIT) MUSL=$(MUSL) VERSION=$(VERSION) \
		ARCHITECTURES='$(ARCHITECTURES)' tests/$(SUITE)/run $@

# Before suites run side by side, as two of them cannot install at once.
deps-suites:
	@for run in tests/*/run; do ARCHITECTURES='$(ARCHITECTURES)' \
		$$run packages || exit; done

# --- Installation -----------------------------------------------------------

bashdir = $(datarootdir)/bash-completion/completions
zshdir = $(datarootdir)/zsh/site-functions
fishdir = $(datarootdir)/fish/vendor_completions.d

install: all $(COMPLETIONS) $(O)/NOTICES
	$(INSTALL) -d $(addprefix $(DESTDIR),$(sbindir) $(man7dir) $(man8dir) \
		$(docdir) $(bashdir) $(zshdir) $(fishdir))
	$(INSTALL_PROGRAM) $(O)/dinit $(DESTDIR)$(sbindir)/dinit
	$(INSTALL_DATA) man/*.7 $(DESTDIR)$(man7dir)
	$(INSTALL_DATA) man/*.8 $(DESTDIR)$(man8dir)
	$(INSTALL_DATA) $(O)/NOTICES $(DESTDIR)$(docdir)/NOTICES
	$(INSTALL_DATA) $(O)/completion.bash $(DESTDIR)$(bashdir)/dinit
	$(INSTALL_DATA) $(O)/completion.zsh $(DESTDIR)$(zshdir)/_dinit
	$(INSTALL_DATA) $(O)/completion.fish $(DESTDIR)$(fishdir)/dinit.fish

install-strip:
	$(MAKE) INSTALL_PROGRAM='$(INSTALL_PROGRAM) -s \
		$(if $(CROSS),--strip-program=$(CROSS_MACHINE)-strip)' install

uninstall:
	rm -f $(addprefix $(DESTDIR),$(sbindir)/dinit $(docdir)/NOTICES \
		$(patsubst man/%,$(man7dir)/%,$(wildcard man/*.7)) \
		$(patsubst man/%,$(man8dir)/%,$(wildcard man/*.8)) \
		$(bashdir)/dinit $(zshdir)/_dinit $(fishdir)/dinit.fish)

clean:
	rm -rf build

-include $(wildcard $(addprefix $(O)/,*.d */*.d */*/*.d))

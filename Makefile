# SPDX-License-Identifier: MIT
#
#	make			build/dinit, static, with the libc at hand
#	make LIBC=musl		build/musl/dinit, as it is shipped
#	make check		all tests, installing first what they need
#	make demo		what dinit does, on one screen
#	make install		prefix, DESTDIR and the like as everywhere
#
# CC CFLAGS CPPFLAGS LDFLAGS LDLIBS are yours. Other switches:
#
#	O=DIR			build there, next to other builds
#	STATIC=0		link dynamically, for distributions
#	PIE=0			at a fixed address: smaller, less hardened
#	SANITIZE=LIST		as in -fsanitize=LIST; needs STATIC=0
#	DINIT=FILE		run the end-to-end tests on this one
#	TEST_ARGS=ARGS		for Criterion, as --filter='spawn/*', or bats
#	NO_SKIP=1		tests under engines fail where they would skip
#	V=1			show the commands

VERSION := 0.1.0

# Of the sources that LIBC=musl fetches: upstream's versions in Debian 12.
LIBCAP_VERSION := 2.66
LIBSECCOMP_VERSION := 2.5.4
JANSSON_VERSION := 2.14

LIBC :=
O := build$(if $(LIBC),/$(LIBC))
STATIC := 1
# Measured with musl: position-independent code costs 4 KiB more of anonymous
# memory in PID 1 (relocated pages) and 4 KiB on disk, and no start-up time.
# The memory of a thousand containers counts for more than the address of code
# that runs no foreign bytes.
PIE := $(if $(LIBC),0,1)
SANITIZE :=
DINIT := $(O)/dinit
# Most end-to-end tests wait most of the time: more at once than cores.
E2E_JOBS := 8
TEST_ARGS :=

CFLAGS = $(if $(LIBC),-Os,-O2) -g
PKG_CONFIG = pkg-config
INSTALL = install
INSTALL_PROGRAM = $(INSTALL)
INSTALL_DATA = $(INSTALL) -m 644

prefix = /usr/local
exec_prefix = $(prefix)
sbindir = $(exec_prefix)/sbin
# Where prefix is empty, so that the program is /sbin/dinit, /share is no place.
datarootdir = $(or $(prefix),/usr)/share
mandir = $(datarootdir)/man
man8dir = $(mandir)/man8

# --- Flags: ours first, so that yours can overrule them ----------------------

# Lazy throughout, as `make deps` has to work where neither compiler nor
# pkg-config exist yet; what asks them is evaluated once, when first used.
once = $(eval $(1) := $(2))$($(1))
MACHINE = $(call once,MACHINE,$(or $(shell $(DINIT_CC) -dumpmachine),\
	$(error Cannot run $(DINIT_CC). Try: make deps$(if $(LIBC), LIBC=musl))))

WARNINGS = -Wall -Wextra -Wconversion -Wshadow -Wundef -Wvla -Wformat=2 \
	-Wswitch-enum -Wstrict-prototypes -Wmissing-prototypes \
	-Wold-style-definition -Wpointer-arith -Wwrite-strings
# musl knows no _FORTIFY_SOURCE, ASan has its own, -O0 only warns about it.
FORTIFY = $(if $(LIBC)$(SANITIZE),,$(if $(filter-out \
	-O0,$(filter -O%,$(CFLAGS))),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2))
HARDENING = -fstack-protector-strong $(FORTIFY) \
	$(if $(filter x86_64%,$(MACHINE)),-fcf-protection)
SANITIZER = $(if $(SANITIZE),-fsanitize=$(SANITIZE) \
	-fno-sanitize-recover=all -fno-omit-frame-pointer)
CODE = $(if $(filter 1,$(PIE)),-fPIE,-fno-pie) \
	-ffunction-sections -fdata-sections \
	$(if $(LIBC),-fno-merge-constants -fno-asynchronous-unwind-tables)

# Of a file, the kernel maps 16 pages at once: the aligned ones around the page
# that is touched, 64 KiB from where a segment begins. What PID 1 runs lies side
# by side, with its part of the C library; behind that what works before the
# fork or in other processes only, with the libraries it needs; libcap, which
# looks around before main(), as near as can be. (Constants that
# are alike are not merged: ours would be found among a library's.) The address
# below leaves room for 96 KiB in the first segment to be mapped, no more.
BEHIND = $(addprefix $(O)/,user.o capabilities.o privileges.o)
FAR_BEHIND = $(addprefix $(O)/,await.o seccomp_profile.o probe.o)
SEGMENT = -Wl,-Ttext-segment=0x407000
LINK_ORDER = $(filter-out $(BEHIND) $(FAR_BEHIND),$^) -lc $(BEHIND) -lcap \
	$(FAR_BEHIND) $(LIBRARIES_LIBS)

# By STATIC and PIE.
LINK_00 = -no-pie
LINK_01 = -pie
LINK_10 = -static -no-pie
LINK_11 = -static-pie

LIBRARIES = libcap libseccomp jansson
ifeq ($(LIBC),)
DINIT_CC = $(CC)
LIBRARIES_CFLAGS = $(call once,LIBRARIES_CFLAGS,$(shell \
	$(PKG_CONFIG) --cflags $(LIBRARIES)))
LIBRARIES_LIBS = $(call once,LIBRARIES_LIBS,$(or $(shell $(PKG_CONFIG) \
	$(if $(filter 1,$(STATIC)),--static) --libs $(LIBRARIES)),\
	$(error Cannot find $(LIBRARIES). Try: make deps)))
else ifeq ($(LIBC),musl)
DINIT_CC = musl-gcc
MUSL = $(O)/libraries$(if $(filter 1,$(PIE)),-pie)
MUSL_BUILT = $(MUSL)/built-$(subst $() ,-,$(LIBCAP_VERSION) \
	$(LIBSECCOMP_VERSION) $(JANSSON_VERSION))
LIBRARIES_CFLAGS = -isystem $(MUSL)/include
LIBRARIES_LIBS = -L$(MUSL)/lib -lcap -lseccomp -ljansson
LINK_10 += $(if $(filter x86_64%,$(MACHINE)),$(SEGMENT))
# Debian's musl-gcc takes no -static-pie: what that stands for.
LINK_11 = -static -nostartfiles -Wl,-pie,--no-dynamic-linker,-z,text \
	/usr/lib/$(MACHINE:-gnu=-musl)/rcrt1.o
else
$(error LIBC is either musl or empty, not $(LIBC))
endif

DINIT_CFLAGS = -std=c17 -D_GNU_SOURCE -DDINIT_VERSION='"$(VERSION)"' \
	-iquote init $(LIBRARIES_CFLAGS) $(CODE) $(WARNINGS) $(HARDENING) \
	$(SANITIZER) $(CPPFLAGS) $(CFLAGS)
DINIT_LDFLAGS = $(LINK_$(STATIC)$(PIE)) $(SANITIZER) -Wl,--gc-sections \
	-Wl,-z,relro,-z,now,-z,noexecstack $(CFLAGS) $(LDFLAGS)
TEST_CFLAGS = -std=c17 -D_GNU_SOURCE -DSOURCE_DIR='"$(CURDIR)"' \
	-iquote init -Wall -Wextra $(CPPFLAGS) $(CFLAGS)
TEST_LIBS = $(shell $(PKG_CONFIG) --libs criterion jansson)

# In front of a command: what it makes instead of how, unless V=1.
run = $(if $(V),,@echo '  $(1) $@' &&)

# --- Program ----------------------------------------------------------------

OBJECTS = $(patsubst init/%.c,$(O)/%.o,$(wildcard init/*.c))
UNIT_OBJECTS = $(patsubst tests/%.c,$(O)/%.o,$(wildcard tests/unit/*.c))
E2E_OBJECTS = $(patsubst tests/%.c,$(O)/%.o,$(wildcard tests/e2e/*.c))
APPS = $(patsubst tests/e2e/%.c,$(O)/%,$(wildcard tests/e2e/apps/*.c))

.DELETE_ON_ERROR:
.PHONY: all apps bench check demo deps install install-strip uninstall clean FORCE \
	musl-libraries \
	$(addprefix check-,unit e2e lockdown mutations faults fuzz containers \
	scenarios analysis coverage budget headers purity man scripts)

all: $(O)/dinit

$(O)/dinit: $(OBJECTS)
	$(call run,LD) $(DINIT_CC) $(DINIT_LDFLAGS) -o $@ $(LINK_ORDER) $(LDLIBS)

$(O)/%.o: init/%.c $(O)/flags $(MUSL_BUILT)
	$(call run,CC) $(DINIT_CC) $(DINIT_CFLAGS) -MMD -MP -c -o $@ $<

# Changes when the flags do: everything is made again then.
FLAGS = $(subst ','\'',$(DINIT_CC) $(DINIT_CFLAGS) $(DINIT_LDFLAGS) \
	$(LIBRARIES_LIBS))
$(O)/flags: FORCE
	@mkdir -p build $(O)/unit $(O)/e2e $(O)/apps
	@echo '*' >build/.gitignore
	@echo '$(FLAGS)' | cmp -s - $@ || echo '$(FLAGS)' >$@

musl-libraries: $(MUSL_BUILT)

$(MUSL_BUILT): tests/musl-libraries.sh
	@echo '  libraries for musl, from the distribution'\''s sources' && \
	CC=$(DINIT_CC) CFLAGS='-Os $(CODE)' $< $(MUSL) libcap2=$(LIBCAP_VERSION) \
		libseccomp=$(LIBSECCOMP_VERSION) jansson=$(JANSSON_VERSION)
	@touch $@

# --- Tests ------------------------------------------------------------------

# Unit tests are one program with all of dinit but its main, dynamically linked.
$(O)/unit-tests: $(UNIT_OBJECTS) $(filter-out $(O)/main.o,$(OBJECTS))
	$(call run,LD) $(CC) $(LINK_0$(PIE)) $(SANITIZER) $(LDFLAGS) -o $@ $^ $(TEST_LIBS) \
		$(shell $(PKG_CONFIG) --libs $(LIBRARIES)) $(LDLIBS)

$(O)/unit/%.o: tests/unit/%.c $(O)/flags
	$(call run,CC) $(CC) $(CODE) $(SANITIZER) $(TEST_CFLAGS) -MMD -MP -c -o $@ $<

$(O)/e2e-tests: $(E2E_OBJECTS)
	$(call run,LD) $(CC) $(LDFLAGS) -o $@ $^ $(TEST_LIBS) $(LDLIBS)

$(O)/e2e/%.o: tests/e2e/%.c $(O)/flags
	$(call run,CC) $(CC) $(TEST_CFLAGS) -MMD -MP -c -o $@ $<

# Static, so that they also run in an empty root directory.
$(O)/apps/%: tests/e2e/apps/%.c $(O)/flags
	$(call run,CC) $(CC) $(TEST_CFLAGS) -MMD -MP -static $(LDFLAGS) -o $@ $<

apps: $(APPS)

# Aborting makes Criterion notice a leak, which is found after the test's end.
check-unit: $(O)/unit-tests
	$(if $(SANITIZE),ASAN_OPTIONS=abort_on_error=1) $(O)/unit-tests $(TEST_ARGS)

# Here no leaks are searched for: that would have to trace a PID 1 which has
# locked itself down. The exit code is one that nothing else has.
RUN_ON = DINIT=$(abspath $(DINIT)) APPS=$(abspath $(O)/apps) \
	$(if $(SANITIZE),ASAN_OPTIONS=detect_leaks=0:exitcode=99 \
	UBSAN_OPTIONS=exitcode=99:print_stacktrace=1)
check-e2e: $(DINIT) $(O)/e2e-tests $(APPS)
	$(RUN_ON) $(O)/e2e-tests --jobs $(E2E_JOBS) $(TEST_ARGS)

# All of it once more with a list of system calls that kills instead of denying,
# and then strace.
check-lockdown: $(O)/dinit $(APPS)
	@$(MAKE) --no-print-directory O=$(O)/deadly MUSL=$(MUSL) \
		DINIT=$(O)/deadly/dinit \
		CPPFLAGS='$(CPPFLAGS) -DLOCKDOWN_DENIAL=SECCOMP_RET_KILL_PROCESS' \
		check-e2e
	APPS=$(abspath $(O)/apps) tests/lockdown.sh $(DINIT)

# libFuzzer's targets, each for so long, from the seeds in tests/fuzz/corpus. An
# input that breaks something stays in build/fuzz, to be run again by its name.
# libseccomp 2.5.4 loses memory of rules that it refuses; what compiles a profile
# is a process that is thrown away.
FUZZ_SECONDS = 60
FUZZ_ENV_seccomp_profile = ASAN_OPTIONS=detect_leaks=0
FUZZERS = $(filter-out fuzz,$(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c)))
check-fuzz:
	@tests/deps.sh $(PACKAGES) clang
	@$(MAKE) --no-print-directory -j$$(nproc) O=build/fuzz CC=clang STATIC=0 \
		SANITIZE=fuzzer-no-link,address,undefined \
		$(addprefix fuzz-,$(FUZZERS))

.SECONDARY: $(addprefix $(O)/fuzz-,$(FUZZERS))
fuzz-%: $(O)/fuzz-% FORCE
	mkdir -p $(O)/corpus/$*
	@echo '  fuzz $*, $(FUZZ_SECONDS) s' && \
	$(FUZZ_ENV_$*) $< -max_total_time=$(FUZZ_SECONDS) -timeout=10 -max_len=8192 \
		-print_final_stats=1 -artifact_prefix=$(O)/$*- \
		$(addprefix -dict=,$(wildcard tests/fuzz/$*.dict)) \
		$(O)/corpus/$* tests/fuzz/corpus/$* >$(O)/$*.log 2>&1 || \
		{ tail -n 40 $(O)/$*.log; exit 1; }
	@sed -n 's/^stat::number_of_executed_units: */  $* ran on inputs: /p' \
		$(O)/$*.log

$(O)/fuzz-%: tests/fuzz/%.c tests/fuzz/fuzz.c tests/unit/exploration.c \
	$(filter-out $(O)/main.o,$(OBJECTS))
	$(call run,LD) $(CC) -fsanitize=fuzzer,address,undefined \
		-iquote tests/fuzz -iquote tests/unit \
		$(TEST_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBRARIES_LIBS) $(LDLIBS)

# Under real engines, which it starts and stops: see tests/containers.
CONTAINER_PACKAGES = bats docker.io podman runc golang-github-containers-common \
	bsdutils procps busybox-static debootstrap docker-compose tini python3
check-containers:
	@tests/deps.sh $(CONTAINER_PACKAGES)
	@$(MAKE) --no-print-directory LIBC=musl all apps
	DINIT=$(abspath build/musl/dinit) APPS=$(abspath build/musl/apps) \
		bats $(TEST_ARGS) tests/containers

# Twelve-factor apps with the servers they need, in containers without an engine
# and in a network of their own: see tests/scenarios.
SCENARIO_PACKAGES = bats nginx-light haproxy redis-server rabbitmq-server \
	beanstalkd postgresql ruby-delayed-job-active-record ruby-pg python3 \
	python3-pika python3-redis curl iproute2 procps util-linux
check-scenarios:
	@tests/deps.sh $(SCENARIO_PACKAGES)
	@$(MAKE) --no-print-directory LIBC=musl all
	DINIT=$(abspath build/musl/dinit) $$(unshare --net true && \
		echo unshare --net) bats $(TEST_ARGS) tests/scenarios

# Side by side with its peers, as root; and what may not grow.
BENCH_PACKAGES = python3 tini dumb-init catatonit s6 curl wget time valgrind
BENCH = $(addprefix build/bench/,driver app minimal dinit)
BENCH_ROUNDS = 100
build/bench/driver: tests/bench/driver.c tests/bench/measures.h
	$(call run,CC) $(CC) $(TEST_CFLAGS) -o $@ $<
build/bench/app: tests/bench/app.c tests/bench/measures.h
	$(call run,CC) musl-gcc $(TEST_CFLAGS) -static -o $@ $<
build/bench/minimal: tests/bench/minimal.c
	$(call run,CC) $(CC) -Os -s -static -nostdlib -fno-stack-protector \
		-fno-asynchronous-unwind-tables -Wl,--build-id=none -o $@ $<
# Copied by the page, as it is read from a disk: how large the pieces are that
# the page cache has of a file decides how much of it is mapped at once.
build/bench/dinit: build/musl/dinit
	@strip -o $@.whole $<
	@dd if=$@.whole of=$@ bs=4096 status=none && chmod +x $@
bench check-budget:
	@tests/deps.sh $(PACKAGES) musl-tools gperf dpkg-dev $(BENCH_PACKAGES)
	@mkdir -p build/bench
	@$(MAKE) --no-print-directory LIBC=musl all
	@$(MAKE) --no-print-directory $(BENCH)
	@$(if $(filter bench,$@),python3 tests/bench/bench.py build/bench \
		$(BENCH_ROUNDS),tests/bench/budget.sh build/bench)

# Mutated copies of the lifecycle, each of which its exploration finds out.
check-mutations:
	CC=$(CC) tests/mutations/run.sh build/mutations

# System calls that fail, each where it is made; only those in TEST_ARGS if any.
FAULTS = python3 -B tests/faults/faults.py build/musl/dinit build/musl/faults/app
check-faults:
	@tests/deps.sh $(PACKAGES) musl-tools gperf dpkg-dev python3 libseccomp2
	@$(MAKE) --no-print-directory LIBC=musl all build/musl/faults/app
	$(FAULTS) $(TEST_ARGS)

$(O)/faults/app: tests/faults/app.c $(O)/flags
	@mkdir -p $(@D)
	$(call run,CC) $(DINIT_CC) $(TEST_CFLAGS) -static $(LDFLAGS) -o $@ $<

# What finds bugs without running anything; .clang-tidy and these say which.
# clang-tidy by file: of several, it takes each va_list but those of the first
# for uninitialized. So cppcheck takes an address that is passed for a read.
CPPCHECK_FLAGS = -q --enable=warning,performance,portability \
	--suppress=ctuuninitvar --error-exitcode=1 --std=c11 -I init \
	-D__x86_64__ -D'json_array_foreach(a,i,v)=for(;v=next(a,i);)' \
	-D'json_object_foreach(o,k,v)=for(;v=next(o,k);)'
check-analysis:
	@tests/deps.sh $(PACKAGES) clang-tidy cppcheck
	@$(MAKE) --no-print-directory -j$$(nproc) O=build/analysis CC=gcc \
		CFLAGS='-O2 -fanalyzer' CPPFLAGS=-Werror all
	printf '%s\n' init/*.c | xargs -P$$(nproc) -I{} clang-tidy -quiet {} -- \
		-std=c17 -D_GNU_SOURCE -DDINIT_VERSION='""' -iquote init
	cppcheck $(CPPCHECK_FLAGS) -D_GNU_SOURCE -DDINIT_VERSION='""' init

check-coverage:
	@tests/deps.sh $(PACKAGES) clang llvm python3
	@tests/coverage/run.sh build/coverage

check-headers: $(O)/flags $(MUSL_BUILT)
	@for header in init/*.h; do \
		echo "#include \"$${header#init/}\"" | \
		    $(DINIT_CC) $(DINIT_CFLAGS) -fsyntax-only -x c - || exit; \
	done

# The lifecycle is pure: what it could act with, it does not even link to.
PURE = __assert_fail __stack_chk_fail _GLOBAL_OFFSET_TABLE_ mem[a-z]+ \
	__mem[a-z]+_chk
check-purity: $(O)/lifecycle.o
	! nm -u $< | grep -vxE ' +U ($(subst $() ,|,$(PURE)))'

check-man:
	mandoc -T lint -W warning man/dinit.8

check-scripts:
	shellcheck $$(grep -rlE '^#!/.*(sh|bats)$$|shell=bash' .ci tests)

# The rest in makes of their own: what follows deps sees what deps installed,
# and tests that depend on time have the machine for themselves.
check: deps
	@$(MAKE) --no-print-directory all check-headers check-man check-scripts
	@$(if $(SANITIZE),,$(MAKE) --no-print-directory check-purity)
	@$(if $(LIBC),,$(MAKE) --no-print-directory check-unit)
	@$(MAKE) --no-print-directory check-e2e

demo: deps
	@$(MAKE) --no-print-directory $(DINIT) apps
	@$(RUN_ON) tests/demo/demo.sh

PACKAGES = gcc libc6-dev pkg-config libcap-dev libseccomp-dev libjansson-dev \
	libcriterion-dev mandoc shellcheck util-linux bsdutils procps strace
PACKAGES += $(if $(findstring clang,$(CC)),clang)
PACKAGES += $(if $(filter musl,$(LIBC)),musl-tools gperf dpkg-dev)
deps:
	@tests/deps.sh $(PACKAGES)

# --- Installation -----------------------------------------------------------

install: all
	$(INSTALL) -d $(DESTDIR)$(sbindir) $(DESTDIR)$(man8dir)
	$(INSTALL_PROGRAM) $(O)/dinit $(DESTDIR)$(sbindir)/dinit
	$(INSTALL_DATA) man/dinit.8 $(DESTDIR)$(man8dir)/dinit.8

install-strip:
	$(MAKE) INSTALL_PROGRAM='$(INSTALL_PROGRAM) -s' install

uninstall:
	rm -f $(DESTDIR)$(sbindir)/dinit $(DESTDIR)$(man8dir)/dinit.8

clean:
	rm -rf build

-include $(wildcard $(addprefix $(O)/,*.d unit/*.d e2e/*.d apps/*.d))

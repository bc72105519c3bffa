# SPDX-License-Identifier: MIT
#
# The suites that .ci/run calls beyond `make check`, each with the packages it
# needs. Included by the Makefile.

.PHONY: bench soak format deps-suites $(addprefix check-,mutations faults fuzz \
	containers scenarios analysis coverage budget completion)

# For those that .ci/run has side by side: they could not install at once.
deps-suites:
	@tests/deps.sh $(PACKAGES) $(CONTAINER_PACKAGES) $(SCENARIO_PACKAGES) \
		$(RELEASE_PACKAGES) clang clang-tidy cppcheck $(CLANG_FORMAT) \
		bash-completion zsh fish

# libFuzzer's targets, each for so long, from the seeds in tests/fuzz/corpus. An
# input that breaks something stays in build/fuzz, to be run again by its name.
# libseccomp 2.5.4 loses memory of rules that it refuses; what compiles a
# profile is a process that is thrown away.
FUZZ_SECONDS = 60
FUZZ_ENV_seccomp_profile = ASAN_OPTIONS=detect_leaks=0
FUZZERS = $(filter-out fuzz,$(basename $(notdir $(wildcard tests/fuzz/*.c))))
check-fuzz:
	@tests/deps.sh $(PACKAGES) clang
	@$(MAKE) --no-print-directory -j$$(nproc) O=build/fuzz CC=clang \
		STATIC=0 SANITIZE=fuzzer-no-link,address,undefined \
		$(addprefix fuzz-,$(FUZZERS))

.SECONDARY: $(addprefix $(O)/fuzz-,$(FUZZERS))
fuzz-%: $(O)/fuzz-% FORCE
	mkdir -p $(O)/corpus/$*
	@echo '  fuzz $*, $(FUZZ_SECONDS) s' && \
	$(FUZZ_ENV_$*) $< -max_total_time=$(FUZZ_SECONDS) -timeout=10 \
		-max_len=8192 -print_final_stats=1 -artifact_prefix=$(O)/$*- \
		$(addprefix -dict=,$(wildcard tests/fuzz/$*.dict)) \
		$(O)/corpus/$* tests/fuzz/corpus/$* >$(O)/$*.log 2>&1 || \
		{ tail -n 40 $(O)/$*.log; exit 1; }
	@sed -n 's/^stat::number_of_executed_units: */  $* ran on inputs: /p' \
		$(O)/$*.log | grep '[1-9]'

$(O)/fuzz-%: tests/fuzz/%.c tests/fuzz/fuzz.c tests/unit/exploration.c \
	$(filter-out $(O)/main.o,$(OBJECTS))
	$(call run,LD) $(CC) -fsanitize=fuzzer,address,undefined \
		-iquote tests/fuzz -iquote tests/unit \
		$(TEST_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBRARIES_LIBS) $(LDLIBS)

# Under real engines, which it starts and stops: see tests/containers.
CONTAINER_PACKAGES = bats docker.io podman runc \
	golang-github-containers-common bsdutils procps busybox-static \
	debootstrap docker-compose tini python3 curl util-linux dumb-init \
	catatonit gosu runsc
check-containers:
	@tests/deps.sh $(CONTAINER_PACKAGES)
	@$(MAKE) --no-print-directory LIBC=musl all apps
	DINIT=$(abspath build/musl/dinit) APPS=$(abspath build/musl/apps) \
		bats $(TEST_ARGS) tests/containers

# Twelve-factor apps with the servers they need, in containers without an engine
# and in a network of their own: see tests/scenarios.
SCENARIO_PACKAGES = bats nginx-light haproxy redis-server rabbitmq-server \
	mariadb-server beanstalkd postgresql ruby-delayed-job-active-record \
	ruby-pg python3 python3-pika python3-redis curl iproute2 procps \
	util-linux node=nodejs npm=npm
check-scenarios:
	@tests/deps.sh $(SCENARIO_PACKAGES)
	@$(MAKE) --no-print-directory LIBC=musl all
	DINIT=$(abspath build/musl/dinit) $$(unshare --net true && \
		echo unshare --net) bats $(TEST_ARGS) tests/scenarios

# Side by side with its peers, as root; and what may not grow.
BENCH_PACKAGES = python3 tini dumb-init catatonit s6 curl wget time valgrind
BENCH = $(addprefix build/bench/,driver app minimal filtered dinit)
BENCH_ROUNDS = 100
build/bench/driver: tests/bench/driver.c tests/bench/measures.h
	$(call run,CC) $(CC) $(TEST_CFLAGS) -o $@ $<
build/bench/app: tests/bench/app.c tests/bench/measures.h
	$(call run,CC) musl-gcc $(TEST_CFLAGS) -static -o $@ $<
build/bench/filtered: private CPPFLAGS += -DFILTERED
build/bench/minimal build/bench/filtered: tests/bench/minimal.c
	$(call run,CC) $(CC) $(CPPFLAGS) -Os -s -static -nostdlib \
		-fno-stack-protector -fno-asynchronous-unwind-tables \
		-Wl,--build-id=none -o $@ $<
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

# System calls that fail, each where it is made, and those that a filter denies
# throughout; only those in TEST_ARGS if any.
FAULTS_ON = build/musl/dinit build/musl/faults/app $(TEST_ARGS)
check-faults:
	@tests/deps.sh $(PACKAGES) musl-tools gperf dpkg-dev python3 libseccomp2
	@$(MAKE) --no-print-directory LIBC=musl all build/musl/faults/app
	python3 -B tests/faults/denied.py $(FAULTS_ON)
	python3 -B tests/faults/faults.py $(FAULTS_ON)

# At another address than dinit, by which filters tell them apart.
$(O)/faults/app: tests/faults/app.c tests/suites.mk $(O)/flags
	@mkdir -p $(@D)
	$(call run,CC) $(DINIT_CC) $(TEST_CFLAGS) -static \
		-Wl,-Ttext-segment=0x10000000 $(LDFLAGS) -o $@ $<

# As .clang-format has it.
CLANG_FORMAT = clang-format-19
format:
	@tests/deps.sh $(CLANG_FORMAT)
	$(CLANG_FORMAT) -i init/*.c init/*/*.[ch]

# What finds bugs without running anything; .clang-tidy and these say which.
# clang-tidy by file: of several, it takes each va_list but those of the first
# for uninitialized. So cppcheck takes an address that is passed for a read.
CPPCHECK_FLAGS = -q --enable=warning,performance,portability \
	--suppress=ctuuninitvar --error-exitcode=1 --std=c11 -I init \
	-D__x86_64__ -D'json_array_foreach(a,i,v)=while((v=next(a,i)))' \
	-D'json_object_foreach(o,k,v)=while((v=next(o,k)))'
check-analysis:
	@tests/deps.sh $(PACKAGES) clang-tidy cppcheck $(CLANG_FORMAT)
	$(CLANG_FORMAT) --dry-run -Werror init/*.c init/*/*.[ch]
	@$(MAKE) --no-print-directory -j$$(nproc) O=build/analysis CC=gcc \
		CFLAGS='-O2 -fanalyzer' CPPFLAGS=-Werror all
	printf '%s\n' init/*.c init/*/*.c | xargs -P$$(nproc) -I{} \
		clang-tidy -quiet {} -- -std=c17 $(DEFINES) -iquote init
	cppcheck $(CPPCHECK_FLAGS) $(DEFINES) init

check-coverage:
	@tests/deps.sh $(PACKAGES) clang llvm python3
	@tests/coverage/run.sh build/coverage

# Storms, and thousands of starts; also under valgrind and the sanitizers.
SOAK = full
soak: DINIT = build/musl/dinit
soak:
	@tests/deps.sh $(PACKAGES) musl-tools gperf dpkg-dev valgrind python3
	tests/soak/run.sh $(SOAK) build/soak $(DINIT)

# As a user of each shell, by what `make install` installs.
check-completion: $(COMPLETIONS)
	@tests/deps.sh bats bash-completion zsh fish
	COMPLETIONS=$(abspath $(O)) DINIT=$(abspath $(O)/dinit) \
		bats $(TEST_ARGS) tests/completion

/* SPDX-License-Identifier: MIT */
/*
 * Runs unit tests without Criterion (see criterion/criterion.h):
 *
 *	unit-tests [PATTERN...]
 *
 * runs those whose SUITE/NAME matches a PATTERN of the shell. With "!" before
 * it, a PATTERN leaves out what it matches; the last one that matches counts.
 * Two tests run at once. The last line is as that of other test runners.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define JOBS 2
#define STATUS_FAILED 1
#define STATUS_SKIPPED 77
#define DEFAULT_TIMEOUT 60
#define PATIENCE 10 /* an emulator takes longer */

struct job {
	const struct criterion_test *test;
	pid_t pid; /* 0: none */
	double until;
};

struct counts {
	int passed;
	int failed;
	int skipped;
};

static struct criterion_test *tests;
static const char *current = "";
static bool has_failed;

void
criterion_add(struct criterion_test *test)
{
	test->next = tests;
	tests = test;
}

/* In one write, as two tests run at once. */
static void
say(const char *mark, const char *where, const char *what, const char *format,
    va_list arguments)
{
	char text[4096];
	int length = snprintf(text, sizeof(text), "[%s] %s: %s %s:", mark,
	    current, where, what);

	if (length > 0 && (size_t)length < sizeof(text) - 2)
		vsnprintf(text + length, sizeof(text) - 2 - (size_t)length,
		    format, arguments);
	strcat(text, "\n");
	if (write(STDERR_FILENO, text, strlen(text)) < 0)
		_exit(STATUS_FAILED);
}

void
criterion_check(bool holds, bool fatal, const char *where, const char *what,
    const char *format, ...)
{
	va_list arguments;

	if (holds)
		return;
	va_start(arguments, format);
	say("FAIL", where, what, format, arguments);
	va_end(arguments);
	has_failed = true;
	if (fatal)
		exit(STATUS_FAILED);
}

void
criterion_skip(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say("SKIP", "", "", format, arguments);
	va_end(arguments);
	exit(has_failed ? STATUS_FAILED : STATUS_SKIPPED);
}

static const struct criterion_extra *
extra_of_suite(const char *suite)
{
	static const struct criterion_extra none;

	for (const struct criterion_test *i = tests; i != NULL; i = i->next)
		if (i->name == NULL && strcmp(i->suite, suite) == 0)
			return &i->extra;
	return &none;
}

static void
call(void (*test)(void), void (*suite)(void))
{
	if (test != NULL)
		test();
	else if (suite != NULL)
		suite();
}

static _Noreturn void
run(const struct criterion_test *test)
{
	const struct criterion_extra *suite = extra_of_suite(test->suite);
	static char name[512];

	snprintf(name, sizeof(name), "%s/%s", test->suite, test->name);
	current = name;
	setpgid(0, 0);
	call(test->extra.init, suite->init);
	test->body();
	call(test->extra.fini, suite->fini);
	exit(has_failed ? STATUS_FAILED : 0);
}

static double
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void
begin(struct job *job, const struct criterion_test *test)
{
	double timeout = test->extra.timeout;

	if (timeout <= 0)
		timeout = extra_of_suite(test->suite)->timeout;
	if (timeout <= 0)
		timeout = DEFAULT_TIMEOUT;
	job->test = test;
	job->until = now() + PATIENCE * timeout;
	job->pid = fork();
	if (job->pid == 0)
		run(test);
	if (job->pid < 0) {
		perror("fork");
		exit(STATUS_FAILED);
	}
}

/* Counts the job if it has ended, and ends it if its time is over. */
static void
look_after(struct job *job, struct counts *counts)
{
	bool is_late = now() > job->until;
	int status;

	if (is_late)
		kill(job->pid, SIGKILL);
	if (waitpid(job->pid, &status, is_late ? 0 : WNOHANG) != job->pid)
		return;
	kill(-job->pid, SIGKILL);
	job->pid = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		counts->passed++;
	} else if (WIFEXITED(status) && WEXITSTATUS(status) == STATUS_SKIPPED) {
		counts->skipped++;
	} else {
		fprintf(stderr, "[FAIL] %s/%s: %s, wait status %#x\n",
		    job->test->suite, job->test->name,
		    is_late ? "its time is over" : "it has failed",
		    (unsigned int)status);
		counts->failed++;
	}
}

/* Runs TEST, or only waits if it is NULL, until a job is free. */
static void
hand_out(struct job jobs[JOBS], const struct criterion_test *test,
    struct counts *counts)
{
	for (;;) {
		const struct timespec breath = { .tv_nsec = 1000000 };
		bool is_busy = false;

		for (int i = 0; i < JOBS; i++) {
			if (jobs[i].pid != 0)
				look_after(&jobs[i], counts);
			if (jobs[i].pid == 0 && test != NULL) {
				begin(&jobs[i], test);
				return;
			}
			is_busy = is_busy || jobs[i].pid != 0;
		}
		if (!is_busy)
			return;
		nanosleep(&breath, NULL);
	}
}

static bool
is_wanted(const struct criterion_test *test, char *patterns[])
{
	bool is_in = patterns[0] == NULL || patterns[0][0] == '!';
	char name[512];

	if (test->name == NULL)
		return false;
	snprintf(name, sizeof(name), "%s/%s", test->suite, test->name);
	for (; *patterns != NULL; patterns++) {
		bool leaves_out = **patterns == '!';

		if (fnmatch(*patterns + leaves_out, name, 0) == 0)
			is_in = !leaves_out;
	}
	return is_in;
}

int
main(int argc, char *argv[])
{
	struct job jobs[JOBS] = { { .pid = 0 } };
	struct counts counts = { 0 };

	(void)argc;
	for (const struct criterion_test *i = tests; i != NULL; i = i->next)
		if (is_wanted(i, argv + 1))
			hand_out(jobs, i, &counts);
	hand_out(jobs, NULL, &counts);
	printf("%d passed, %d failed, %d skipped\n", counts.passed,
	    counts.failed, counts.skipped);
	return counts.failed > 0 || counts.passed == 0;
}

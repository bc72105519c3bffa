/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../support.h"
#include "parts.h"

/* A test's own variables, and eight that every test has. */
#define ENVIRONMENT_MAX (ARGUMENTS_MAX + 8)

void
close_from(int first, int kept)
{
	for (int fd = first; fd < DESCRIPTORS_END; fd++)
		if (fd != kept)
			close(fd);
}

static void
redirect(const char *directory, const char *name, int fd)
{
	char path[128];
	int file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (file < 0 || dup2(file, fd) < 0)
		_exit(STATUS_BROKEN);
}

static void
take_terminal(int slave)
{
	setsid();
	ioctl(slave, TIOCSCTTY, 0);
	tcsetpgrp(slave, getpid());
	dup2(slave, STDIN_FILENO);
	dup2(slave, STDOUT_FILENO);
	dup2(slave, STDERR_FILENO);
}

static void
set_standard(const struct run *run, const char *directory)
{
	if (run->input != 0)
		dup2(run->input, STDIN_FILENO);
	else
		dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
	if (run->output != 0)
		dup2(run->output, STDOUT_FILENO);
	else
		redirect(directory, "out", STDOUT_FILENO);
	if (run->error != 0)
		dup2(run->error, STDERR_FILENO);
	else
		redirect(directory, "log", STDERR_FILENO);
}

/* Passes the variable NAME on, which is for a sanitizer that dinit may be built
 * with. Returns the new COUNT. */
static size_t
pass_on(const char *name, char *environment[], size_t count)
{
	const char *value = getenv(name);

	if (value == NULL)
		return count;
	if (asprintf(&environment[count], "%s=%s", name, value) < 0)
		_exit(STATUS_BROKEN);
	return count + 1;
}

/* Returns TEXT with DIRECTORY in place of each $DIR. It is never freed, as this
 * process calls exec. */
static char *
expand(const char *text, const char *directory)
{
	static const char name[] = "$DIR";
	size_t length = sizeof(name) - 1;
	char *expanded = NULL;
	size_t size;
	FILE *out = open_memstream(&expanded, &size);

	while (*text != '\0') {
		if (strncmp(text, name, length) == 0 &&
		    !isalnum((unsigned char)text[length]) &&
		    text[length] != '_') {
			fputs(directory, out);
			text += length;
		} else {
			fputc(*text++, out);
		}
	}
	fclose(out);
	return expanded;
}

static void
fill_environment(const struct run *run, const char *directory,
    char *environment[ENVIRONMENT_MAX])
{
	size_t count = 0;

	if (asprintf(&environment[count++], "PATH=%s:/usr/local/sbin:"
	    "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	    getenv("APPS")) < 0 ||
	    asprintf(&environment[count++], "DIR=%s", directory) < 0 ||
	    asprintf(&environment[count++], "DINIT=%s", getenv("DINIT")) < 0)
		_exit(STATUS_BROKEN);
	count = pass_on("ASAN_OPTIONS", environment, count);
	count = pass_on("UBSAN_OPTIONS", environment, count);
	for (size_t i = 0; run->environment[i] != NULL; i++)
		environment[count++] = expand(run->environment[i], directory);
	environment[count] = NULL;
}

/* By the system calls themselves: glibc's functions refuse 32 and 33. */
static void
clear_signals(void)
{
	const unsigned long by_default[16] = { 0 };
	const uint64_t none = 0;

	for (int signo = 1; signo <= 64; signo++)
		syscall(SYS_rt_sigaction, signo, by_default, NULL,
		    sizeof(none));
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof(none));
}

static void
send_word(int keeper, char word)
{
	if (write(keeper, &word, 1) != 1)
		_exit(STATUS_BROKEN);
}

void
become_init(const struct run *run, const struct container *container,
    int slave, int keeper)
{
	char *environment[ENVIRONMENT_MAX];
	char *arguments[ARGUMENTS_MAX + 1] = { (char *)"dinit" };

	if (run->place != AS_ORDINARY &&
	    (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("proc", "/proc", "proc", 0, NULL) < 0))
		_exit(STATUS_DENIED);
	send_word(keeper, WORD_MOUNTED);
	if (run->terminal) {
		take_terminal(slave);
	} else {
		set_standard(run, container->directory);
		setpgid(0, 0);
	}
	if (run->inherited != 0)
		dup2(run->inherited, INHERITED_FD);
	close_from(STDERR_FILENO + 1, run->inherited != 0 ? INHERITED_FD : -1);
	if (run->program != NULL)
		arguments[0] = (char *)run->program;
	for (size_t i = 0; run->arguments[i] != NULL; i++)
		arguments[i + 1] = expand(run->arguments[i],
		    container->directory);
	fill_environment(run, container->directory, environment);
	clear_signals();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setenv("DIR", container->directory, 1);
	if (run->before_exec != NULL)
		run->before_exec(run->argument);
	send_word(keeper, WORD_EXEC);
	if (run->program != NULL)
		execvpe(run->program, arguments, environment);
	else
		execve(getenv("DINIT"), arguments, environment);
	send_word(keeper, WORD_FAILED);
	_exit(STATUS_BROKEN);
}

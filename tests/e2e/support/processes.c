/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support.h"
#include "parts.h"

/* Reads the first line of /proc/PID/NAME; "" if there is no such process. */
static void
read_line(pid_t pid, const char *name, char *text, int size)
{
	char path[64];
	FILE *file;

	text[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	file = fopen(path, "re");
	if (file == NULL)
		return;
	if (fgets(text, size, file) == NULL)
		text[0] = '\0';
	fclose(file);
}

/* Reads /proc/PID/stat. Returns false if there is no such process. */
static bool
read_process(pid_t pid, char *state, pid_t *parent)
{
	char text[512];
	const char *name_end;

	read_line(pid, "stat", text, sizeof(text));
	name_end = strrchr(text, ')');
	return name_end != NULL &&
	    sscanf(name_end, ") %c %d", state, parent) == 2;
}

static pid_t
parent_of(pid_t pid)
{
	pid_t parent;
	char state;

	return read_process(pid, &state, &parent) ? parent : 0;
}

char
process_state(pid_t pid)
{
	pid_t parent;
	char state;

	return read_process(pid, &state, &parent) ? state : '\0';
}

bool
descends_from(pid_t pid, pid_t ancestor)
{
	for (pid = parent_of(pid); pid > 1; pid = parent_of(pid))
		if (pid == ancestor)
			return true;
	return false;
}

static bool
has_name(pid_t pid, const char *name)
{
	char text[32];

	read_line(pid, "comm", text, sizeof(text));
	text[strcspn(text, "\n")] = '\0';
	return strcmp(text, name) == 0;
}

const char *
process_status(pid_t pid)
{
	static char text[8192];
	char path[64];
	size_t length = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	if (file != NULL) {
		length = fread(text, 1, sizeof(text) - 1, file);
		fclose(file);
	}
	text[length] = '\0';
	return text;
}

uint64_t
status_field(const char *status, const char *name)
{
	char start[64];
	const char *line;

	snprintf(start, sizeof(start), "\n%s:\t", name);
	line = strstr(status, start);
	cr_assert_not_null(line, "no %s in '%s'", name, status);
	return strtoull(line + strlen(start), NULL, 16);
}

/* How often in a row the process was seen asleep. Once can be chance. */
struct sleeper {
	pid_t pid;
	int seen;
};

static bool
is_fast_asleep(void *argument)
{
	struct sleeper *sleeper = argument;

	sleeper->seen = process_state(sleeper->pid) == 'S' ?
	    sleeper->seen + 1 : 0;
	return sleeper->seen == 20;
}

void
await_fast_asleep(pid_t pid, const char *what)
{
	struct sleeper sleeper = { .pid = pid };

	await(is_fast_asleep, &sleeper, what);
}

struct wanted_process {
	pid_t ancestor;
	const char *name;
	pid_t found;
};

static bool
find_process(void *argument)
{
	struct wanted_process *wanted = argument;
	DIR *proc = opendir("/proc");
	const struct dirent *entry;

	while (wanted->found == 0 && (entry = readdir(proc)) != NULL) {
		pid_t pid = atoi(entry->d_name);

		if (pid > 0 && has_name(pid, wanted->name) &&
		    process_state(pid) != 'Z' &&
		    descends_from(pid, wanted->ancestor))
			wanted->found = pid;
	}
	closedir(proc);
	return wanted->found != 0;
}

static bool
has_no_process(void *argument)
{
	struct wanted_process *wanted = argument;

	wanted->found = 0;
	return !find_process(wanted);
}

pid_t
container_find_process(const struct container *container, const char *name)
{
	struct wanted_process wanted = { container->init, name, 0 };

	await(find_process, &wanted, name);
	return wanted.found;
}

bool
container_has_process(const struct container *container, const char *name)
{
	struct wanted_process wanted = { container->keeper, name, 0 };

	return find_process(&wanted);
}

void
container_await_no_process(const struct container *container,
    const char *name)
{
	struct wanted_process wanted = { container->keeper, name, 0 };

	await(has_no_process, &wanted, "a process is gone");
}

int
container_count_descendants(const struct container *container)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	int count = 0;

	while (proc != NULL && (entry = readdir(proc)) != NULL) {
		pid_t pid = atoi(entry->d_name);

		if (pid > 0 && descends_from(pid, container->init))
			count++;
	}
	closedir(proc);
	return count;
}

/*
 * Only after its exec: around fork the C library blocks signals as well. While
 * dinit sleeps in rt_sigtimedwait(2), the kernel shows the signals that it waits
 * for as not blocked.
 */
static bool
takes_signals(void *argument)
{
	const struct container *container = argument;

	return has_name(container->init, "dinit") &&
	    (process_state(container->init) == 'S' ||
		status_field(process_status(container->init), "SigBlk") >>
		    (SIGUSR1 - 1) & 1);
}

void
container_await_takeover(const struct container *container)
{
	await(takes_signals, (void *)container, "dinit takes signals");
}

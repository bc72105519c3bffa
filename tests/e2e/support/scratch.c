/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../support.h"
#include "parts.h"
#include "base/array.h"

#define TEXT_MAX 65536

static void
remove_directory(const char *path)
{
	DIR *list = opendir(path);
	const struct dirent *entry;

	while (list != NULL && (entry = readdir(list)) != NULL) {
		char child[512];
		struct stat status;

		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(child, sizeof(child), "%s/%s", path, entry->d_name);
		if (lstat(child, &status) == 0 && S_ISDIR(status.st_mode))
			remove_directory(child);
		else
			unlink(child);
	}
	if (list != NULL)
		closedir(list);
	rmdir(path);
}

/* Scratch folders stay until the test's process ends, however it does: tests
 * read after dinit's exit what it wrote. */
static char directories[16][64];
static size_t directory_count;

static void
remove_directories(void)
{
	for (size_t i = 0; i < directory_count; i++)
		remove_directory(directories[i]);
	directory_count = 0;
}

void
scratch_make(struct container *container)
{
	strcpy(container->directory, "/tmp/dinit-e2e.XXXXXX");
	cr_assert_not_null(mkdtemp(container->directory));
	if (directory_count == 0)
		atexit(remove_directories);
	cr_assert(directory_count < ARRAY_SIZE(directories));
	strcpy(directories[directory_count++], container->directory);
	cr_assert_eq(chmod(container->directory, 0755), 0);
}

void
scratch_remove(const struct container *container)
{
	remove_directory(container->directory);
	if (directory_count > 0 && strcmp(directories[directory_count - 1],
	    container->directory) == 0)
		directory_count--;
}

const char *
container_path(const struct container *container, const char *name)
{
	static char paths[8][256];
	static unsigned int next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", container->directory, name);
	return path;
}

const char *
container_inside(const struct container *container, const char *path)
{
	static char paths[8][256];
	static unsigned int next;
	char *inside = paths[next++ % 8];

	snprintf(inside, sizeof(paths[0]), "/proc/%d/root%s%s",
	    container->init, path[0] == '/' ? "" : "/", path);
	return inside;
}

const char *
container_read(const struct container *container, const char *name)
{
	static char text[TEXT_MAX];
	int fd = open(container_path(container, name), O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t length;

	text[0] = '\0';
	if (fd < 0)
		return text;
	while ((length = read(fd, text + used, sizeof(text) - 1 - used)) > 0)
		used += (size_t)length;
	close(fd);
	text[used] = '\0';
	return text;
}

void
container_touch(const struct container *container, const char *name)
{
	int fd = open(container_path(container, name),
	    O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	cr_assert(fd >= 0);
	close(fd);
}

bool
container_has_file(const struct container *container, const char *name)
{
	struct stat status;

	return lstat(container_path(container, name), &status) == 0;
}

void
container_expect_log(const struct container *container, const char *text)
{
	const char *log = container_read(container, "log");

	cr_assert_not_null(strstr(log, text), "'%s' is not in the log: %s",
	    text, log);
}

void
container_expect_no_log(const struct container *container, const char *text)
{
	const char *log = container_read(container, "log");

	cr_assert_null(strstr(log, text), "'%s' is in the log: %s", text,
	    log);
}

static bool
does_exist(void *path)
{
	return access(path, F_OK) == 0;
}

static bool
does_not_exist(void *path)
{
	return access(path, F_OK) < 0;
}

void
container_await_file(const struct container *container, const char *name)
{
	await(does_exist, (void *)container_path(container, name), name);
}

void
container_await_no_file(const struct container *container, const char *name)
{
	await(does_not_exist, (void *)container_path(container, name), name);
}

struct expected_text {
	const struct container *container;
	const char *name;
	const char *text;
};

static bool
does_hold(void *argument)
{
	const struct expected_text *expected = argument;

	return strstr(container_read(expected->container, expected->name),
	    expected->text) != NULL;
}

void
container_await_text(const struct container *container, const char *name,
    const char *text)
{
	struct expected_text expected = { container, name, text };

	await(does_hold, &expected, text);
}

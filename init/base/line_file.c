/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/line_file.h"
#include "base/text.h"

/*
 * O_NONBLOCK keeps the open from waiting if PATH is a FIFO. O_NOFOLLOW refuses
 * a symbolic link: the app may have made it in an earlier run, to a file that
 * the app itself cannot write to. O_APPEND keeps dinit and the app, which
 * writes to the file as well, from overwriting each other's lines. FLAGS are
 * the access, and O_CREAT if the file may be new.
 */
static int
open_to_append(const char *path, int flags)
{
	int fd = open(path,
	    flags | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
	    0644);

	return fd < 0 ? -errno : fd;
}

/*
 * A FIFO must not be open for reading and writing: dinit would be its reader,
 * so that writing would succeed where nobody else reads the lines.
 */
static bool
is_fifo(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode);
}

int
line_file_open(const char *path, bool creates)
{
	int flags = creates ? O_CREAT : 0;
	int fd = open_to_append(path, O_RDWR | flags);

	if (fd >= 0 && is_fifo(fd)) {
		close(fd);
		fd = -EACCES;
	}
	return fd == -EACCES ? open_to_append(path, O_WRONLY | flags) : fd;
}

void
line_file_empty(int fd)
{
	if (ftruncate(fd, 0) < 0)
		return;
}

/* Writes TEXT with a newline to LINE. Returns the length of both. */
static size_t
make_line(const char *text, char line[LINE_FILE_MAX])
{
	size_t length = text_measure_trimmed(text,
	    strnlen(text, LINE_FILE_MAX - 1));

	memcpy(line, text, length);
	text_make_printable(line, length);
	line[length] = '\n';
	return length + 1;
}

/*
 * True if the last line of the file has no newline. Also true if this cannot be
 * read, because an empty line is better than two lines in one. False if FD is
 * no regular file, where lseek(2) fails.
 */
static bool
has_open_line(int fd)
{
	char last;

	return lseek(fd, -1, SEEK_END) >= 0 &&
	    (read(fd, &last, 1) != 1 || last != '\n');
}

void
line_file_append(int fd, const char *text)
{
	char line[1 + LINE_FILE_MAX] = "\n";
	size_t length = make_line(text, line + 1);
	size_t skipped = has_open_line(fd) ? 0 : 1;

	/* One write keeps the bytes of other writers out of the line. */
	if (write(fd, line + skipped, 1 + length - skipped) < 0)
		return;
}

void
line_file_replace(int fd, const char *text)
{
	char line[LINE_FILE_MAX];
	size_t length = make_line(text, line);
	ssize_t written = pwrite(fd, line, length, 0);

	if (written > 0 && ftruncate(fd, written) < 0)
		return;
}

/* SPDX-License-Identifier: MIT */
/*
 * Passes descriptors to NOTIFY_SOCKET that take long to let go of, with
 * datagrams that mean nothing, and becomes COMMAND:
 *
 *     pass linger|fuse COMMAND [ARG]...
 *
 * linger: sockets whose close waits for a peer that never reads (SO_LINGER,
 * socket(7)). fuse: a file, of $DIR/fuse, on a file system that never answers
 * its flush; status 77 where there is none. Its server is a child.
 */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../notification.h"

#define SOCKETS 4

static void
pass(int fd)
{
	const char *path = getenv("NOTIFY_SOCKET");

	if (notification_send(path, "X_FOO=1", strlen("X_FOO=1"), fd) < 0)
		err(1, "%s", path);
}

/* Connected, with more sent than is read, so that its close has to wait. */
static int
open_lingering(const struct sockaddr_in *peer)
{
	static const char bytes[65536];
	const struct linger for_long = { .l_onoff = 1, .l_linger = 3600 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (connect(fd, (const struct sockaddr *)peer, sizeof(*peer)) < 0)
		err(1, "connect");
	while (send(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		continue;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &for_long, sizeof(for_long));
	return fd;
}

/* The pid of dinit's helper; 0: it has not started yet. */
static pid_t
find_helper(void)
{
	DIR *list = opendir("/proc");
	const struct dirent *entry;
	pid_t found = 0;

	while (found == 0 && (entry = readdir(list)) != NULL) {
		char path[300];
		char name[32] = "";
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		file = fopen(path, "r");
		if (file == NULL)
			continue;
		if (fgets(name, sizeof(name), file) != NULL &&
		    strcmp(name, "dinit-notify\n") == 0)
			found = atoi(entry->d_name);
		fclose(file);
	}
	closedir(list);
	return found;
}

/*
 * Only the last one who closes a socket waits. So that this is not us, the
 * helper is stopped meanwhile. The peer is inherited, and never accepts.
 */
static void
pass_lingering(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t length = sizeof(address);
	int peer = socket(AF_INET, SOCK_STREAM, 0);
	const int small = 2304;
	pid_t helper;

	while ((helper = find_helper()) == 0)
		usleep(1000);
	kill(helper, SIGSTOP);
	setsockopt(peer, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	if (bind(peer, (struct sockaddr *)&address, length) < 0 ||
	    listen(peer, SOCKETS) < 0 ||
	    getsockname(peer, (struct sockaddr *)&address, &length) < 0)
		err(1, "no peer");
	for (int i = 0; i < SOCKETS; i++) {
		int fd = open_lingering(&address);

		pass(fd);
		close(fd);
	}
	kill(helper, SIGCONT);
}

static void
answer(int device, uint64_t unique, int error, const void *body, size_t size)
{
	char text[256];
	struct fuse_out_header header = {
		.len = (uint32_t)(sizeof(header) + size),
		.error = error,
		.unique = unique,
	};

	memcpy(text, &header, sizeof(header));
	memcpy(text + sizeof(header), body, size);
	if (write(device, text, header.len) < 0)
		err(1, "cannot answer");
}

/* Until the file is open; what is asked then stays unread. */
static void
serve(int device)
{
	static char text[FUSE_MIN_READ_BUFFER + 65536];
	const struct fuse_init_out init = {
		.major = FUSE_KERNEL_VERSION,
		.minor = FUSE_KERNEL_MINOR_VERSION,
		.max_write = 4096,
	};
	const struct fuse_in_header *asked = (const void *)text;

	do {
		if (read(device, text, sizeof(text)) < 0)
			err(1, "cannot read");
		if (asked->opcode == FUSE_INIT)
			answer(device, asked->unique, 0, &init, sizeof(init));
		else
			answer(device, asked->unique, -ENOSYS, "", 0);
	} while (asked->opcode != FUSE_OPEN);
	for (;;)
		pause();
}

/* Open for as long as we are: nobody can close it. */
static void
pass_fuse(void)
{
	char options[96];
	int device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	int fd;

	close(open("fuse", O_WRONLY | O_CREAT, 0600));
	snprintf(options, sizeof(options),
	    "fd=%d,rootmode=100000,user_id=0,group_id=0", device);
	if (device < 0 || mount("fuse", "fuse", "fuse", 0, options) < 0) {
		warn("no FUSE here");
		exit(77);
	}
	if (fork() == 0)
		serve(device);
	/* Or, killed before our exec, we would wait for ourselves. */
	close(device);
	fd = open("fuse", O_RDONLY);
	if (fd < 0)
		err(1, "cannot open the file");
	pass(fd);
}

int
main(int argc, char **argv)
{
	if (argc < 3 || chdir(getenv("DIR")) < 0)
		errx(1, "usage");
	if (strcmp(argv[1], "linger") == 0)
		pass_lingering();
	else
		pass_fuse();
	execvp(argv[2], argv + 2);
	err(1, "%s", argv[2]);
}

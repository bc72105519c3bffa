/* SPDX-License-Identifier: MIT */
/*
 * --own, and the streams of --user: as real root in PID and mount namespaces of
 * its own. The users are numbers, which need no files.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support.h"
#include "base/array.h"

TestSuite(own, .timeout = 60);

#define APP 1000
#define APP_GROUP 1001

/* Writes a file into the folder, and says whose that is. */
#define USE(folder) "touch " folder "/mine && stat -c %u:%g:%a " folder

/* Shell commands that prepare the folders; LACKS: without CAP_CHOWN. */
struct setting {
	const char *commands;
	bool lacks_chown;
};

static void
prepare(void *argument)
{
	const struct setting *setting = argument;

	umask(077);
	must(chdir(in_directory("")) == 0);
	if (setting->commands != NULL)
		must(system(setting->commands) == 0);
	if (setting->lacks_chown)
		must(prctl(PR_CAPBSET_DROP, CAP_CHOWN, 0L, 0L, 0L) == 0);
}

static struct container
start(struct run run, const struct setting *setting)
{
	static const struct setting usual;

	return container_start_as_root(run, prepare,
	    setting != NULL ? setting : &usual);
}

/* The app has run, and has printed TEXT. */
static void
expect_output(struct run run, const struct setting *setting, const char *text)
{
	struct container c = start(run, setting);

	container_expect_status(&c, 0);
	cr_expect_str_eq(container_read(&c, "out"), text);
	cr_expect_str_eq(container_read(&c, "log"), "");
	container_discard(&c);
}

/* One line that has TEXT, and no app. */
static void
expect_refused(struct run run, const struct setting *setting, const char *text)
{
	struct container c = start(run, setting);

	container_expect_status(&c, 125);
	cr_expect_eq(count_text(container_read(&c, "log"), "\n"), 1);
	container_expect_log(&c, text);
	cr_expect_str_eq(container_read(&c, "out"), "");
	container_discard(&c);
}

Test(own, missing_folder_is_made_and_given)
{
	expect_output((struct run){ .arguments = { "--user=1000:1001",
	    "--own=$DIR/new/data/", "--", "sh", "-c",
	    USE("$DIR/new/data") "; stat -c %u:%g:%a $DIR/new" } }, NULL,
	    "1000:1001:755\n0:0:755\n");
	expect_output((struct run){ .arguments = { "--", "sh", "-c",
	    USE("$DIR/new/data") "; echo $DINIT_OWN" },
	    .environment = { "DINIT_USER=1000:1001",
	    "DINIT_OWN=$DIR/new/data,$DIR/other" } }, NULL,
	    "1000:1001:755\n\n");
}

/* Its group may be one that the engine has given it (fsGroup). */
Test(own, folder_is_given_without_its_group_and_contents)
{
	static const struct setting found = {
		.commands = "mkdir -m 2770 old && touch old/inside && "
		    "chgrp 33 old && chmod 2770 old && mkdir -m 700 second",
	};

	expect_output((struct run){ .arguments = { "--user=1000:1001",
	    "--own=$DIR/old", "--own=$DIR/second", "--", "sh", "-c",
	    USE("$DIR/old") "; stat -c %u $DIR/old/inside; "
	    USE("$DIR/second") } }, &found,
	    "1000:33:2770\n0\n1000:0:700\n");
}

Test(own, without_a_user_the_folder_is_made_and_proved)
{
	static const struct setting found = {
		.commands = "mkdir -m 777 old && chown 1000 old",
	};
	struct run run = {
		.arguments = { "--own=$DIR/new,$DIR/old", "--", "sh", "-c",
		    USE("$DIR/new") "; stat -c %u $DIR/old" },
	};

	expect_output(run, &found, "0:0:755\n1000\n");
	run = (struct run){
		.arguments = { "--own=$DIR/new", "--", "touch",
		    "$DIR/new/mine" },
		.place = AS_PID_1,
	};
	struct container c = container_start(&run);

	container_expect_status(&c, 0);
	cr_expect(container_has_file(&c, "new/mine"));
}

Test(own, proof_counts_where_the_change_is_denied)
{
	static const struct setting open = {
		.commands = "mkdir -m 777 old", .lacks_chown = true,
	};
	static const struct setting closed = {
		.commands = "mkdir -m 755 old", .lacks_chown = true,
	};
	struct run run = {
		.arguments = { "--user=1000:1001", "--own=$DIR/old", "--",
		    "sh", "-c", USE("$DIR/old") },
	};

	expect_output(run, &open, "0:0:777\n");
	expect_refused(run, &closed, "/old: uid 1000 cannot write there: "
	    "Permission denied; it belongs to uid 0 and gid 0, with the mode "
	    "0755; dinit cannot change that: Operation not permitted (it takes "
	    "CAP_CHOWN");
}

Test(own, folder_of_the_user_that_it_cannot_write_to_is_refused)
{
	static const struct setting read_only = {
		.commands = "mkdir old && mount -t tmpfs -o ro none old",
	};
	static const struct setting locked = { .commands = "mkdir -m 555 old" };
	static const struct setting hidden = {
		.commands = "mkdir -m 700 hidden",
	};
	struct run run = {
		.arguments = { "--user=1000:1001", "--own=$DIR/old", "--",
		    "echo", "run" },
	};

	expect_refused(run, &read_only, "/old: uid 1000 cannot write there: "
	    "Read-only file system; ");
	expect_refused(run, &locked, "/old: uid 1000 cannot write there: "
	    "Permission denied; it belongs to uid 1000 and gid 0, with the "
	    "mode 0555\n");
	run.arguments[1] = "--own=$DIR/hidden/old";
	expect_refused(run, &hidden, "/hidden/old: uid 1000 cannot write "
	    "there: Permission denied; it belongs to uid 1000 ");
}

Test(own, what_is_no_folder_is_refused)
{
	static const struct setting file = {
		.commands = "touch file && mkdir real && ln -s real link && "
		    "ln -s nowhere dangling",
	};
	static const struct {
		const char *option;
		const char *text;
	} samples[] = {
		{ "--own=$DIR/file", "/file is no folder" },
		{ "--own=$DIR/file/below", "/file is no folder" },
		{ "--own=$DIR/link", "/link is a symbolic link that is not "
		    "followed" },
		{ "--own=$DIR/link/", "/link is a symbolic link that is not "
		    "followed" },
		{ "--own=$DIR/dangling", "/dangling is a symbolic link" },
		{ "--own=/tmp/..", "is the root of the container" },
		{ "--own=/proc/sys/new", "cannot open or make the folder "
		    "/proc/sys/new: " },
	};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		expect_refused((struct run){ .arguments = { samples[i].option,
		    "--user=1000:1001", "--", "echo", "run" } }, &file,
		    samples[i].text);
}

/* What the app has planted in its volume leads dinit nowhere. */
Test(own, link_on_the_way_is_followed_only_if_it_can_be_trusted)
{
	static const struct setting links = {
		.commands = "mkdir -m 755 real real/data && ln -s real link && "
		    "ln -s real planted && chown -h 1000 planted",
	};

	expect_output((struct run){ .arguments = { "--own=$DIR/link/data",
	    "--user=1000:1001", "--", "sh", "-c", USE("$DIR/real/data") } },
	    &links, "1000:0:755\n");
	expect_refused((struct run){ .arguments = {
	    "--own=$DIR/planted/data", "--user=1000:1001", "--", "echo",
	    "run" } }, &links, "/planted is a symbolic link that is not "
	    "followed");
}

/* --- The streams --- */

/* Opens all three anew, by the links of /proc that /dev/stdout leads to. */
#define OPEN_STREAMS "cat </proc/self/fd/0; echo out >/proc/self/fd/1 && " \
	"echo error >/proc/self/fd/2"

static void
expect_pipes_to_open(const struct setting *setting)
{
	int input[2], output[2];
	struct container c;
	char text[64] = "";

	cr_assert_eq(pipe(input), 0);
	cr_assert_eq(pipe(output), 0);
	cr_assert_eq(write(input[1], "in\n", 3), 3);
	close(input[1]);
	c = start((struct run){
		.arguments = { "--user=1000:1001", "--", "sh", "-c",
		    OPEN_STREAMS },
		.input = input[0], .output = output[1], .error = output[1],
	}, setting);
	close(input[0]);
	close(output[1]);
	container_expect_status(&c, 0);
	for (size_t length = 0; length < sizeof(text) - 1;) {
		ssize_t got = read(output[0], text + length,
		    sizeof(text) - 1 - length);

		if (got <= 0)
			break;
		length += (size_t)got;
	}
	close(output[0]);
	cr_expect_str_eq(text, "in\nout\nerror\n");
	container_discard(&c);
}

Test(own, pipes_of_the_container_are_open_to_the_user)
{
	static const struct setting lacks = { .lacks_chown = true };

	expect_pipes_to_open(NULL);
	expect_pipes_to_open(&lacks);
}

Test(own, terminal_of_the_container_is_open_to_the_user)
{
	static const struct setting lacks = { .lacks_chown = true };
	const struct setting *const settings[] = { NULL, &lacks };

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		struct container c = start((struct run){
			.arguments = { "--user=1000:1001", "--", "sh", "-c",
			    "echo written >/proc/self/fd/1" },
			.terminal = true,
		}, settings[i]);

		terminal_await(&c, "written");
		container_expect_status(&c, 0);
		container_discard(&c);
	}
}

/* A file is that of somebody who redirected the output into it. */
Test(own, file_as_a_stream_keeps_its_owner)
{
	struct container c = start((struct run){
		.arguments = { "--user=1000:1001", "--", "true" },
	}, NULL);
	struct stat out;

	container_expect_status(&c, 0);
	cr_assert_eq(stat(container_path(&c, "out"), &out), 0);
	cr_expect_eq(out.st_uid, 0);
}

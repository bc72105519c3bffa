/* SPDX-License-Identifier: MIT */
/*
 * As real root, in PID and mount namespaces of its own, where /etc/passwd and
 * /etc/group are the test's.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support.h"
#include "base/array.h"

TestSuite(privileges, .timeout = 60);

#define APP 1000
#define APP_GROUP 1001

#define BIT(capability) (UINT64_C(1) << (capability))

/* Says who it is: its home, and its /proc/PID/status. */
#define SAY_WHO "--", "sh", "-c", "echo home=$HOME; exec cat /proc/self/status"

/* What is different in a container. */
struct setting {
	const char *passwd;      /* NULL: the one below */
	const char *group;
	size_t padding;          /* of the home in a further line */
	uint64_t without;        /* capabilities that dinit has not got */
	bool has_network;        /* one of its own, lo is up */
	uid_t user;              /* dinit's own; 0: root */
	gid_t gid;               /* that user's; 0: of the same number */
	size_t group_count;      /* and the supplementary groups */
	gid_t groups[3];
	uint64_t ambient;        /* what that user has, as Podman gives it */
	mode_t mode;             /* of $DIR/own, the app's; 0: 0755 */
	unsigned int unknown;    /* a system call that there is none of */
};

static const char default_passwd[] =
    "root:x:0:0:root:/root:/bin/sh\n"
    "app:x:1000:1001:App:/srv/app:/bin/sh\n";

/* The last line without its newline, as files written by hand may be. */
static const char default_group[] =
    "root:x:0:\n"
    "app:x:1001:\n"
    "www:x:33:app\n"
    "log:x:34:other,app";

/* Makes the file NAME in the scratch folder what is found at PATH. */
static void
replace_file(const char *path, const char *name, const char *text,
    size_t padding)
{
	FILE *file = fopen(in_directory(name), "w");

	must(file != NULL);
	if (padding > 0) {
		fputs("long:x:1005:1005::/", file);
		for (size_t i = 0; i < padding; i++)
			fputc('x', file);
		fputs(":/bin/sh\n", file);
	}
	fputs(text, file);
	fclose(file);
	must(mount(in_directory(name), path, NULL, MS_BIND, NULL) == 0);
}

static void
enter_network(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd;

	must(unshare(CLONE_NEWNET) == 0);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	must(ioctl(fd, SIOCSIFFLAGS, &request) == 0);
	close(fd);
}

static void
give_up(uint64_t capabilities)
{
	for (int value = 0; value < 64; value++)
		if (capabilities >> value & 1)
			must(prctl(PR_CAPBSET_DROP, value, 0L, 0L, 0L) == 0);
}

/* Another user than root, who has capabilities and hands them on. */
static void
become(const struct setting *setting)
{
	uint64_t ambient = setting->ambient;
	uid_t user = setting->user;
	gid_t gid = setting->gid != 0 ? setting->gid : user;
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = { {
		.permitted = (uint32_t)ambient,
		.effective = (uint32_t)ambient,
		.inheritable = (uint32_t)ambient,
	} };

	must(prctl(PR_SET_KEEPCAPS, 1L) == 0);
	must(setgroups(setting->group_count, setting->groups) == 0);
	must(setresgid(gid, gid, gid) == 0);
	must(setresuid(user, user, user) == 0);
	must(syscall(SYS_capset, &header, data) == 0);
	for (long value = 0; value < 32; value++)
		if (ambient >> value & 1)
			must(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE,
			    value, 0L, 0L) == 0);
}

/* As on a kernel without it. */
static void
make_unknown(unsigned int call)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {
		.len = ARRAY_SIZE(code),
		.filter = code,
	};

	must(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0L, &program) == 0);
}

static void
copy_setuid(void)
{
	char command[512];

	snprintf(command, sizeof(command), "cp /bin/cat %s && chmod 4755 %s",
	    in_directory("suid-cat"), in_directory("suid-cat"));
	must(system(command) == 0);
}

static void
prepare(void *argument)
{
	const struct setting *setting = argument;
	mode_t mode = setting->mode != 0 ? setting->mode : 0755;

	umask(022);
	replace_file("/etc/passwd", "passwd", setting->passwd != NULL ?
	    setting->passwd : default_passwd, setting->padding);
	replace_file("/etc/group", "group", setting->group != NULL ?
	    setting->group : default_group, 0);
	if (setting->has_network)
		enter_network();
	must(mkdir(in_directory("own"), 0755) == 0);
	must(chmod(in_directory("own"), mode) == 0);
	must(chown(in_directory("own"), APP, APP_GROUP) == 0);
	copy_setuid();
	if (setting->unknown != 0)
		make_unknown(setting->unknown);
	give_up(setting->without);
	if (setting->user == 0) {
		must(setgroups(setting->group_count, setting->groups) == 0);
		return;
	}
	/* as engines do with the standard streams of another user */
	must(fchown(STDOUT_FILENO, setting->user, (gid_t)-1) == 0);
	must(fchown(STDERR_FILENO, setting->user, (gid_t)-1) == 0);
	become(setting);
}

static struct container
start(struct run run, const struct setting *setting)
{
	static const struct setting usual;

	return container_start_as_root(run, prepare,
	    setting != NULL ? setting : &usual);
}

/* It has printed LINE. */
static void
expect_line(const struct container *c, const char *line)
{
	char text[256];

	snprintf(text, sizeof(text), "\n%s\n", line);
	cr_expect_not_null(strstr(container_read(c, "out"), text),
	    "no '%s' but '%s'", line, container_read(c, "out"));
}

static uint64_t
own_bounding_set(void)
{
	return status_field(process_status(getpid()), "CapBnd");
}

/* The four sets of the app, from what it has printed. */
static void
expect_sets(const struct container *c, uint64_t kept)
{
	static const char *const names[] = { "CapInh", "CapPrm", "CapEff",
		"CapAmb" };
	const char *out = container_read(c, "out");

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		cr_expect_eq(status_field(out, names[i]), kept, "%s: %s",
		    names[i], out);
}

/* --- The user --- */

struct identity {
	const char *user;
	const char *uids;
	const char *gids;
	const char *groups;
	const char *home;
};

static void
expect_identity(const struct identity *who, const char *option)
{
	char setting[64];
	struct container c;

	snprintf(setting, sizeof(setting), "%s=%s", option, who->user);
	c = start(option[0] == '-' ? (struct run){
		.arguments = { setting, SAY_WHO },
	} : (struct run){
		.arguments = { SAY_WHO },
		.environment = { setting, "HOME=/root" },
	}, NULL);
	container_expect_status(&c, 0);
	cr_expect_eq(strncmp(container_read(&c, "out"), who->home,
	    strlen(who->home)), 0, "%s", container_read(&c, "out"));
	expect_line(&c, who->uids);
	expect_line(&c, who->gids);
	expect_line(&c, who->groups);
	if (strcmp(who->uids, "Uid:\t0\t0\t0\t0") != 0)
		expect_sets(&c, 0);
	cr_expect_eq(status_field(container_read(&c, "out"), "CapBnd"),
	    own_bounding_set());
	cr_expect_str_eq(container_read(&c, "log"), "");
	container_discard(&c);
}

Test(privileges, run_the_app_as_the_user)
{
	static const struct identity samples[] = {
		{ "app", "Uid:\t1000\t1000\t1000\t1000",
		    "Gid:\t1001\t1001\t1001\t1001", "Groups:\t33 34 ",
		    "home=/srv/app\n" },
		{ "1000", "Uid:\t1000\t1000\t1000\t1000",
		    "Gid:\t1001\t1001\t1001\t1001", "Groups:\t33 34 ",
		    "home=/srv/app\n" },
		{ "app:www", "Uid:\t1000\t1000\t1000\t1000",
		    "Gid:\t33\t33\t33\t33", "Groups:\t ", "home=/srv/app\n" },
		{ "1000:34", "Uid:\t1000\t1000\t1000\t1000",
		    "Gid:\t34\t34\t34\t34", "Groups:\t ", "home=/srv/app\n" },
		{ "5000", "Uid:\t5000\t5000\t5000\t5000",
		    "Gid:\t0\t0\t0\t0", "Groups:\t ", "home=/\n" },
		{ "5000:6000", "Uid:\t5000\t5000\t5000\t5000",
		    "Gid:\t6000\t6000\t6000\t6000", "Groups:\t ", "home=/\n" },
		{ "root", "Uid:\t0\t0\t0\t0", "Gid:\t0\t0\t0\t0",
		    "Groups:\t ", "home=/root\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		expect_identity(&samples[i], "--user");
		expect_identity(&samples[i], "DINIT_USER");
	}
}

/* Exit status 125, one line with all of NAME and TEXT, and no app. */
static void
expect_refused(struct run run, const struct setting *setting,
    const char *name, const char *text)
{
	struct container c = start(run, setting);
	char line[512];

	container_expect_status(&c, 125);
	snprintf(line, sizeof(line), "dinit: error: %s: ", name);
	cr_expect_eq(strncmp(container_read(&c, "log"), line, strlen(line)),
	    0, "%s", container_read(&c, "log"));
	container_expect_log(&c, text);
	cr_expect_eq(count_text(container_read(&c, "log"), "\n"), 1, "%s",
	    container_read(&c, "log"));
	cr_expect_str_eq(container_read(&c, "out"), "", "the app has run");
	container_discard(&c);
}

Test(privileges, refuse_a_user_before_the_app_runs)
{
	static const char *const samples[] = { "0x0", "+1", "-1", "1000x",
		"4294967295", ":", "", "a:", ":a", "a:b:c", "nobody-here",
		"app:nobody-here", "app:-1", "app:4294967295", "1000:0x0" };

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		char option[64];

		snprintf(option, sizeof(option), "--user=%s", samples[i]);
		expect_refused((struct run){ .arguments = { option, "--",
		    "echo", "run" } }, NULL, "--user", "'");
		if (samples[i][0] == '\0')
			continue;
		snprintf(option, sizeof(option), "DINIT_USER=%s", samples[i]);
		expect_refused((struct run){ .arguments = { "--", "echo",
		    "run" }, .environment = { option } }, NULL, "DINIT_USER",
		    "'");
	}
}

Test(privileges, stand_hostile_files)
{
	static const struct setting huge = { .padding = 1 << 20 };
	static const struct setting empty = { .passwd = "", .group = "" };
	struct container c = start((struct run){
		.arguments = { "--user=app", SAY_WHO },
	}, &huge);

	container_expect_status(&c, 0);
	expect_line(&c, "Groups:\t33 34 ");
	expect_refused((struct run){ .arguments = { "--user=long", "--",
	    "echo", "run" } }, &huge, "--user",
	    "the home of 'long' is too long");
	expect_refused((struct run){ .arguments = { "--user=app", "--",
	    "echo", "run" } }, &empty, "--user",
	    "no user 'app' in /etc/passwd");
	c = start((struct run){
		.arguments = { "--user=7:8", SAY_WHO },
	}, &empty);
	container_expect_status(&c, 0);
	expect_line(&c, "Uid:\t7\t7\t7\t7");
}

static void
put_fifo_in_place_of_passwd(void *argument)
{
	prepare(argument);
	must(mkfifo(in_directory("fifo"), 0644) == 0);
	must(mount(in_directory("fifo"), "/etc/passwd", NULL, MS_BIND, NULL) ==
	    0);
}

/* Nobody ever writes to it. */
Test(privileges, wait_for_no_fifo_in_place_of_a_file)
{
	static const struct setting usual;
	struct container c = container_start(&(struct run){
		.place = AS_PID_1_AS_ROOT,
		.before_exec = put_fifo_in_place_of_passwd,
		.argument = (void *)(uintptr_t)&usual,
		.arguments = { "--user=app", "--", "echo", "run" },
	});

	container_expect_status(&c, 125);
	container_expect_log(&c, "dinit: error: --user: cannot read "
	    "/etc/passwd: it is a FIFO, not a regular file");
	cr_expect_str_eq(container_read(&c, "out"), "");
}

Test(privileges, leave_no_way_back_to_root)
{
	struct container c = start((struct run){
		.arguments = { "--user=app", "--", "regain" },
	}, NULL);

	container_expect_status(&c, 0);
	cr_expect_str_eq(container_read(&c, "out"), "end\n");
	c = start((struct run){
		.arguments = { "--user=app", "--keep-caps=none", "--",
		    "regain" },
	}, NULL);
	container_expect_status(&c, 0);
	cr_expect_str_eq(container_read(&c, "out"), "end\n");
}

Test(privileges, refuse_another_user_without_cap_kill)
{
	static const struct setting setting = { .without = BIT(CAP_KILL) };
	static const struct setting rootless = { .user = 4000 };
	struct container c;

	expect_refused((struct run){ .arguments = { "--user=app", "--", "echo",
	    "run" } }, &setting, "--user", "without CAP_KILL dinit could never "
	    "stop COMMAND as uid 1000: add it with --cap-add=KILL");
	expect_refused((struct run){ .arguments = { "--", "echo", "run" },
	    .environment = { "DINIT_USER=app" } }, &rootless, "DINIT_USER",
	    "it must start as root");
	/* Itself it may stop. */
	c = start((struct run){
		.arguments = { "--user=root", "--", "echo", "run" },
	}, &setting);
	container_expect_status(&c, 0);
}

/* As `docker run --user app` has it: the main group is among the others. */
static const struct setting as_app = {
	.user = APP, .gid = APP_GROUP,
	.group_count = 3, .groups = { APP_GROUP, 33, 34 },
};

Test(privileges, refuse_groups_that_cannot_be_dropped)
{
	static const char *const users[] = { "app:app", "1000:1001" };

	for (size_t i = 0; i < ARRAY_SIZE(users); i++) {
		char option[64];

		snprintf(option, sizeof(option), "DINIT_USER=%s", users[i]);
		expect_refused((struct run){ .arguments = { "--", "echo",
		    "run" }, .environment = { option } }, &as_app, "DINIT_USER",
		    "this container runs as uid 1000 already, and cannot drop "
		    "its group 33 (that takes CAP_SETGID): leave this out to "
		    "keep it, or start as root");
	}
}

Test(privileges, refuse_groups_that_cannot_be_had)
{
	static const struct setting alone = { .user = APP, .gid = APP_GROUP };

	expect_refused((struct run){ .arguments = { "--user=app", "--", "echo",
	    "run" } }, &alone, "--user", "not in its group 33, and cannot "
	    "change groups");
	expect_refused((struct run){ .arguments = { "--user=app:www", "--",
	    "echo", "run" } }, &alone, "--user", "not with gid 33, and cannot "
	    "change groups");
}

static void
expect_groups(const char *option, const struct setting *setting,
    const char *groups)
{
	struct container c = start((struct run){
		.arguments = { option, SAY_WHO },
	}, setting);

	container_expect_status(&c, 0);
	expect_line(&c, groups);
	cr_expect_str_eq(container_read(&c, "log"), "");
	container_discard(&c);
}

Test(privileges, leave_groups_as_they_are_where_they_are_right)
{
	static const struct setting alone = { .user = APP, .gid = APP_GROUP };
	static const struct setting main_only = {
		.user = APP, .gid = APP_GROUP,
		.group_count = 1, .groups = { APP_GROUP },
	};
	/* as with docker run --group-add */
	static const struct setting with_more = {
		.user = APP, .gid = APP_GROUP,
		.group_count = 3, .groups = { 33, 34, 2000 },
	};
	static const struct setting able = {
		.user = APP, .gid = APP_GROUP,
		.group_count = 1, .groups = { 2000 },
		.ambient = BIT(CAP_SETGID),
	};
	static const struct setting able_as_app = {
		.user = APP, .gid = APP_GROUP,
		.group_count = 3, .groups = { 33, 34, 2000 },
		.ambient = BIT(CAP_SETGID),
	};
	static const struct setting added = {
		.user = APP, .gid = APP_GROUP,
		.group_count = 2, .groups = { APP_GROUP, 2000 },
	};

	expect_groups("--user=app", &as_app, "Groups:\t33 34 1001 ");
	expect_groups("--user=app:app", &alone, "Groups:\t ");
	expect_groups("--user=1000:1001", &main_only, "Groups:\t1001 ");
	expect_groups("--user=app", &with_more, "Groups:\t33 34 2000 ");
	expect_groups("--user=app:app", &able, "Groups:\t2000 ");
	expect_groups("--user=app:app", &able_as_app, "Groups:\t2000 ");
	expect_groups("--user=app:app", &added, "Groups:\t1001 2000 ");
}

/* As with docker run --group-add for a container that starts as root. */
Test(privileges, leave_the_user_the_groups_that_the_engine_has_added)
{
	static const struct setting added = {
		.group = "root:x:0:root\nroots:x:10:root\napp:x:1001:\n"
		    "www:x:33:app\n",
		.group_count = 3, .groups = { 0, 10, 2000 },
	};

	expect_groups("--user=app", &added, "Groups:\t33 2000 ");
	expect_groups("--user=app:app", &added, "Groups:\t2000 ");
	expect_groups("--user=5000", &added, "Groups:\t2000 ");
}

static void
expect_home(const char *variable, const char *home)
{
	struct container c = start((struct run){
		.arguments = { "--user=app", SAY_WHO },
		.environment = { variable },
	}, NULL);

	container_expect_status(&c, 0);
	cr_expect_eq(strncmp(container_read(&c, "out"), home, strlen(home)), 0,
	    "%s: %s", variable, container_read(&c, "out"));
	container_discard(&c);
}

/* The engine sets that of the user who starts dinit. */
Test(privileges, leave_the_home_that_the_image_has_set)
{
	expect_home("HOME=/image", "home=/image\n");
	expect_home("HOME=/root", "home=/srv/app\n");
	expect_home("HOME=", "home=/srv/app\n");
	expect_home(NULL, "home=/srv/app\n");
}

/* --- Capabilities --- */

static void
expect_capabilities(const char *user, const char *option, uint64_t kept,
    uint64_t bounding)
{
	struct container c = start((struct run){
		.arguments = { user, option, SAY_WHO },
	}, NULL);

	container_expect_status(&c, 0);
	expect_sets(&c, kept);
	cr_expect_eq(status_field(container_read(&c, "out"), "CapBnd"),
	    bounding, "%s %s: %s", user, option, container_read(&c, "out"));
	container_discard(&c);
}

Test(privileges, keep_capabilities_across_the_user)
{
	uint64_t all = own_bounding_set();
	uint64_t two = BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_CHOWN);

	expect_capabilities("--user=app", "--keep-caps=none", 0, 0);
	expect_capabilities("--user=app", "--keep-caps=Cap_Chown,10", two,
	    two);
	expect_capabilities("--user=app", "--keep-caps=all", all, all);
	expect_capabilities("--user=root", "--keep-caps=chown,10", two, two);
	expect_capabilities("--no-new-privs", "--keep-caps=chown,10", two,
	    two);
	expect_capabilities("--user=app", "--drop-caps=chown", 0,
	    all & ~BIT(CAP_CHOWN));
}

Test(privileges, drop_capabilities_from_root)
{
	uint64_t left = own_bounding_set() & ~BIT(CAP_CHOWN) &
	    ~BIT(CAP_NET_RAW);
	struct container c = start((struct run){
		.arguments = { "--drop-caps=chown,CAP_NET_RAW", SAY_WHO },
	}, NULL);

	container_expect_status(&c, 0);
	cr_expect_eq(status_field(container_read(&c, "out"), "CapBnd"), left);
	cr_expect_eq(status_field(container_read(&c, "out"), "CapEff"), left);
	c = start((struct run){
		.arguments = { "--drop-caps=all", SAY_WHO },
	}, NULL);
	container_expect_status(&c, 0);
	cr_expect_eq(status_field(container_read(&c, "out"), "CapBnd"), 0);
	expect_sets(&c, 0);
}

Test(privileges, leave_what_the_engine_gave_to_another_user)
{
	static const struct setting setting = {
		.user = 4000,
		.ambient = BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_CHOWN),
		.without = BIT(CAP_SYS_TIME),
	};
	static const char *const options[] = { "--drop-caps=sys_time",
		"--no-new-privs", "--grace=1s" };

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		struct container c = start((struct run){
			.arguments = { options[i], SAY_WHO },
		}, &setting);

		container_expect_status(&c, 0);
		expect_sets(&c, setting.ambient);
		container_discard(&c);
	}
}

/* Nothing is to be taken from the bounding set, which is all of it. */
Test(privileges, keep_all_without_cap_setpcap)
{
	static const struct setting setting = { .without = BIT(CAP_SETPCAP) };
	struct container c = start((struct run){
		.arguments = { "--user=app", "--keep-caps=all", SAY_WHO },
	}, &setting);

	container_expect_status(&c, 0);
	expect_sets(&c, own_bounding_set() & ~BIT(CAP_SETPCAP));
}

Test(privileges, refuse_capabilities_before_the_app_runs)
{
	static const struct setting setting = {
		.without = BIT(CAP_SYS_TIME),
	};

	expect_refused((struct run){ .arguments = { "--keep-caps=sys_time",
	    "--", "echo", "run" } }, &setting, "--keep-caps", "cap_sys_time: "
	    "not in the container's bounding set: add it with --cap-add");
	expect_refused((struct run){ .arguments = { "--", "echo", "run" },
	    .environment = { "DINIT_KEEP_CAPS=cap_nothing" } }, NULL,
	    "DINIT_KEEP_CAPS", "'cap_nothing' is not a capability such as");
	expect_refused((struct run){ .arguments = { "--drop-caps=chown kill",
	    "--", "echo", "run" } }, NULL, "--drop-caps",
	    "'chown kill' is not a capability such as");
	expect_refused((struct run){ .arguments = { "--seccomp=/nowhere",
	    "--", "echo", "run" } }, NULL, "--seccomp", "/nowhere: ");
}

Test(privileges, bind_a_low_port_as_another_user)
{
	static const struct setting setting = { .has_network = true };
	struct container c;
	const char *status;

	if (prctl(PR_CAPBSET_READ, CAP_NET_ADMIN) != 1)
		cr_skip("skipped: no network of our own without CAP_NET_ADMIN");
	c = start((struct run){
		.arguments = { "--user=app", "--keep-caps=net_bind_service",
		    "--health-cmd=[\"webapp\",\"get\",\"80\",\"/\"]",
		    "--ready-file=$DIR/ready", "--", "webapp", "80", "0" },
	}, &setting);

	container_await_file(&c, "ready");
	status = process_status(container_find_process(&c, "webapp"));
	cr_expect_not_null(strstr(status, "\nUid:\t1000\t1000\t1000\t1000\n"),
	    "%s", status);
	cr_expect_eq(status_field(status, "CapEff"),
	    BIT(CAP_NET_BIND_SERVICE));
	container_signal(&c, SIGTERM);
	container_expect_status(&c, 0);
	c = start((struct run){
		.arguments = { "--user=app", "--", "webapp", "80", "0" },
	}, &setting);
	cr_expect_neq(container_wait(&c), 0, "no capability needed");
}

static void
skip_without_setuid(void)
{
	struct statvfs where;

	if (statvfs("/tmp", &where) == 0 && where.f_flag & ST_NOSUID)
		cr_skip("skipped: /tmp is mounted nosuid");
}

#define SUID_CAT "--", "sh", "-c", "echo; exec $DIR/suid-cat /proc/self/status"

Test(privileges, give_nothing_dropped_back_to_a_setuid_file)
{
	uint64_t all = own_bounding_set();
	struct container c;

	skip_without_setuid();
	c = start((struct run){
		.arguments = { "--user=app", "--drop-caps=chown", SUID_CAT },
	}, NULL);
	container_expect_status(&c, 0);
	expect_line(&c, "Uid:\t1000\t0\t0\t0");
	cr_expect_eq(status_field(container_read(&c, "out"), "CapEff"),
	    all & ~BIT(CAP_CHOWN));
	c = start((struct run){
		.arguments = { "--user=app", "--keep-caps=none", SUID_CAT },
	}, NULL);
	container_expect_status(&c, 0);
	expect_line(&c, "Uid:\t1000\t0\t0\t0");
	expect_sets(&c, 0);
}

Test(privileges, gain_nothing_by_a_setuid_file_without_new_privileges)
{
	struct container c;

	skip_without_setuid();
	c = start((struct run){
		.arguments = { "--user=app", "--no-new-privs", SUID_CAT },
	}, NULL);
	container_expect_status(&c, 0);
	expect_line(&c, "Uid:\t1000\t1000\t1000\t1000");
	expect_line(&c, "NoNewPrivs:\t1");
	expect_sets(&c, 0);
}

/* Also for whoever is not root. */
Test(privileges, set_no_new_privileges_for_any_user)
{
	static const struct setting rootless = { .user = 4000 };
	struct container c = start((struct run){
		.arguments = { "--", "sh", "-c",
		    "echo; cat /proc/self/status" },
		.environment = { "DINIT_NO_NEW_PRIVS=yes" },
	}, &rootless);

	container_expect_status(&c, 0);
	expect_line(&c, "NoNewPrivs:\t1");
	c = start((struct run){
		.arguments = { "--", "sh", "-c",
		    "echo; cat /proc/self/status" },
	}, &rootless);
	container_expect_status(&c, 0);
	expect_line(&c, "NoNewPrivs:\t0");
}

Test(privileges, run_the_health_command_like_the_app)
{
	static const char *const names[] = { "Uid", "Gid", "CapInh", "CapPrm",
		"CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp" };
	struct container c = start((struct run){
		.arguments = { "--user=app", "--keep-caps=chown",
		    "--no-new-privs", "--ready-file=$DIR/ready",
		    "--health-cmd=(echo; echo $HOME; cat /proc/self/status) "
		    ">$DIR/own/new && mv $DIR/own/new $DIR/own/health", "--",
		    "listen", "64" },
	}, NULL);
	char app[8192];
	const char *check;

	container_await_text(&c, "out", "listening\n");
	container_await_file(&c, "ready");
	snprintf(app, sizeof(app), "%s",
	    process_status(container_find_process(&c, "listen")));
	check = container_read(&c, "own/health");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		cr_expect_eq(status_field(check, names[i]),
		    status_field(app, names[i]), "%s: %s", names[i], check);
	cr_expect_not_null(strstr(check, "\nGroups:\t33 34 \n"), "%s", check);
	cr_expect_not_null(strstr(check, "\n/srv/app\n"), "%s", check);
	cr_expect_eq(status_field(check, "CapEff"), BIT(CAP_CHOWN));
	container_signal(&c, SIGRTMAX);
	container_expect_status(&c, 0);
}

/* --- Lock-down --- */

static bool
is_locked_down(void *argument)
{
	const struct container *c = argument;

	return status_field(process_status(c->init), "NoNewPrivs") == 1 &&
	    process_state(c->init) == 'S';
}

static void
expect_locked_down(const struct container *c, uint64_t capabilities)
{
	const char *status;

	skip_under_filter();
	await(is_locked_down, (void *)c, "dinit is locked down");
	status = process_status(c->init);
	cr_expect_eq(status_field(status, "CapEff"), capabilities, "%s",
	    status);
	cr_expect_eq(status_field(status, "CapPrm"), capabilities, "%s",
	    status);
	cr_expect_eq(status_field(status, "CapInh"), 0, "%s", status);
	cr_expect_eq(status_field(status, "NoNewPrivs"), 1, "%s", status);
}

static void
expect_unconfined(pid_t pid, uint64_t capabilities)
{
	const char *status = process_status(pid);

	skip_under_filter();
	cr_expect_eq(status_field(status, "CapEff"), capabilities, "%s",
	    status);
	cr_expect_eq(status_field(status, "NoNewPrivs"), 0, "%s", status);
	cr_expect_eq(status_field(status, "Seccomp"), 0, "%s", status);
}

Test(privileges, lock_dinit_down_and_nobody_else)
{
	struct container c = start((struct run){
		.arguments = { "--health-cmd=false", "--startup-budget=0",
		    "--", "listen", "64" },
	}, NULL);

	container_await_text(&c, "out", "listening\n");
	expect_locked_down(&c, BIT(CAP_KILL));
	expect_unconfined(container_find_process(&c, "listen"),
	    own_bounding_set());
	expect_unconfined(container_find_process(&c, "dinit-health"),
	    own_bounding_set());
	container_signal(&c, SIGRTMAX);
	container_expect_status(&c, 0);
}

Test(privileges, lock_down_what_never_had_any)
{
	static const struct setting rootless = { .user = 4000 };
	struct container c = start((struct run){
		.arguments = { "--", "listen", "64" },
	}, &rootless);

	container_await_text(&c, "out", "listening\n");
	expect_locked_down(&c, 0);
	container_signal(&c, SIGRTMAX);
	container_expect_status(&c, 0);
}

Test(privileges, leave_dinit_unconfined_when_asked_to)
{
	struct container c = start((struct run){
		.arguments = { "--no-lockdown", "--", "listen", "64" },
	}, NULL);

	/* Relayed by the loop, which comes after the lock-down. */
	container_await_text(&c, "out", "listening\n");
	container_signal(&c, SIGUSR1);
	container_await_text(&c, "out", "\n10\n");
	expect_unconfined(c.init, own_bounding_set());
	container_signal(&c, SIGRTMAX);
	container_expect_status(&c, 0);
}

/* Both signals reach the app, from a dinit that has only CAP_KILL. */
static void
expect_stopped(struct run run)
{
	struct container c = start(run, NULL);

	container_await_text(&c, "out", "listening\n");
	expect_locked_down(&c, BIT(CAP_KILL));
	container_signal(&c, SIGTERM);
	container_await_text(&c, "out", "\n15\n");
	container_expect_status(&c, 137);
	container_expect_log(&c, "SIGKILL\n");
	container_expect_no_log(&c, "cannot");
}

Test(privileges, stop_an_app_of_another_user)
{
	expect_stopped((struct run){
		.arguments = { "--user=app", "--grace=1s", "--", "listen",
		    "64" },
	});
}

Test(privileges, stop_an_app_that_changed_its_user_by_itself)
{
	expect_stopped((struct run){
		.arguments = { "--grace=1s", "--", "listen", "-u", "64" },
	});
}

static void
expect_published(struct run run, const struct setting *setting, uint64_t left)
{
	struct container c = start(run, setting);

	container_await_text(&c, "out", "listening\n");
	container_await_file(&c, "own/ready");
	cr_expect(container_is_ready(&c, "own/ready"));
	expect_locked_down(&c, left);
	container_signal(&c, SIGTERM);
	container_await_no_file(&c, "own/ready");
	cr_expect(container_is_running(&c));
	container_signal(&c, SIGRTMAX);
	container_expect_status(&c, 0);
	container_expect_no_log(&c, "cannot");
}

/* The folder is made by dinit, and root's: only the health command decides. */
Test(privileges, keep_an_app_of_another_user_from_publishing_itself)
{
	struct container c = start((struct run){
		.arguments = { "--user=app", "--ready-file=$DIR/root/ready",
		    "--health-cmd=false", "--startup-budget=0", "--", "sh",
		    "-c", "for way in 'touch $DIR/root/ready' "
		    "'mv $DIR/root/.ready.state $DIR/root/ready' "
		    "'mv $DIR/root $DIR/own/' 'rm -rf $DIR/root' "
		    "'kill -9 1' 'chmod 777 $DIR/root'; do "
		    "$way 2>/dev/null && echo done: $way; done; exec listen" },
	}, NULL);

	container_await_text(&c, "out", "listening\n");
	cr_assert_eq(count_text(container_read(&c, "out"), "done: "), 0, "%s",
	    container_read(&c, "out"));
	cr_assert(!container_is_ready(&c, "root/ready"));
	cr_assert(container_is_running(&c));
	container_signal(&c, SIGTERM);
	container_expect_status(&c, 0);
}

Test(privileges, publish_in_a_directory_of_the_apps_user)
{
	static const struct setting closed = { .mode = 0700 };

	expect_published((struct run){
		.arguments = { "--user=app", "--ready-file=$DIR/own/ready",
		    "--grace=60s", "--", "listen", "64" },
	}, NULL, BIT(CAP_KILL));
	expect_published((struct run){
		.arguments = { "--user=app", "--ready-file=$DIR/own/ready",
		    "--health-cmd=true", "--grace=60s", "--", "listen", "64" },
	}, &closed, BIT(CAP_KILL));
	expect_published((struct run){
		.arguments = { "--ready-file=$DIR/own/ready", "--grace=60s",
		    "--", "listen", "-u", "64" },
	}, NULL, BIT(CAP_KILL));
}

/* As under gVisor. */
Test(privileges, publish_there_where_no_ids_for_files_can_be_had)
{
	static const struct setting none = { .unknown = SYS_setfsuid };

	expect_published((struct run){
		.arguments = { "--user=app", "--ready-file=$DIR/own/ready",
		    "--health-cmd=true", "--grace=60s", "--", "listen", "64" },
	}, &none, BIT(CAP_KILL) | BIT(CAP_DAC_OVERRIDE));
}

#define WRITE_AS_A_JOB "sh", "-c", \
	"until grep -q '^Seccomp:.2' /proc/1/status; do sleep 0.01; done; " \
	"echo job >>/proc/1/fd/1 && echo fault >>/proc/1/fd/2"

static void
expect_jobs_output(struct run run, const struct setting *setting, bool opens)
{
	struct container c = start(run, setting);

	cr_expect_eq(container_wait(&c) == 0, opens, "%s",
	    container_read(&c, "log"));
	cr_expect_str_eq(container_read(&c, "out"), opens ? "job\n" : "");
	container_expect_log(&c, opens ? "fault\n" : "Permission denied");
	container_discard(&c);
}

/* The kernel closes /proc/PID/fd of a process that took on other ids. */
Test(privileges, keep_standard_output_open_to_jobs_of_dinits_own_user)
{
	static const struct setting rootless = { .user = 4000, .mode = 0777 };
	/* which opens all of them, and which no engine gives */
	static const struct setting usual = { .without = BIT(CAP_SYS_PTRACE) };

	expect_jobs_output((struct run){
		.arguments = { "--ready-file=$DIR/own/ready", "--",
		    WRITE_AS_A_JOB },
	}, &usual, true);
	expect_jobs_output((struct run){
		.arguments = { "--ready-file=$DIR/own/ready", "--",
		    WRITE_AS_A_JOB },
	}, &rootless, true);
	expect_jobs_output((struct run){
		.arguments = { "--user=app", "--ready-file=$DIR/own/ready",
		    "--", WRITE_AS_A_JOB },
	}, &usual, false);
}

/* With the owner's ids for its files, which the kernel forgets it for. */
Test(privileges, hear_of_the_parents_death_beside_a_directory_of_the_app)
{
	struct container c = start((struct run){
		.arguments = { "-p", "TERM", "--ready-file=$DIR/own/ready",
		    "--", "listen" },
	}, NULL);

	container_await_text(&c, "out", "listening");
	expect_locked_down(&c, BIT(CAP_KILL));
	container_kill_parent(&c);
	container_discard(&c);
}

Test(privileges, prove_readiness_with_the_rights_that_remain)
{
	static const struct setting setting = { .mode = 0555 };
	struct container c = start((struct run){
		.arguments = { "--ready-file=$DIR/own/ready", "--", "echo",
		    "run" },
	}, &setting);

	container_expect_status(&c, 125);
	container_expect_log(&c, "dinit: error: cannot write readiness file ");
	cr_expect_str_eq(container_read(&c, "out"), "");
	c = start((struct run){
		.arguments = { "--no-lockdown", "--ready-file=$DIR/own/ready",
		    "--", "echo", "run" },
	}, &setting);
	container_expect_status(&c, 0);
}

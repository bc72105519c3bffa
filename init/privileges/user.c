/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "privileges/user.h"
#include "base/number.h"
#include "base/problem.h"
#include "base/regular_file.h"
#include "base/text.h"

/* The largest id, as in Docker. */
#define ID_MAX 2147483647L

/* Room for the longest name, with its NUL byte. */
#define NAME_SIZE 256

/* What the kernel says for a group without a number in this user namespace. */
#define GROUP_UNMAPPED 65534

/* The number of fields in a line of /etc/passwd. /etc/group has fewer. */
#define FIELDS 7

/* A file, and the last line that was read from it. */
struct table {
	const char *path;
	FILE *file; /* NULL: the file does not exist */
	int error;  /* why reading has failed, an errno; 0: it has not */
	char *line;
	size_t size;
	const char *fields[FIELDS]; /* a missing one is "" */
};

/* The id that TEXT is, or -EINVAL. */
static int64_t
parse_id(const char *text)
{
	return number_parse(text, ID_MAX);
}

/* As in Docker, a number is always an id, even if it is a name as well. */
static bool
matches(const char *word, const char *name, int64_t id)
{
	int64_t wanted = parse_id(word);

	return wanted >= 0 ? wanted == id : strcmp(word, name) == 0;
}

static int
open_table(struct table *table, const char *path, struct problem *problem)
{
	struct problem why;
	int error;

	*table = (struct table){ .path = path };
	error = regular_file_open(path, &table->file, &why);
	if (error == 0 || error == -ENOENT || error == -ENOTDIR)
		return 0;
	return problem_set(problem, "cannot read %.100s: %.300s", path,
	    why.text);
}

static void
close_table(struct table *table)
{
	if (table->file != NULL)
		fclose(table->file);
	free(table->line);
}

/*
 * Reads the next line. Returns false if there is none; all fields are "" then.
 * fgetpwent(3) and fgetgrent(3) would not do: those of musl cut off the last
 * byte of a file that does not end with a newline, and the C libraries differ
 * in which lines they skip.
 */
static bool
read_line(struct table *table)
{
	bool found = table->file != NULL &&
	    getline(&table->line, &table->size, table->file) >= 0;
	char *rest = found ? table->line : NULL;

	if (found)
		rest[strcspn(rest, "\n")] = '\0';
	else if (table->file != NULL && !feof(table->file))
		table->error = errno;
	for (size_t i = 0; i < FIELDS; i++)
		table->fields[i] = rest != NULL ? strsep(&rest, ":") : "";
	return found;
}

/* Reads on to the first line that WORD matches and that has a valid id. */
static bool
find_line(struct table *table, const char *word)
{
	while (read_line(table)) {
		int64_t id = parse_id(table->fields[2]);

		if (id >= 0 && matches(word, table->fields[0], id))
			return true;
	}
	return false;
}

static int
find_user(struct table *passwd, const char *word, struct user *out,
    struct problem *problem)
{
	const char *home = "/";

	out->gid = 0;
	if (find_line(passwd, word)) {
		if (parse_id(passwd->fields[3]) < 0)
			return problem_set(problem,
			    "'%.64s' has no valid group in %s: the fourth "
			    "field of its line is no number",
			    word, passwd->path);
		out->uid = (uid_t)parse_id(passwd->fields[2]);
		out->gid = (gid_t)parse_id(passwd->fields[3]);
		home = *passwd->fields[5] != '\0' ? passwd->fields[5] : "/";
	} else if (parse_id(word) >= 0) {
		out->uid = (uid_t)parse_id(word);
	} else {
		return problem_set(problem,
		    "no user '%.64s' in %s; a name in there or a number up to "
		    "%ld would be right",
		    word, passwd->path, ID_MAX);
	}
	if (snprintf(out->home, sizeof(out->home), "HOME=%s", home) >=
	    (int)sizeof(out->home))
		return problem_set(problem,
		    "the home of '%.64s' is too long: more than %d bytes", word,
		    USER_HOME_MAX);
	return 0;
}

static int
find_group(struct table *group, const char *word, struct user *out,
    struct problem *problem)
{
	if (find_line(group, word))
		out->gid = (gid_t)parse_id(group->fields[2]);
	else if (parse_id(word) >= 0)
		out->gid = (gid_t)parse_id(word);
	else
		return problem_set(problem,
		    "no group '%.64s' in %s; a name in there or a number up to "
		    "%ld would be right",
		    word, group->path, ID_MAX);
	return 0;
}

/* True if NAME is in MEMBERS, which is a list with commas. */
static bool
has_member(const char *members, const char *name)
{
	size_t wanted = strlen(name);

	for (const char *rest; members != NULL; members = rest) {
		size_t length = text_measure_item(members, &rest);

		if (length == wanted && memcmp(members, name, wanted) == 0)
			return true;
	}
	return false;
}

/* Adds the groups of NAME, which is "" for a user in no file: it has none. */
static int
find_supplementary_groups(struct table *group, const char *name,
    struct user *out, struct problem *problem)
{
	while (*name != '\0' && read_line(group)) {
		int64_t id = parse_id(group->fields[2]);

		if (id < 0 || !has_member(group->fields[3], name))
			continue;
		if (out->group_count == USER_GROUPS_MAX)
			return problem_set(problem,
			    "'%.64s' is in more than %d groups; name one, as "
			    "USER:GROUP",
			    name, USER_GROUPS_MAX);
		out->groups[out->group_count++] = (gid_t)id;
	}
	return 0;
}

/* The two halves of USER:GROUP. */
struct words {
	char user[NAME_SIZE];
	const char *group; /* NULL: none was given */
};

static int
split_spec(const char *spec, struct words *out, struct problem *problem)
{
	size_t length = strcspn(spec, ":");
	const char *group = spec[length] == ':' ? spec + length + 1 : NULL;

	if (length == 0 || length >= NAME_SIZE ||
	    (group != NULL &&
		(*group == '\0' || strchr(group, ':') != NULL ||
		    strlen(group) >= NAME_SIZE)))
		return problem_set(problem, "'%.64s' is not USER or USER:GROUP",
		    spec);
	memcpy(out->user, spec, length);
	out->user[length] = '\0';
	out->group = group;
	return 0;
}

static int
look_up(struct table *passwd, struct table *group, const struct words *words,
    struct user *out, struct problem *problem)
{
	int error = find_user(passwd, words->user, out, problem);

	out->group_count = 0;
	if (error < 0)
		return error;
	if (words->group != NULL)
		return find_group(group, words->group, out, problem);
	return find_supplementary_groups(group, passwd->fields[0], out,
	    problem);
}

/*
 * If a file could not be read to its end, what was looked for may be in the
 * rest of it.
 */
static int
check_table(const struct table *table, struct problem *problem)
{
	if (table->error == 0)
		return 0;
	return problem_set(problem, "cannot read %.100s: %s", table->path,
	    strerror(table->error));
}

int
user_resolve(const char *spec, const struct user_files *files, struct user *out,
    struct problem *problem)
{
	struct table passwd = { .file = NULL };
	struct table group = { .file = NULL };
	struct words words = { .group = NULL };
	int error = split_spec(spec, &words, problem);

	if (error < 0)
		return error;
	error = open_table(&passwd, files->passwd, problem);
	if (error == 0)
		error = open_table(&group, files->group, problem);
	if (error == 0)
		error = look_up(&passwd, &group, &words, out, problem);
	if (check_table(&passwd, problem) < 0 ||
	    check_table(&group, problem) < 0)
		error = -EINVAL;
	close_table(&group);
	close_table(&passwd);
	return error;
}

bool
user_has_group(const struct user *user, gid_t gid)
{
	for (size_t i = 0; i < user->group_count; i++)
		if (user->groups[i] == gid)
			return true;
	return user->gid == gid;
}

/*
 * The main group of ORIGIN may be a supplementary one as well, as in Docker.
 * GROUP_UNMAPPED cannot be handed on: in a user namespace it stands for all
 * groups that have no number there.
 */
static int
inherit_groups(const struct user_origin *origin, const struct user *entry,
    struct user *user, struct problem *problem)
{
	for (int i = 0; i < origin->group_count; i++) {
		gid_t gid = origin->groups[i];

		if (gid == origin->gid || gid == GROUP_UNMAPPED ||
		    user_has_group(entry, gid) || user_has_group(user, gid))
			continue;
		if (user->group_count == USER_GROUPS_MAX)
			return problem_set(problem,
			    "more than %d groups, with those that the engine "
			    "has added",
			    USER_GROUPS_MAX);
		user->groups[user->group_count++] = gid;
	}
	return 0;
}

int
user_inherit(const struct user_origin *origin, const struct user_files *files,
    struct user *user, struct problem *problem)
{
	struct user entry;
	char spec[16];

	entry.gid = origin->gid;
	entry.group_count = 0;
	snprintf(spec, sizeof(spec), "%u", origin->uid);
	if (user_resolve(spec, files, &entry, problem) < 0)
		return -EINVAL;
	if (origin->home != NULL && *origin->home != '\0' &&
	    strcmp(origin->home, entry.home + strlen("HOME=")) != 0)
		user->home[0] = '\0';
	return inherit_groups(origin, &entry, user, problem);
}

/* Where both versions exist, those without the 32 take ids of 16 bits. */
#ifdef SYS_setresuid32
#define SET_GROUPS SYS_setgroups32
#define SET_GIDS SYS_setresgid32
#define SET_UIDS SYS_setresuid32
#else
#define SET_GROUPS SYS_setgroups
#define SET_GIDS SYS_setresgid
#define SET_UIDS SYS_setresuid
#endif

/*
 * These make the system calls directly. The functions of the C library do so in
 * every thread, which takes 2 KB of code, and this process has only one thread.
 */
int
user_set_groups(const struct user *user)
{
	return syscall(SET_GROUPS, user->group_count, user->groups) < 0 ? -errno
									: 0;
}

int
user_set_gid(gid_t gid)
{
	return syscall(SET_GIDS, gid, gid, gid) < 0 ? -errno : 0;
}

int
user_set_uid(uid_t uid)
{
	return syscall(SET_UIDS, uid, uid, uid) < 0 ? -errno : 0;
}

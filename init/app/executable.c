/* SPDX-License-Identifier: MIT */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/executable.h"
#include "base/array.h"

/* The kernel looks at this many bytes (BINPRM_BUF_SIZE in execve(2)). */
#define HEAD_MAX 256

/*
 * The interpreter of a script may be a script itself. The kernel follows at
 * most this many of them (execve(2)).
 */
#define DEPTH_MAX 5

/* The elf.h of older C libraries does not have it. */
#ifndef EM_LOONGARCH
#define EM_LOONGARCH 258
#endif

/* The name of a machine, or "ELF machine N", with its NUL byte. */
#define MACHINE_MAX 24

/* The first bytes of a file. */
struct head {
	size_t length;
	char bytes[HEAD_MAX];
};

/*
 * O_NONBLOCK keeps the open of a FIFO from waiting for a writer. The call is
 * openat(2), because C libraries use it today and seccomp profiles allow it;
 * some deny open(2), which musl's open(3) calls.
 */
static int
open_file(const char *path)
{
	return openat(AT_FDCWD, path,
	    O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static int
read_head(const char *path, struct head *head)
{
	int fd = open_file(path);
	ssize_t length;
	int error;

	head->length = 0;
	if (fd < 0)
		return -errno;
	length = read(fd, head->bytes, sizeof(head->bytes));
	error = length < 0 ? -errno : 0;
	close(fd);
	if (length > 0)
		head->length = (size_t)length;
	return error;
}

static bool
begins_with(const struct head *head, const char *magic, size_t length)
{
	return head->length >= length &&
	    memcmp(head->bytes, magic, length) == 0;
}

static bool
is_elf(const struct head *head)
{
	return begins_with(head, ELFMAG, SELFMAG);
}

/*
 * True if there is no NUL byte in the first line. Shells distinguish texts from
 * binary files by that.
 */
static bool
is_text(const struct head *head)
{
	const char *end = memchr(head->bytes, '\n', head->length);
	size_t length = end == NULL ? head->length
				    : (size_t)(end - head->bytes);

	return memchr(head->bytes, '\0', length) == NULL;
}

/* Copies the name of the interpreter in the #! line. False if there is none. */
static bool
read_interpreter(const struct head *head, char name[HEAD_MAX])
{
	char line[HEAD_MAX + 1];
	const char *begin;
	size_t length;

	if (!begins_with(head, "#!", 2))
		return false;
	memcpy(line, head->bytes, head->length);
	line[head->length] = '\0';
	begin = line + 2 + strspn(line + 2, " \t");
	length = strcspn(begin, " \t\n");
	if (length == 0)
		return false;
	memcpy(name, begin, length);
	name[length] = '\0';
	return true;
}

bool
executable_is_for_shell(const char *path)
{
	char interpreter[HEAD_MAX];
	struct head head;

	return read_head(path, &head) == 0 && !is_elf(&head) &&
	    is_text(&head) && !read_interpreter(&head, interpreter);
}

/* --- ELF --- */

/* A class or an order of 0 matches any. */
static const struct {
	const char *name;
	uint16_t machine;
	unsigned char class;
	unsigned char order;
} machines[] = {
	{ "x86-64", EM_X86_64, ELFCLASS64, 0 },
	{ "x32", EM_X86_64, ELFCLASS32, 0 },
	{ "i386", EM_386, 0, 0 },
	{ "aarch64", EM_AARCH64, 0, ELFDATA2LSB },
	{ "aarch64_be", EM_AARCH64, 0, ELFDATA2MSB },
	{ "arm", EM_ARM, 0, ELFDATA2LSB },
	{ "armeb", EM_ARM, 0, ELFDATA2MSB },
	{ "riscv64", EM_RISCV, ELFCLASS64, 0 },
	{ "riscv32", EM_RISCV, ELFCLASS32, 0 },
	{ "ppc64le", EM_PPC64, 0, ELFDATA2LSB },
	{ "ppc64", EM_PPC64, 0, ELFDATA2MSB },
	{ "ppc", EM_PPC, 0, 0 },
	{ "s390x", EM_S390, ELFCLASS64, 0 },
	{ "s390", EM_S390, ELFCLASS32, 0 },
	{ "mips64el", EM_MIPS, ELFCLASS64, ELFDATA2LSB },
	{ "mips64", EM_MIPS, ELFCLASS64, ELFDATA2MSB },
	{ "mipsel", EM_MIPS, ELFCLASS32, ELFDATA2LSB },
	{ "mips", EM_MIPS, ELFCLASS32, ELFDATA2MSB },
	{ "loongarch64", EM_LOONGARCH, ELFCLASS64, 0 },
	{ "sparc64", EM_SPARCV9, 0, 0 },
};

/* Reads two bytes at OFFSET of an ELF file as a number, in its byte order. */
static unsigned int
read_half(const struct head *head, size_t offset)
{
	const unsigned char *at = (const unsigned char *)head->bytes + offset;

	return head->bytes[EI_DATA] == ELFDATA2MSB
	    ? (unsigned int)at[0] << 8 | at[1]
	    : (unsigned int)at[1] << 8 | at[0];
}

/*
 * Writes the name of the machine that the ELF file is for. The layout of the
 * header up to e_machine is the same for all machines.
 */
static void
name_machine(const struct head *head, char name[MACHINE_MAX])
{
	unsigned int machine = read_half(head, offsetof(Elf32_Ehdr, e_machine));
	unsigned char class = (unsigned char)head->bytes[EI_CLASS];
	unsigned char order = (unsigned char)head->bytes[EI_DATA];

	snprintf(name, MACHINE_MAX, "ELF machine %u", machine);
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		if (machines[i].machine == machine &&
		    (machines[i].class == 0 || machines[i].class == class) &&
		    (machines[i].order == 0 || machines[i].order == order))
			snprintf(name, MACHINE_MAX, "%s", machines[i].name);
}

static bool
has_machine(const struct head *head)
{
	return is_elf(head) && head->length >= offsetof(Elf32_Ehdr, e_version);
}

/* The ELF header of dinit itself. The linker defines this symbol. */
/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

static bool
is_for_own_machine(const struct head *head)
{
	const unsigned char *own = __ehdr_start.e_ident;
	const unsigned char *there = (const unsigned char *)head->bytes;

	return has_machine(head) && there[EI_CLASS] == own[EI_CLASS] &&
	    there[EI_DATA] == own[EI_DATA] &&
	    read_half(head, offsetof(Elf32_Ehdr, e_machine)) ==
	    __ehdr_start.e_machine;
}

static void
explain_elf(const struct head *head, const char *subject, char *text)
{
	char machine[MACHINE_MAX];

	if (has_machine(head) && !is_for_own_machine(head)) {
		name_machine(head, machine);
		snprintf(text, EXECUTABLE_HINT_MAX,
		    "; %s is for another architecture (%s)", subject, machine);
	} else if (has_machine(head) &&
	    read_half(head, offsetof(Elf32_Ehdr, e_type)) == ET_REL) {
		snprintf(text, EXECUTABLE_HINT_MAX,
		    "; %s is an object file, which must be linked first",
		    subject);
	} else {
		snprintf(text, EXECUTABLE_HINT_MAX,
		    "; %s is damaged or incomplete", subject);
	}
}

/*
 * Copies the name of the loader in FD, an ELF file for the machine of dinit.
 * False if there is none.
 */
static bool
read_loader(int fd, char name[HEAD_MAX])
{
	ElfW(Phdr) segment = { .p_type = PT_NULL };
	ElfW(Ehdr) head;
	ssize_t length;

	if (pread(fd, &head, sizeof(head), 0) != sizeof(head))
		return false;
	for (unsigned int i = 0; segment.p_type != PT_INTERP; i++)
		if (i == head.e_phnum ||
		    pread(fd, &segment, sizeof(segment),
			(off_t)(head.e_phoff + i * sizeof(segment))) !=
			sizeof(segment))
			return false;
	length = pread(fd, name, HEAD_MAX - 1, (off_t)segment.p_offset);
	name[length < 0 ? 0 : length] = '\0';
	return length > 0;
}

/* --- Reasons: SUBJECT is "it", the file itself, or its interpreter --- */

/* Explains ENOENT for PATH, which exists: its loader is missing. */
static void
explain_loader(const char *path, const char *subject, char *text)
{
	char loader[HEAD_MAX];
	struct head head;
	int fd = open_file(path);

	if (fd >= 0 && read_head(path, &head) == 0 &&
	    is_for_own_machine(&head) && read_loader(fd, loader))
		snprintf(text, EXECUTABLE_HINT_MAX,
		    "; %s needs the loader %s, which is not there: was it "
		    "built for another C library?",
		    subject, loader);
	else
		snprintf(text, EXECUTABLE_HINT_MAX,
		    "; %s is there, but not its loader", subject);
	if (fd >= 0)
		close(fd);
}

/*
 * True if the name INTERPRETER, which stands in HEAD after "#!" and blanks,
 * does not end within HEAD. The kernel refuses such a script (ENOEXEC).
 */
static bool
is_cut(const struct head *head, const char *interpreter)
{
	return 2 + strspn(head->bytes + 2, " \t") + strlen(interpreter) ==
	    HEAD_MAX;
}

static void
explain_interpreter(const struct head *head, const char *interpreter,
    char *text)
{
	int length = (int)strcspn(interpreter, "\r");

	if (is_cut(head, interpreter))
		snprintf(text, EXECUTABLE_HINT_MAX,
		    "; its #! line is too long for the kernel");
	else if (interpreter[length] == '\r')
		snprintf(text, EXECUTABLE_HINT_MAX,
		    "; its interpreter %.*s\\r is not there: the file has "
		    "Windows line ends",
		    length, interpreter);
	else
		snprintf(text, EXECUTABLE_HINT_MAX,
		    "; its interpreter %s is not there", interpreter);
}

static void
explain_shell(char *text)
{
	static const char shell[] = "/bin/sh";
	struct head head;

	if (access(shell, F_OK) < 0)
		snprintf(text, EXECUTABLE_HINT_MAX,
		    "; a script without #! needs a %s", shell);
	else if (read_head(shell, &head) == 0 && is_elf(&head) &&
	    !is_for_own_machine(&head))
		explain_elf(&head, shell, text);
	else
		snprintf(text, EXECUTABLE_HINT_MAX,
		    "; a script without #! needs a working %s, and must be "
		    "readable",
		    shell);
}

static void
explain_binary(const struct head *head, const char *subject, char *text)
{
	static const struct {
		const char *magic;
		const char *kind;
	} kinds[] = {
		{ "MZ", "for Windows" },
		{ "\xcf\xfa\xed\xfe", "for macOS" },
		{ "\xce\xfa\xed\xfe", "for macOS" },
	};
	const char *kind = "of a format that the kernel does not know";

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (begins_with(head, kinds[i].magic, strlen(kinds[i].magic)))
			kind = kinds[i].kind;
	snprintf(text, EXECUTABLE_HINT_MAX, "; %s is a binary %s", subject,
	    kind);
}

static void
explain_format(const struct head *head, const char *subject, char *text)
{
	if (is_elf(head))
		explain_elf(head, subject, text);
	else if (!is_text(head))
		explain_binary(head, subject, text);
	else if (strcmp(subject, "it") == 0)
		explain_shell(text);
	else
		snprintf(text, EXECUTABLE_HINT_MAX,
		    "; %s is a script without #!", subject);
}

/*
 * An interpreter is executed like any other file. So what is missing or has an
 * unknown format may be the interpreter; or, if that is a script itself, the
 * interpreter of this script; and so on.
 */
void
executable_explain(const char *path, int error, char text[EXECUTABLE_HINT_MAX])
{
	char subject[HEAD_MAX + sizeof("its interpreter ")] = "it";
	char interpreter[HEAD_MAX];
	struct head head;

	text[0] = '\0';
	if (error != ENOENT && error != ENOEXEC)
		return;
	for (int depth = 0; depth < DEPTH_MAX; depth++) {
		if (read_head(path, &head) < 0)
			return;
		if (!read_interpreter(&head, interpreter))
			break;
		if (is_cut(&head, interpreter) ||
		    access(interpreter, F_OK) < 0) {
			explain_interpreter(&head, interpreter, text);
			return;
		}
		snprintf(subject, sizeof(subject), "its interpreter %s",
		    interpreter);
		path = interpreter;
	}
	/* The chain is too long. The kernel says ELOOP then, which is clear. */
	if (read_interpreter(&head, interpreter))
		return;
	if (error == ENOENT)
		explain_loader(path, subject, text);
	else
		explain_format(&head, subject, text);
}

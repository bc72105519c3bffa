/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/executable.h"
#include "base/array.h"
#include "support.h"

TestSuite(executable, .timeout = 30, .init = scratch_make,
    .fini = scratch_remove);

/* Returns the path, which is valid as long as a result of scratch_path. */
static const char *
write_bytes(const char *name, const void *bytes, size_t length)
{
	const char *path = scratch_path(name);
	FILE *file = fopen(path, "we");

	cr_assert_eq(fwrite(bytes, 1, length, file), length);
	cr_assert_eq(fclose(file), 0);
	cr_assert_eq(chmod(path, 0755), 0);
	return path;
}

static void
expect_explanation(const char *path, int error, const char *expected)
{
	char text[EXECUTABLE_HINT_MAX];

	executable_explain(path, error, text);
	cr_expect_str_eq(text, expected);
}

#define BYTES(text) { text, sizeof(text) - 1 }

struct bytes {
	const char *bytes;
	size_t length;
};

Test(executable, is_for_the_shell_if_it_is_a_text_without_interpreter)
{
	static const struct bytes scripts[] = {
		BYTES(""), BYTES("exit 0"), BYTES("exit 0\n"),
		BYTES("\n\0"), BYTES("#"), BYTES("#!"), BYTES("#!\n"),
		BYTES("#! \t\nexit 0\n"), BYTES("# !/no/such\n"),
		/* a shell script in front of an archive or a program */
		BYTES("MZqFpD='\n\0\0\0"), BYTES("exec tail -n +2 $0\n\177ELF\0"),
		BYTES("\xef\xbb\xbf" "exit 0\n"), BYTES("caf\xe9\n"),
	};
	static const struct bytes others[] = {
		BYTES("\177ELF"), BYTES("\177ELF\nexit 0\n"),
		BYTES("#!/bin/sh\n"), BYTES("#! /usr/bin/env python\n"),
		BYTES("\0"), BYTES("MZ\x90\0\3"), BYTES("exit 0\0\n"),
		BYTES("\xff\xfe#\0!\0"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++)
		cr_expect(executable_is_for_shell(write_bytes("file",
		    scripts[i].bytes, scripts[i].length)), "%zu", i);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		cr_expect(!executable_is_for_shell(write_bytes("file",
		    others[i].bytes, others[i].length)), "%zu", i);
	cr_expect(!executable_is_for_shell(scratch_path("none")));
	cr_expect(!executable_is_for_shell(scratch_path("")));
}

/* Writes an ELF header with CLASS and ORDER. */
static const char *
write_elf(unsigned char class, unsigned char order, unsigned int type,
    unsigned int machine)
{
	unsigned char head[64] = ELFMAG;
	size_t high = order == ELFDATA2MSB ? 0 : 1;

	head[EI_CLASS] = class;
	head[EI_DATA] = order;
	head[EI_VERSION] = EV_CURRENT;
	head[16 + high] = (unsigned char)(type >> 8);
	head[17 - high] = (unsigned char)type;
	head[18 + high] = (unsigned char)(machine >> 8);
	head[19 - high] = (unsigned char)machine;
	return write_bytes("elf", head, sizeof(head));
}

Test(executable, for_another_machine_has_the_machine_named)
{
	static const struct {
		unsigned char class;
		unsigned char order;
		unsigned int machine;
		const char *name;
	} samples[] = {
		{ ELFCLASS64, ELFDATA2LSB, EM_X86_64, "x86-64" },
		{ ELFCLASS32, ELFDATA2LSB, EM_X86_64, "x32" },
		{ ELFCLASS32, ELFDATA2LSB, EM_386, "i386" },
		{ ELFCLASS64, ELFDATA2LSB, EM_AARCH64, "aarch64" },
		{ ELFCLASS64, ELFDATA2MSB, EM_AARCH64, "aarch64_be" },
		{ ELFCLASS32, ELFDATA2LSB, EM_ARM, "arm" },
		{ ELFCLASS32, ELFDATA2MSB, EM_ARM, "armeb" },
		{ ELFCLASS64, ELFDATA2LSB, EM_RISCV, "riscv64" },
		{ ELFCLASS32, ELFDATA2LSB, EM_RISCV, "riscv32" },
		{ ELFCLASS64, ELFDATA2LSB, EM_PPC64, "ppc64le" },
		{ ELFCLASS64, ELFDATA2MSB, EM_PPC64, "ppc64" },
		{ ELFCLASS32, ELFDATA2MSB, EM_PPC, "ppc" },
		{ ELFCLASS64, ELFDATA2MSB, EM_S390, "s390x" },
		{ ELFCLASS32, ELFDATA2MSB, EM_S390, "s390" },
		{ ELFCLASS64, ELFDATA2LSB, EM_MIPS, "mips64el" },
		{ ELFCLASS64, ELFDATA2MSB, EM_MIPS, "mips64" },
		{ ELFCLASS32, ELFDATA2LSB, EM_MIPS, "mipsel" },
		{ ELFCLASS32, ELFDATA2MSB, EM_MIPS, "mips" },
		{ ELFCLASS64, ELFDATA2LSB, 258, "loongarch64" },
		{ ELFCLASS64, ELFDATA2MSB, EM_SPARCV9, "sparc64" },
		{ ELFCLASS64, ELFDATA2LSB, 0xfe01, "ELF machine 65025" },
		{ ELFCLASS32, ELFDATA2MSB, 0xfe01, "ELF machine 65025" },
	};
	unsigned int foreign = 0;

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		char text[EXECUTABLE_HINT_MAX];
		char expected[128];

		executable_explain(write_elf(samples[i].class,
		    samples[i].order, ET_EXEC, samples[i].machine), ENOEXEC,
		    text);
		snprintf(expected, sizeof(expected),
		    "; it is for another architecture (%s)", samples[i].name);
		if (strcmp(text, expected) == 0)
			foreign++;
		else
			cr_expect_str_eq(text,
			    "; it is damaged or incomplete", "%s",
			    samples[i].name);
	}
	/* Whatever this machine is, at most one sample is for it. */
	cr_expect_geq(foreign, ARRAY_SIZE(samples) - 1);
}

/* Writes an ELF header of TYPE for the machine of this test program. */
static const char *
write_own_elf(unsigned int type)
{
	ElfW(Ehdr) own;
	FILE *file = fopen("/proc/self/exe", "re");

	cr_assert_eq(fread(&own, sizeof(own), 1, file), 1);
	fclose(file);
	return write_elf(own.e_ident[EI_CLASS], own.e_ident[EI_DATA], type,
	    own.e_machine);
}

Test(executable, for_this_machine_is_not_taken_for_a_foreign_one)
{
	expect_explanation(write_own_elf(ET_EXEC), ENOEXEC,
	    "; it is damaged or incomplete");
	expect_explanation(write_own_elf(ET_REL), ENOEXEC,
	    "; it is an object file, which must be linked first");
	expect_explanation(write_bytes("elf", "\177ELF", 4), ENOEXEC,
	    "; it is damaged or incomplete");
}

Test(executable, of_another_system_is_called_a_binary)
{
	static const char end[] =
	    "; it is a binary of a format that the kernel does not know";

	expect_explanation(write_bytes("exe", "MZ\x90\0", 4), ENOEXEC,
	    "; it is a binary for Windows");
	expect_explanation(write_bytes("mac", "\xcf\xfa\xed\xfe\7\0\0\1", 8),
	    ENOEXEC, "; it is a binary for macOS");
	expect_explanation(write_bytes("wasm", "\0asm\1\0\0\0", 8), ENOEXEC,
	    end);
}

/* Writes a script NAME whose first line is #! and INTERPRETER. */
static const char *
write_script(const char *name, const char *interpreter)
{
	char text[300];
	int length = snprintf(text, sizeof(text), "#!%s\nexit 0\n", interpreter);

	return write_bytes(name, text, (size_t)length);
}

Test(executable, that_is_a_script_has_its_interpreter_named)
{
	static const struct {
		const char *line;
		const char *text;
	} samples[] = {
		{ "/no/python", "; its interpreter /no/python is not there" },
		{ " \t/no/python\t-u x", "; its interpreter /no/python is not "
		    "there" },
		{ "/bin/sh\r", "; its interpreter /bin/sh\\r is not there: "
		    "the file has Windows line ends" },
	};
	char expected[300];

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		expect_explanation(write_script("script", samples[i].line),
		    ENOENT, samples[i].text);
	/* A chain of scripts, each the interpreter of the one before. */
	expect_explanation(write_script("outer", scratch_path("script")),
	    ENOENT, samples[2].text);
	write_bytes("elf", "\177ELF", 4);
	snprintf(expected, sizeof(expected),
	    "; its interpreter %s is damaged or incomplete",
	    scratch_path("elf"));
	expect_explanation(write_script("script", scratch_path("elf")),
	    ENOEXEC, expected);
	write_bytes("text", "exit 0\n", 7);
	snprintf(expected, sizeof(expected),
	    "; its interpreter %s is a script without #!",
	    scratch_path("text"));
	expect_explanation(write_script("script", scratch_path("text")),
	    ENOEXEC, expected);
}

/* The kernel looks at 256 bytes, in which the name has to end. */
Test(executable, that_is_a_script_may_name_too_long_an_interpreter)
{
	char name[256];
	char expected[300];

	memset(name, 'x', sizeof(name));
	name[0] = '/';
	name[253] = '\0';
	snprintf(expected, sizeof(expected),
	    "; its interpreter %s is not there", name);
	expect_explanation(write_script("script", name), ENOEXEC, expected);
	name[253] = 'x';
	name[254] = '\0';
	expect_explanation(write_script("script", name), ENOEXEC,
	    "; its #! line is too long for the kernel");
	/* A longer name is no other case, and blanks count as well. */
	name[254] = 'x';
	name[255] = '\0';
	expect_explanation(write_script("script", name), ENOEXEC,
	    "; its #! line is too long for the kernel");
	name[253] = '\0';
	snprintf(expected, sizeof(expected), " %s", name);
	expect_explanation(write_script("script", expected), ENOEXEC,
	    "; its #! line is too long for the kernel");
	/* "//////" would exist. */
	memset(name, '/', 254);
	name[254] = '\0';
	expect_explanation(write_script("script", name), ENOEXEC,
	    "; its #! line is too long for the kernel");
}

Test(executable, that_is_its_own_interpreter_is_not_followed_for_ever)
{
	const char *path = scratch_path("script");

	write_script("script", path);
	expect_explanation(path, ENOENT, "");
	expect_explanation(path, ENOEXEC, "");
}

/* Writes a program for this machine, with NAME as its loader, or with none. */
static const char *
write_with_loader(const char *name)
{
	struct {
		ElfW(Ehdr) head;
		ElfW(Phdr) segments[2];
		char name[64];
	} file;
	FILE *own = fopen("/proc/self/exe", "re");

	memset(&file, 0, sizeof(file));
	cr_assert_eq(fread(&file.head, sizeof(file.head), 1, own), 1);
	fclose(own);
	file.head.e_phoff = sizeof(file.head);
	file.head.e_phnum = name == NULL ? 1 : 2;
	file.segments[0].p_type = PT_LOAD;
	file.segments[1].p_type = PT_INTERP;
	file.segments[1].p_offset = sizeof(file) - sizeof(file.name);
	snprintf(file.name, sizeof(file.name), "%s", name == NULL ? "" : name);
	return write_bytes("program", &file, sizeof(file));
}

Test(executable, that_is_a_program_has_its_loader_named)
{
	char expected[300];

	expect_explanation(write_with_loader("/lib/ld-none.so.1"), ENOENT,
	    "; it needs the loader /lib/ld-none.so.1, which is not there: was "
	    "it built for another C library?");
	snprintf(expected, sizeof(expected), "; its interpreter %s needs the "
	    "loader /lib/ld-none.so.1, which is not there: was it built for "
	    "another C library?", scratch_path("program"));
	expect_explanation(write_script("script", scratch_path("program")),
	    ENOENT, expected);
	/* A file for another machine may be run by an emulator. */
	expect_explanation(write_elf(ELFCLASS32, ELFDATA2MSB, ET_EXEC,
	    0xfe01), ENOENT, "; it is there, but not its loader");
	expect_explanation(write_with_loader(NULL), ENOENT,
	    "; it is there, but not its loader");
	expect_explanation(write_own_elf(ET_EXEC), ENOENT,
	    "; it is there, but not its loader");
}

Test(executable, needs_no_explanation_where_the_error_is_clear)
{
	expect_explanation(write_script("script", "/no/python"), EACCES, "");
	expect_explanation(scratch_path("none"), ENOENT, "");
	expect_explanation(scratch_path(""), ENOENT, "");
}

/* --- Scripts without #! --- */

/* Enters a root directory with SHELL as /bin/sh, or with none if it is NULL. */
static void
explain_in_root(const char *shell, const char *expected)
{
	char text[EXECUTABLE_HINT_MAX];

	must(mkdir(scratch_path("bin"), 0755) == 0, "mkdir");
	write_file(scratch_path("script"), "exit 0\n");
	if (shell != NULL)
		write_file(scratch_path("bin/sh"), shell);
	if (chroot(scratch_path("")) < 0 && (unshare(CLONE_NEWUSER) < 0 ||
	    chroot(scratch_path("")) < 0))
		return;
	executable_explain("/script", ENOEXEC, text);
	must(strcmp(text, expected) == 0, "'%s'", text);
}

static void
explain_without_shell(void *argument)
{
	(void)argument;
	explain_in_root(NULL, "; a script without #! needs a /bin/sh");
}

/* No machine has the number 0xfe01, which is 65025. */
static void
explain_with_foreign_shell(void *argument)
{
	(void)argument;
	explain_in_root("\177ELF\1\2\1xxxxxxxxx\376\1\376\1",
	    "; /bin/sh is for another architecture (ELF machine 65025)");
}

static void
explain_with_shell(void *argument)
{
	(void)argument;
	explain_in_root("any other", "; a script without #! needs a working "
	    "/bin/sh, and must be readable");
}

Test(executable, without_an_interpreter_needs_a_shell)
{
	in_child(explain_without_shell, NULL);
}

Test(executable, without_an_interpreter_needs_a_shell_of_this_machine)
{
	in_child(explain_with_foreign_shell, NULL);
}

Test(executable, without_an_interpreter_has_to_be_readable)
{
	in_child(explain_with_shell, NULL);
}

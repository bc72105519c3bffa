/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "readiness/hosts.h"
#include "base/array.h"
#include "support.h"

TestSuite(hosts, .timeout = 60, .init = scratch_make, .fini = scratch_remove);

/* As engines write it, and as people do. */
static const char hosts[] =
    "# Kubernetes-managed hosts file.\n"
    "127.0.0.1\tlocalhost\n"
    "::1 localhost ip6-localhost ip6-loopback\n"
    "172.17.0.2\tweb-1.svc.cluster.local\tweb-1\n"
    "172.17.0.3 web-1 # and not last\n"
    "fd00::2 web-1\r\n"
    "fd00::3 web-1\n"
    "  10.0.0.9   Mixed.Case\t\talias  \n"
    "#10.0.0.1 commented\n"
    "10.0.0.2 #behind\n"
    "10.0.0.3\n"
    "\n"
    "fe80::1%eth0 scoped\n"
    "10.0.0.256 no-address\n"
    "fe80::1%eth0 later\n"
    "10.0.0.4 later\n"
    "10.0.0.5 10.0.0.6\n"
    "10.0.0.7 at-the-end";

/* Empty texts: no address of that family. */
static void
expect_found(const char *name, const char *six, const char *four)
{
	struct hosts_addresses found;
	char text[INET6_ADDRSTRLEN] = "";

	cr_assert_eq(hosts_look_up(scratch_path("hosts"), name, strlen(name),
	    &found), 0, "%s", name);
	cr_expect_eq(found.six.sin6_family, *six == '\0' ? 0 : AF_INET6);
	cr_expect_eq(found.four.sin_family, *four == '\0' ? 0 : AF_INET);
	if (*six != '\0')
		cr_expect_str_eq(inet_ntop(AF_INET6, &found.six.sin6_addr,
		    text, sizeof(text)), six);
	if (*four != '\0')
		cr_expect_str_eq(inet_ntop(AF_INET, &found.four.sin_addr, text,
		    sizeof(text)), four);
	cr_expect_eq(found.six.sin6_port, 0);
	cr_expect_eq(found.four.sin_port, 0);
}

Test(hosts, have_the_first_address_of_each_family)
{
	write_file(scratch_path("hosts"), hosts);
	expect_found("web-1", "fd00::2", "172.17.0.2");
	expect_found("web-1.svc.cluster.local", "", "172.17.0.2");
	expect_found("ip6-loopback", "::1", "");
	expect_found("mixed.case", "", "10.0.0.9");
	expect_found("ALIAS", "", "10.0.0.9");
	expect_found("later", "", "10.0.0.4");
	expect_found("10.0.0.6", "", "10.0.0.5");
	expect_found("at-the-end", "", "10.0.0.7");
}

Test(hosts, have_no_other_names)
{
	static const char *const names[] = {
		"web", "web-11", "commented", "#10.0.0.1", "behind", "#behind",
		"10.0.0.3", "not", "scoped", "no-address", "#",
	};

	write_file(scratch_path("hosts"), hosts);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct hosts_addresses found = { .four.sin_port = 7 };

		cr_expect_eq(hosts_look_up(scratch_path("hosts"), names[i],
		    strlen(names[i]), &found), -ENOENT, "%s", names[i]);
		cr_expect_eq(found.four.sin_port, 7);
	}
}

Test(hosts, are_looked_up_by_the_first_bytes_of_a_url)
{
	struct hosts_addresses found;

	write_file(scratch_path("hosts"), "10.0.0.1 db\n");
	cr_expect_eq(hosts_look_up(scratch_path("hosts"), "db:5432/x", 2,
	    &found), 0);
}

Test(hosts, say_why_they_cannot_be_read)
{
	struct hosts_addresses found;

	cr_expect_eq(hosts_look_up(scratch_path("none"), "a", 1, &found),
	    -ENOENT);
	mkdir(scratch_path("folder"), 0755);
	cr_expect_eq(hosts_look_up(scratch_path("folder"), "a", 1, &found),
	    -EISDIR);
	write_file(scratch_path("empty"), "");
	cr_expect_eq(hosts_look_up(scratch_path("empty"), "a", 1, &found),
	    -ENOENT);
}

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Denies dinit one system call throughout, as the seccomp profile of an engine
does, and holds it to its word:

    denied.py DINIT APP [CALL]...

DINIT as it is shipped, APP made from app.c, and only these calls if any are
named. Which calls there are, a run under strace shows first. Each of them is
denied with EPERM and with ENOSYS, by a filter that is in place before dinit
starts. It holds for what runs dinit's code, so for its children until their
exec too, but not for the app, of which nothing is to be learned here.

works means that the run ended as without the filter, refused exit status 125
and otherwise another one that is documented, each with a line that names the
error and does not give a wrong hint. How dinit looks after the app must not
cost more than that either: a loop that does not sleep is wrong.
"""
import collections
import ctypes
import multiprocessing
import os
import struct
import sys

import faults
import launch

ERRNOS = {"EPERM": (1, "Operation not permitted"),
          "ENOSYS": (38, "Function not implemented")}

# Others that wait for a while: there who does not sleep is found out.
SCENARIOS = {
    **faults.SCENARIOS,
    "slow": (0, [], "slow"),
    "slow-check": (7, ["--ready-file={0}/run/ready", "--startup-budget=5s",
                       '--health-cmd=["app","slow"]'], "serve"),
}

# Calls that stand in for each other are denied together too.
TOGETHER = ["ppoll+poll", "open+openat", "pidfd_open+pidfd_send_signal"]

# Without these nothing at all can start, or nobody can be told.
BY_NATURE = {
    "arch_prctl": "the C library cannot start without it",
    "write": "the line itself cannot be written",
    "geteuid": "it always succeeds: nobody looks for an error",
}

# What the C library may say in place of the error.
SAID_AS = {"mmap": "ut of memory"}

# Not named in the line, which says what was being done: a capability or memory
# may be what is missing.
UNNAMED = {"setgroups", "setresgid", "setresuid", "mmap"}
NAMED_AS = {"fork": "fork and clone"}

# What is denied is not short, not read-only, and no capability.
WRONG_HINTS = ["too low", "memory short", "a tmpfs", "CAP_KILL"]

# Far more than a run takes, far less than one that does not sleep.
CPU_SECONDS = 0.5

PR_SET_SECCOMP = 22
SECCOMP_MODE_FILTER = 2
RET_ALLOW = 0x7FFF0000
RET_ERRNO = 0x00050000
# Instructions of the classic BPF, and where struct seccomp_data has what.
LOAD, EQUAL, NOT_BELOW, RETURN = 0x20, 0x15, 0x35, 0x06
NUMBER = 0
ADDRESS = [12, 8] if sys.byteorder == "little" else [8, 12]
PT_LOAD = 1
ET_EXEC = 2

Case = collections.namedtuple("Case", "scenario mode call errno")


class Program(ctypes.Structure):
    """struct sock_fprog."""
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]


class Denial:
    """Lets CALLS fail with ERROR wherever code at ADDRESSES makes them."""

    def __init__(self, calls, error, addresses):
        code = [
            (LOAD, 0, 0, ADDRESS[0]),
            (EQUAL, 1, 0, 0),
            (RETURN, 0, 0, RET_ALLOW),
            (LOAD, 0, 0, ADDRESS[1]),
            (NOT_BELOW, 1, 0, addresses.stop),
            (NOT_BELOW, 1, 0, addresses.start),
            (RETURN, 0, 0, RET_ALLOW),
            (LOAD, 0, 0, NUMBER),
        ]
        for call in calls:
            code += [(EQUAL, 0, 1, launch.number_of(call)),
                     (RETURN, 0, 0, RET_ERRNO | error)]
        code.append((RETURN, 0, 0, RET_ALLOW))
        self.length = len(code)
        self.code = b"".join(struct.pack("=HBBI", *line) for line in code)

    def put_on(self):
        program = Program(self.length, self.code)
        if launch.libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER,
                             ctypes.byref(program), 0, 0) < 0:
            raise PermissionError("cannot put a filter on")


def addresses_of(path):
    """Where the code and data of a program lie that is not relocated."""
    with open(path, "rb") as file:
        image = file.read()
    kind, = struct.unpack_from("=H", image, 16)
    if kind != ET_EXEC:
        sys.exit(f"denied: {path} has no address of its own (PIE=0)")
    table, = struct.unpack_from("=Q", image, 32)
    size, count = struct.unpack_from("=HH", image, 54)
    ends = []
    for at in range(table, table + size * count, size):
        head = struct.unpack_from("=IIQQQQQ", image, at)
        if head[0] == PT_LOAD:
            ends += [head[3], head[3] + head[6]]
    return range(min(ends), max(ends))


def judge(run, case):
    """works, refused or ended otherwise; what is wrong with a !."""
    why = run.why()
    if run.status is None:
        return f"!hangs, after {run.cpu_seconds:.1f} s of CPU time"
    if run.cpu_seconds > CPU_SECONDS:
        return f"!spins: {run.cpu_seconds:.1f} s of CPU time"
    if run.lies:
        return f"!lies: {run.lies[0]}"
    for hint in WRONG_HINTS:
        if hint in why:
            return f"!status {run.status}, wrong hint"
    if run.status == run.normal:
        # The proof that the filter holds for dinit.
        return "works" if case.call != "execve" else "!it was not denied"
    if run.status == launch.LEFT_BEHIND:
        # Not a subreaper, or blind, it cannot know of all; it says so.
        return ("otherwise" if "cannot become a subreaper" in why or
                "leaving them behind" in why else "!leaves processes behind")
    if run.status not in (124, 125, 126):
        return f"!status {run.status}"
    if "error: " not in why:
        return f"!status {run.status} without a reason"
    said = ERRNOS[case.errno][1], SAID_AS.get(case.call)
    if not any(text and text in why for text in said):
        return f"!status {run.status} without the error"
    if case.call not in UNNAMED and not any(
            f" {NAMED_AS.get(call, call)}" in why
            for call in case.call.split("+")):
        return f"!status {run.status} without the call's name"
    if run.status == 126 and case.call != "execve":
        return "!status 126"
    return "refused" if run.status == 125 else "otherwise"


def observe(task):
    """The calls that are made without a filter."""
    dinit, app, scenario, mode = task
    run = faults.Run(dinit, app, SCENARIOS[scenario], mode)
    run.live([])
    if run.status != run.normal or run.lies:
        raise RuntimeError(f"without a filter, {scenario}, {mode}: status "
                           f"{run.status}: {run.log.decode()}")
    run.remove()
    calls = {call for _, call in run.trace.counts}
    calls |= {pair for pair in TOGETHER if calls & set(pair.split("+"))}
    return scenario, mode, sorted(calls)


def deny(task):
    dinit, app, case, addresses = task
    run = faults.Run(dinit, app, SCENARIOS[case.scenario], case.mode)
    run.live([], denial=Denial(case.call.split("+"), ERRNOS[case.errno][0],
                               addresses))
    verdict = judge(run, case)
    story = run.log.decode(errors="replace")
    run.remove()
    return case, verdict, story


def judge_all(dinit, app, only):
    addresses = addresses_of(dinit)
    if set(addresses) & set(addresses_of(app)):
        sys.exit(f"denied: {app} lies where dinit does")
    # Most of these wait most of the time.
    with multiprocessing.Pool(8 * (os.cpu_count() or 1)) as pool:
        observations = pool.map(observe, [
            (dinit, app, scenario, mode) for scenario in SCENARIOS
            for mode in faults.MODES], chunksize=1)
        tasks = [(dinit, app, Case(scenario, mode, call, errno), addresses)
                 for scenario, mode, calls in observations
                 for call in calls for errno in ERRNOS
                 if call not in BY_NATURE and (not only or call in only)]
        print(f"denied: {len(tasks)} runs", flush=True)
        return list(pool.imap_unordered(deny, tasks))


def print_matrix(results):
    """By call: the verdicts, and one line of what was said."""
    rows = collections.defaultdict(collections.Counter)
    lines = {}
    for case, verdict, story in results:
        column = "WRONG" if verdict.startswith("!") else verdict
        rows[case.call][column] += 1
        if column in ("refused", "otherwise"):
            errors = [line for line in story.splitlines() if "error: " in line]
            lines[case.call] = (errors or [""])[0]
    columns = ["works", "refused", "otherwise", "WRONG"]
    print(f"{'call':18}" + "".join(f"{column:>10}" for column in columns))
    for call, row in sorted(rows.items()):
        print(f"{call:18}" +
              "".join(f"{row[column]:10}" for column in columns) +
              "  " + lines.get(call, ""))
    for call, why in BY_NATURE.items():
        print(f"{call:18}  left out: {why}")


def main():
    results = faults.judge_arguments(judge_all)
    if not results:
        print("denied: no such call is made")
        sys.exit(0 if sys.argv[3:] else 1)
    print_matrix(results)
    wrong = sorted(result for result in results if result[1].startswith("!"))
    for case, verdict, story in wrong:
        print(f"denied: {' '.join(case)}: {verdict[1:]}\n{story}",
              file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()

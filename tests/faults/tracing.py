# SPDX-License-Identifier: MIT
"""What strace -f -o has written, of dinit and its children until their exec."""
import collections
import re

LINE = re.compile(r"(\d+) +(.*)")
BEGUN = re.compile(r"([a-z0-9_]+)\(")
RESUMED = re.compile(r"<\.\.\. ([a-z0-9_]+) resumed>")
SUCCEEDED = re.compile(r"= 0(?: \(DELAYED\))?$")
# Traced, process 1 of a namespace survives such a signal, and gets the next.
CRASHES = "SEGV,ABRT,SYS,TRAP,BUS,ILL,FPE"
CRASHED = re.compile(r"(?:---|\+\+\+ killed by) (SIG(?:{}))\b".format(
    CRASHES.replace(",", "|")))


class Trace:
    """
    counts[who, call] for who is "dinit" or "children", of whom it is the most
    that one has made; met, those for whom a call failed or was late; crashes.
    """

    def __init__(self, path, dinit):
        self.counts = collections.Counter()
        self.met = set()
        self.crashes = set()
        self.dinit = dinit
        self.launched = False
        self.executed = set()
        self.own = collections.Counter()
        with open(path, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                pid, text = LINE.match(line).groups()
                self.take(int(pid), text)

    def take(self, pid, text):
        crashed = CRASHED.match(text)
        if crashed:
            self.crashes.add(crashed[1])
        if pid in self.executed:
            return
        begun = BEGUN.match(text)
        resumed = RESUMED.match(text)
        call = (begun or resumed or [None, None])[1]
        if call is None:
            return
        is_exec = call == "execve" and SUCCEEDED.search(text) is not None
        if pid != self.dinit:
            self.note("children", pid, call, text, begun)
            if is_exec:
                self.executed.add(pid)
        elif self.launched:
            self.note("dinit", pid, call, text, begun)
        else:
            self.launched = is_exec

    def note(self, who, pid, call, text, begun):
        if begun:
            self.own[pid, call] += 1
            self.counts[who, call] = max(self.counts[who, call],
                                         self.own[pid, call])
        if "(INJECTED)" in text or "(DELAYED)" in text:
            self.met.add(who)

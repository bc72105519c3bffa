#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Storms, with dinit as process 1 of namespaces of its own:

    soak.py SIZE APPS [COMMAND...] DINIT

SIZE is one of those below; APPS the folder of the compiled apps; COMMAND what
DINIT runs under, as valgrind. Prints a line of facts for each scenario, and
ends with 1 at the first that is not as it must be.
"""
import contextlib
import os
import pathlib
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time

# By size: signals and orphans of a storm, starts of each kind, stops, ends of an
# app with each number of TICK_ORPHANS in one tick, processes of the fork bomb.
SIZES = {
    "full": (100000, 50000, 10000, 2500, 1000, 300),
    "short": (10000, 5000, 1000, 500, 100, 100),
    # more of a bomb valgrind cannot reap in the second that SIGKILL may take
    "instrumented": (4000, 2000, 10, 5, 5, 30),
}
TICK_ORPHANS = [1, 40, 200]
GRACE = 2
# Beside a bomb that takes every processor, dinit has to wait for its turn.
GRACE_END = 12
# For any condition to come true; the full storm takes a tenth of it.
PATIENCE = 60
REALTIME_MIN = 32
# Sending SIGCONT makes the kernel drop pending signals that stop a process, and
# the other way round (prepare_signal() in its kernel/signal.c). Where dinit or
# the app is slow, there may be none of one kind left to take.
JOB_CONTROL = [signal.SIGCONT, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU]
# So many processes are described where something never comes true.
DESCRIBED_MAX = 40
# A function called for the first time, and its frame under a sanitizer.
TOUCHED_KIB = 16
NAMESPACES = ["unshare", "--user", "--map-root-user", "--mount"]
AS_PID_1 = ["--fork", "--pid", "--mount-proc", "--kill-child=KILL"]
# Valgrind takes these for itself: faults, and one that is for its threads.
VALGRINDS = [signal.SIGILL, signal.SIGTRAP, signal.SIGBUS, signal.SIGFPE,
             signal.SIGSEGV, signal.SIGSYS, signal.SIGRTMAX]
# What valgrind 3.19 says of pidfd_open(2), which it does not know. dinit calls
# it if a check is not gone yet when the app has ended, and then goes without.
UNKNOWN_CALL = re.compile(r"--\d+-- WARNING: unhandled \S+ syscall: 434\n"
                          r"(?:--\d+-- .*\n){4}")
# Who reaps: the kernel where it can, since Linux 6.15; with -w dinit always.
MODES = {"kernel": [], "dinit": ["-w"]}


class Failure(Exception):
    """Something is not as it must be."""


class Missing(Exception):
    """This machine has not what a scenario needs."""


def check(is_so, what):
    if not is_so:
        raise Failure(what)


def skip(why):
    check(os.environ.get("NO_SKIP") != "1", why)
    print(f"skipped: {why}")


def wait_until(condition, what, patience=PATIENCE):
    until = time.monotonic() + patience
    while not condition():
        check(time.monotonic() < until, f"never came true: {what}")
        time.sleep(0.005)


def read(path):
    """Nothing, where there is none, or its process has just ended."""
    try:
        return pathlib.Path(path).read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def fields(path):
    """The "NAME: NUMBER" lines of a file in /proc."""
    pairs = (line.split(":", 1) for line in read(path).splitlines()
             if ":" in line)
    return {name: int(rest.split()[0]) for name, rest in pairs
            if rest.split() and rest.split()[0].isdigit()}


def children(pid):
    return [int(child) for child in
            read(f"/proc/{pid}/task/{pid}/children").split()]


def describe(pid):
    """What this process does and waits for, and all below it: a line each."""
    wanted = "State", "SigPnd", "ShdPnd", "SigBlk", "SigIgn", "SigCgt"
    facts = [" ".join(line.split())
             for line in read(f"/proc/{pid}/status").splitlines()
             if line.startswith(wanted)]
    for name in "syscall", "wchan":
        # not everybody may ask
        with contextlib.suppress(OSError):
            facts.append(f"{name}: {read(f'/proc/{pid}/{name}').strip()}")
    yield f"{pid} {read(f'/proc/{pid}/comm').strip()}, {', '.join(facts)}"
    for child in children(pid):
        yield from describe(child)


class Footprint:
    """What a process holds. The figures of smaps_rollup are exact."""

    def __init__(self, pid):
        status = fields(f"/proc/{pid}/status")
        rollup = fields(f"/proc/{pid}/smaps_rollup")
        self.descriptors = len(os.listdir(f"/proc/{pid}/fd"))
        self.anonymous = rollup["Anonymous"]
        self.resident = rollup["Rss"]
        self.mapped = (status["VmSize"], status["VmData"], status["VmStk"])


class Soak:
    """One program, all scenarios."""

    def __init__(self, size, apps, command):
        (self.signals, self.orphans, self.starts, self.stops, self.ticks,
         self.pids) = SIZES[size]
        # it maps memory of its own, is slow, and has no pidfd_open(2)
        self.is_valgrind = "valgrind" in command
        self.apps = apps
        self.command = command
        self.mode = None

    def dinit(self, *arguments):
        return [*self.command, *MODES[self.mode], *arguments]

    def app(self, name, *arguments):
        return [f"{self.apps}/{name}", *map(str, arguments)]

    def compare(self, before, after):
        """No descriptor gained, and no memory; what was mapped from the
        beginning may be touched for the first time."""
        check(after.descriptors <= before.descriptors,
              f"{before.descriptors} descriptors became {after.descriptors}")
        if not self.is_valgrind:
            check(after.anonymous <= before.anonymous + TOUCHED_KIB,
                  f"{before.anonymous} KiB of anonymous memory became "
                  f"{after.anonymous}")
            check(after.mapped == before.mapped,
                  f"{before.mapped} KiB mapped became {after.mapped}")
        return (f"{before.descriptors} -> {after.descriptors} descriptors, "
                f"anonymous {before.anonymous} -> {after.anonymous} KiB, "
                f"resident {before.resident} -> {after.resident} KiB")

    def run_all(self):
        for mode in ["dinit"] if self.is_valgrind else MODES:
            self.mode = mode
            scenarios = {"storm": self.storm, "starts": self.starts_and_ends,
                         "stops": self.stop_at_once, "tick": self.tick,
                         "bomb": self.bomb}
            if mode == "dinit" and not self.is_valgrind:
                scenarios["flood"] = self.flood
            for name, scenario in scenarios.items():
                began = time.monotonic()
                try:
                    facts = scenario()
                except Missing as missing:
                    skip(missing)
                    continue
                took = time.monotonic() - began
                print(f"{name:7}{mode:7}{took:6.1f} s  {facts[0]}")
                for fact in facts[1:]:
                    print(f"{'':24}{fact}")
                sys.stdout.flush()

    # --- 100,000 signals, 50,000 orphans, checks that hang -------------------

    def storm(self):
        left_out = VALGRINDS if self.is_valgrind else []
        with Container(self, ["--stop-signal=PWR"],
                       self.app("storm", *map(int, left_out))) as c:
            warm_up = self.orphans // 25
            c.rage(self.signals // 25, warm_up)
            before = Footprint(c.init)
            signals = c.rage(self.signals, self.orphans)
            after = Footprint(c.init)
            c.end(signal.SIGPWR, 128 + signal.SIGPWR)
            log = c.log()
        facts = self.count(signals)
        if self.mode == "dinit":
            reaped = log.count("reaped orphan")
            check(reaped == warm_up + self.orphans, f"{reaped} orphans of "
                  f"{warm_up + self.orphans} reaped")
        return [f"{facts}, {self.orphans} orphans, {c.hung} checks hung",
                self.compare(before, after)]

    def count(self, signals):
        """Each real-time signal as often as sent; the others no more often,
        and at least once, or once for all that drop each other."""
        queued = merged = merged_sent = 0
        check(any(signals[signo][1] for signo in JOB_CONTROL),
              "no signal of job control was relayed")
        for signo, (sent, relayed) in signals.items():
            if signo == signal.SIGCHLD:
                check(relayed == 0, f"SIGCHLD was relayed {relayed} times")
            elif signo >= REALTIME_MIN:
                check(relayed == sent, f"real-time signal {signo}: sent "
                      f"{sent} times, relayed {relayed} times")
                queued += sent
            else:
                least = 0 if signo in JOB_CONTROL else 1
                check(least <= relayed <= sent, f"signal {signo}: sent {sent} "
                      f"times, relayed {relayed} times")
                merged += relayed
                merged_sent += sent
        return (f"{queued} of {queued} real-time signals, {merged} of "
                f"{merged_sent} others relayed")

    # --- 10,000 starts, and 10,000 that fail ---------------------------------

    def repeat(self, count, status, app):
        """What dinit and its app wrote in so many runs, on all processors."""
        # valgrind's files in /tmp are named after its process, always 1
        workers = 1 if self.is_valgrind else min(os.cpu_count(), count)
        shares = [count // workers + (i < count % workers)
                  for i in range(workers)]
        with tempfile.TemporaryFile("a+b") as out, \
                tempfile.TemporaryFile("a+b") as log:
            # appended to, as all write to these two
            processes = [subprocess.Popen(
                [*NAMESPACES, *self.app("repeat", share, status),
                 *self.dinit("--", *app)],
                stdin=subprocess.DEVNULL, stdout=out, stderr=log)
                for share in shares]
            failed = [process.wait() for process in processes]
            out.seek(0)
            log.seek(0)
            texts = out.read().decode(), log.read().decode()
        check(not any(failed), texts[1][-300:])
        return texts

    def starts_and_ends(self):
        log = self.repeat(self.starts, 0, ["true"])[1]
        check(log == "", log[:300])
        log = self.repeat(self.starts, 127, ["no-such-command"])[1]
        said = log.count("cannot execute no-such-command: ")
        # valgrind makes a fork of a vfork, and dinit does not hear of it
        check(self.is_valgrind or said == log.count("\n") == self.starts,
              log[:300])
        return [f"{self.starts} x status 0, {self.starts} x 127"]

    # --- Stops of an app that ends at once -----------------------------------

    def stop_at_once(self):
        log = self.repeat(self.stops, 7, self.app("stopped"))[1]
        check(log == "", log[:300])
        return [f"{self.stops} x status 7"]

    # --- An app and some orphans that end in one tick ------------------------

    def tick(self):
        return [self.tick_with(orphans) for orphans in TICK_ORPHANS]

    def tick_with(self, count):
        out, log = self.repeat(self.ticks, 7, self.app("burst", count))
        orphans = self.ticks * count
        check(len(out) == orphans, f"{len(out)} of {orphans} orphans ended by "
              "themselves")
        reaped = log.count("reaped orphan")
        check(reaped == (orphans if self.mode == "dinit" else 0) and
              reaped == log.count("\n"), f"{reaped} orphans of {orphans} "
              f"reaped: {log[:300]}")
        return f"{self.ticks} x status 7, {orphans} orphans ended"

    # --- A fork bomb ---------------------------------------------------------

    def bomb(self):
        with Limit(self.pids) as limit, Container(
                self, [f"--grace={GRACE}s"],
                self.app("bomb", 4 * self.pids), limit) as c:
            # what a failing check takes, it has once taken
            c.hang()
            c.recover()
            before = Footprint(c.init)
            c.tell("")
            c.hear("full")
            # no check can be forked: that is not healthy
            c.await_unready()
            count = limit.count()
            after = Footprint(c.init)
            took = c.end_by_force()
            log = c.log()
        check("cannot fork: " in log, f"no check failed to fork: {log[-300:]}")
        check("after the grace period" in log, log[-300:])
        # valgrind may be too slow to reap all of them within that second
        check(self.is_valgrind or "are not gone" not in log, log[-300:])
        return [f"{count} processes ({limit.kind}), status 137 "
                f"{took:.2f} s after TERM", self.compare(before, after)]

    # --- Orphans that end faster than a slow dinit can reap them -------------

    def flood(self):
        orphans = "trap '' TERM; while :; do (true &); done"
        app = (f"echo up; read line; for i in 1 2 3 4; do ({orphans}) & done; "
               f"{orphans}")
        with Container(self, [f"--grace={GRACE}s"], ["sh", "-c", app]) as c:
            slow = subprocess.Popen(
                ["strace", "-qq", "-o", "/dev/null", "-e", "trace=waitid",
                 "-e", "inject=waitid:delay_enter=2000", "-p", str(c.init)])
            try:
                wait_until(lambda: fields(f"/proc/{c.init}/status")[
                    "TracerPid"], "dinit is slow")
                c.tell("")
                c.wait_until(lambda: len(children(c.init)) > 100,
                             "there are more orphans than it reaps")
                took = c.end_by_force()
            finally:
                slow.kill()
                slow.wait()
        return [f"status 137 {took:.2f} s after TERM"]


class Container:
    """dinit as process 1, with health checks that can be made to hang."""

    def __init__(self, soak, options, app, limit=None):
        self.folder = tempfile.mkdtemp(prefix="dinit-soak-")
        self.hung = 0
        timeout = "1s" if soak.is_valgrind else "100ms"
        with open(self.path("out"), "ab") as out, \
                open(self.path("log"), "ab") as log:
            self.process = subprocess.Popen(
                [*NAMESPACES, *AS_PID_1, *soak.dinit(
                    *options, f"--ready-file={self.path('ready')}",
                    "--startup-budget=0", "--health-interval=20ms",
                    "--monitor=20ms", f"--health-timeout={timeout}",
                    f"--health-cmd=! test -e {self.path('hang')} || {{ "
                    f"echo >>{self.path('hung')}; exec sleep 1000; }}",
                    "--", *app)],
                stdin=subprocess.PIPE, stdout=out, stderr=log, text=True,
                preexec_fn=limit.enter if limit else None)

    def __enter__(self):
        try:
            self.hear("up")
            self.init, = children(self.process.pid)
            self.recover()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        subprocess.run(["rm", "-rf", self.folder], check=True)

    def path(self, name):
        return f"{self.folder}/{name}"

    def log(self):
        log = UNKNOWN_CALL.sub("", read(self.path("log")))
        strange = [line for line in log.splitlines()
                   if not line.startswith("dinit: ")]
        check(not strange, "\n".join(strange[:40]))
        return log

    def wait_until(self, condition, what):
        """A failure says what all processes do: it may not come again."""
        try:
            wait_until(condition, what)
        except Failure as failure:
            raise Failure(f"{failure}\n{self.explain()}") from failure

    def explain(self):
        """The processes, and what the app and dinit have said last."""
        lines = list(describe(self.process.pid))
        return "\n".join([
            *lines[:DESCRIBED_MAX], f"{len(lines)} processes",
            f"--- app: {read(self.path('out'))[-500:]}",
            f"--- dinit: {read(self.path('log'))[-2000:]}"])

    def tell(self, line):
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def hear(self, line):
        """Until the app has written that; what it wrote before."""
        def is_heard():
            check(self.process.poll() is None, "it ended")
            return f"{line}\n" in read(self.path("out"))
        self.wait_until(is_heard, f"the app says '{line}'")
        text = read(self.path("out"))
        os.truncate(self.path("out"), 0)
        return text[:text.index(f"{line}\n")]

    def await_unready(self):
        self.wait_until(lambda: not os.path.exists(self.path("ready")),
                        "unready")

    def hang(self):
        pathlib.Path(self.path("hang")).touch()
        self.await_unready()

    def is_idle(self):
        """Published, and only the app and the health helper are left."""
        return os.path.exists(self.path("ready")) and \
            len(children(self.init)) == 2

    def recover(self):
        pathlib.Path(self.path("hang")).unlink(missing_ok=True)
        self.wait_until(self.is_idle, "ready, and all orphans are reaped")

    def rage(self, signals, orphans):
        """One storm, while checks hang: how often each was sent, relayed."""
        self.hang()
        hung = len(read(self.path("hung")))
        self.tell(f"{signals} {orphans}")
        lines = self.hear("done").splitlines()
        self.hung = len(read(self.path("hung"))) - hung
        self.recover()
        return {int(line.split()[0]): tuple(map(int, line.split()[1:]))
                for line in lines}

    def end(self, signo, status):
        os.kill(self.init, signo)
        try:
            ended = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired as error:
            raise Failure(f"it never ends\n{self.explain()}") from error
        check(ended == status, f"status {ended}, not {status}: "
              f"{read(self.path('log'))[-2000:]}")

    def end_by_force(self):
        """The seconds that it took, with a grace of GRACE."""
        began = time.monotonic()
        self.end(signal.SIGTERM, 128 + signal.SIGKILL)
        took = time.monotonic() - began
        check(GRACE <= took < GRACE_END, f"it took {took:.1f} s to end")
        return took


class Limit:
    """So many processes: by a cgroup or, where none can be made, a user."""

    def __init__(self, pids):
        self.pids = pids
        self.folder = None
        for root in ("/sys/fs/cgroup/pids", "/sys/fs/cgroup"):
            folder = f"{root}/dinit-soak-{os.getpid()}"
            with contextlib.suppress(OSError):
                os.mkdir(folder)
                # a folder of another file system has none
                if os.path.exists(f"{folder}/pids.max"):
                    self.folder = folder
                    break
                os.rmdir(folder)
        self.kind = "cgroup" if self.folder else "RLIMIT_NPROC"
        if not self.folder and os.getuid() == 0:
            raise Missing("no pids cgroup, and no other limit binds root")

    def __enter__(self):
        if self.folder:
            pathlib.Path(f"{self.folder}/pids.max").write_text(str(self.pids))
        return self

    def enter(self):
        """In the process that becomes dinit."""
        if self.folder:
            pathlib.Path(f"{self.folder}/cgroup.procs").write_text("0")
            return
        limit = self.pids + self.count()
        resource.setrlimit(resource.RLIMIT_NPROC, (limit, limit))

    def count(self):
        if self.folder:
            return int(read(f"{self.folder}/pids.current"))
        return sum(path.stat().st_uid == os.getuid()
                   for path in pathlib.Path("/proc").glob("[0-9]*"))

    def __exit__(self, *_):
        if self.folder:
            def is_removed():
                with contextlib.suppress(OSError):
                    os.rmdir(self.folder)
                return not os.path.exists(self.folder)
            wait_until(is_removed, "all processes of the bomb are gone", 10)


def main():
    size, apps, *command = sys.argv[1:]
    # ended from outside, it still ends its container
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    allowed = subprocess.run([*NAMESPACES, *AS_PID_1, "true"], check=False,
                             capture_output=True, text=True)
    try:
        if allowed.returncode != 0:
            skip(f"no namespaces: {allowed.stderr.strip()}")
            return 0
        Soak(size, apps, command).run_all()
    except Failure as failure:
        print(f"soak: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Makes each system call of dinit fail, at each place and with each error that it
can fail with, or just come late, and holds dinit to its word:

    faults.py DINIT APP [CALL]...

DINIT as it is shipped, APP made from app.c, and only these calls if any are
named. tests/faults/errnos says which errors there are. Each run of dinit has
one fault, at the Nth call of that name of dinit itself or of each of its
children (the app before its exec, the health helper, its checks before theirs).
Which N there are, a run without a fault shows first. What fails for the app's
child too ends the start before there is a check: not met in checks are faults
at the same place (setpgid, rt_sigaction).

absorbed means that the run ended as without a fault, refused exit status 125
and otherwise another one that is documented, each with a line that says why.
Not met are faults at a place that this run did not come to, as how often dinit
looks or reads depends on time.
"""
import collections
import multiprocessing
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import launch
import tracing

HERE = os.path.dirname(os.path.abspath(__file__))

# Status without a fault; dinit's options; what the app does.
SCENARIOS = {
    "un-gated": (7, [], "exit"),
    "gated": (7, ["--ready-file={0}/run/ready", "--report-file={0}/report",
                  '--health-cmd=["app","check","{0}/checked"]',
                  "--health-interval=20ms", "--startup-budget=3s"], "serve"),
    "notified": (7, ["--ready-file={0}/run/ready", "--notify",
                     "--startup-budget=3s"], "notify"),
    "escalation": (137, ["--grace=200ms"], "stubborn"),
    "answered": (7, ["--ready-file={0}/run/ready",
                     "--ready-listen=127.0.0.1:{1}"], "serve"),
    "confined": (7, ["--user=65534:65534", "--keep-caps=net_raw",
                     f"--seccomp={HERE}/profile.json",
                     "--own={0}/own/below"], "confined"),
}
MODES = ["init", "waiting", "subreaper"]

# Budget, grace and the second that SIGKILL may take, on a machine that is busy.
PATIENCE = 15

# As an error: nothing fails, but it takes long enough for others to be faster.
LATE = "late"
DELAY_US = 30000

# What passes by itself, and rights that dinit may keep: no end of a start.
ABSORBED = {("children", "sendmsg", "ENOMEM"),
            ("children", "sendmsg", "ENOBUFS"),
            ("dinit", "recvmsg", "ENOMEM"),
            ("dinit", "capset", "EPERM")}

# The log is on a pipe: what fails here may be the line that says why.
LOGS = {"write", "writev", "pwritev2"}

Fault = collections.namedtuple("Fault", "scenario mode who call nth errno")


def read_table(path):
    """
    Errors by call, none for calls that are left out; and how many of dinit's
    own are made to fail where that is not all of them.
    """
    errors = {}
    limits = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            words = line.partition("#")[0].split()
            if words and not line[0].isspace():
                call, _, limit = words.pop(0).partition(":")
                errors[call] = []
                if limit:
                    limits["dinit", call] = int(limit)
            if words:
                errors[call] += words
    return errors, limits


class Run:
    """One life of dinit, in a folder of its own; what it did is kept here."""

    def __init__(self, dinit, app, scenario, mode):
        self.folder = tempfile.mkdtemp()
        os.chmod(self.folder, 0o711)  # the user of "confined" goes through it
        self.dinit = dinit
        self.app = app
        self.normal, options, role = scenario
        self.argv = [dinit, "--grace=1s"]
        self.reserve_port(any("{1}" in option for option in options))
        self.argv += [option.format(self.folder, self.port)
                      for option in options]
        self.argv += ["--", app, role]
        self.gated = any("--ready-file" in option for option in options)
        self.ready_file = f"{self.folder}/run/ready"
        self.serves = role in ("serve", "notify", "stubborn")
        self.mode = mode
        self.output = b""
        self.log = b""
        self.told_ready = False
        self.stopped = False
        self.lost_file = False
        self.lies = []
        self.trace = None

    def reserve_port(self, is_needed):
        """So that nobody but dinit gets it, which sets SO_REUSEADDR."""
        self.port = None
        if is_needed:
            self.holder = socket.socket()
            self.holder.bind(("127.0.0.1", 0))
            self.holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.port = self.holder.getsockname()[1]

    def live(self, options, decoy=None, count=0, denial=None):
        """
        Under strace with OPTIONS, or under the filter DENIAL; the status is
        None if it never ended.
        """
        engine = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        engine.bind(f"{self.folder}/engine")
        # The check is found at the second place: a second exec, which the app
        # does not need, so that it can fail for the check alone.
        environment = {"NOTIFY_SOCKET": f"{self.folder}/engine",
                       "PATH": f"/nowhere:{os.path.dirname(self.app)}"}
        out, output = os.pipe()
        log, error = os.pipe()
        launcher = launch.Launcher(self.mode, self.argv, environment, decoy,
                                   count)
        launcher.denial = denial
        launcher.start(output, error)
        os.close(output)
        os.close(error)
        if denial is None:
            launcher.trace(f"{self.folder}/trace", *options)
        else:
            launcher.let_go()
        ended = self.follow(launcher, out, log, engine)
        status = launcher.end()
        self.log += self.drain(log)
        os.close(out)
        os.close(log)
        engine.close()
        self.status = status if ended else None
        self.cpu_seconds = launcher.cpu_seconds
        if denial is None:
            self.trace = tracing.Trace(f"{self.folder}/trace", launcher.dinit)
        if self.gated and self.is_ready():
            self.lies.append("ready when it is gone")
        # Without its helper it says that it is not ready any more.
        if self.lost_file and b"readiness is withdrawn" not in self.log:
            self.lies.append("ready without the file")

    @staticmethod
    def drain(fd):
        text = b""
        while select.select([fd], [], [], 0)[0]:
            part = os.read(fd, 65536)
            if not part:
                break
            text += part
        return text

    def follow(self, launcher, out, log, engine):
        """Until dinit has ended; false if it does not."""
        until = time.monotonic() + PATIENCE
        while not launcher.has_ended():
            if time.monotonic() > until:
                return False
            select.select([launcher.end_fd, log, engine] +
                          ([] if self.stopped else [out]), [], [], 0.05)
            self.output += self.drain(out)
            self.log += self.drain(log)
            while select.select([engine], [], [], 0)[0]:
                if engine.recv(4096) == b"READY=1":
                    self.told_ready = True
            self.stop_when_up(launcher)
        return True

    def stop_when_up(self, launcher):
        if self.stopped or not self.serves:
            return
        said = self.told_ready or b"ready after" in self.log
        if self.gated and not said and not os.path.exists(self.ready_file):
            return
        if said and not self.is_ready():
            self.lost_file = True
        if b"up" in self.output:
            self.stopped = True
            if self.port:
                self.ask()
            launcher.signal_dinit(signal.SIGTERM)

    def ask(self):
        """By HTTP; dinit-answer hears everybody for a second at most."""
        was_ready = self.is_ready()
        try:
            with socket.create_connection(("127.0.0.1", self.port), 2) as door:
                door.sendall(b"GET / HTTP/1.1\r\n\r\n")
                is_200 = door.recv(4096).startswith(b"HTTP/1.1 200 ")
        except OSError:
            return
        if is_200 and not was_ready and not self.is_ready():
            self.lies.append("answers 200 when it is not ready")

    def is_ready(self):
        return subprocess.run(
            [self.dinit, "--is-ready", f"--ready-file={self.ready_file}"],
            stderr=subprocess.DEVNULL, check=False).returncode == 0

    def why(self):
        """The log; where that has no error, perhaps the report has one."""
        text = self.log.decode(errors="replace")
        report = f"{self.folder}/report"
        if os.path.exists(report) and os.path.getsize(report) > 0:
            with open(report, encoding="utf-8") as file:
                text += f"report: error: {file.read()}"
        return text

    def remove(self):
        if self.port:
            self.holder.close()
        shutil.rmtree(self.folder)


def judge(run, fault):
    """absorbed, refused or ended otherwise; what is wrong with a !."""
    if run.trace.crashes:
        return f"!crashes: {' '.join(run.trace.crashes)}"
    if run.status is None:
        return "!hangs"
    if run.lies:
        return f"!lies: {run.lies[0]}"
    if run.status == launch.LEFT_BEHIND:
        # Not a subreaper, it cannot know of all; it says so.
        return ("otherwise" if "cannot become a subreaper" in run.why() else
                "!leaves processes behind")
    if run.status == run.normal:
        return "absorbed"
    # what is confined meets it too, and has to be
    if ((fault.who, fault.call, fault.errno) in ABSORBED and
            fault.scenario != "confined"):
        return f"!status {run.status}, not absorbed"
    if run.status not in (124, 125, 126, 127, 137) or (
            run.status == 125 and fault.errno == LATE):
        return f"!status {run.status}"
    reason = "SIGKILL" if run.status == 137 else "error: "
    if reason not in run.why() and not (fault.call in LOGS and
                                        fault.who == "dinit"):
        return f"!status {run.status} without a reason"
    return "refused" if run.status == 125 else "otherwise"


def observe(task):
    """How many calls there are without a fault."""
    dinit, app, scenario, mode = task
    run = Run(dinit, app, SCENARIOS[scenario], mode)
    run.live([])
    verdict = judge(run, Fault(scenario, mode, "", "", 0, ""))
    if verdict != "absorbed":
        raise RuntimeError(f"without a fault, {scenario}, {mode}: {verdict}: "
                           f"{run.log.decode()}")
    run.remove()
    return scenario, mode, run.trace.counts


def inject(task):
    """Verdict of one fault, and whether it was met at all."""
    dinit, app, fault = task
    run = Run(dinit, app, SCENARIOS[fault.scenario], fault.mode)
    decoy = fault.call if fault.who == "children" else None
    what = (f"delay_enter={DELAY_US}" if fault.errno == LATE else
            f"error={fault.errno}")
    run.live(["-e", f"trace={fault.call},execve", "-e",
              f"inject={fault.call}:{what}:when={fault.nth}"],
             decoy, fault.nth if decoy else 0)
    verdict = judge(run, fault)
    met = fault.who in run.trace.met
    story = ""
    if verdict.startswith("!"):
        story = run.log.decode(errors="replace")
    run.remove()
    return fault, verdict, met, story


def faults_of(observations, errors, limits, calls):
    for scenario, mode, counts in observations:
        for (who, call), count in sorted(counts.items()):
            if call not in errors:
                sys.exit(f"faults: tests/faults/errnos lacks {call}")
            if calls and call not in calls:
                continue
            # which strace never sees return
            if call == "exit_group":
                continue
            for nth in range(1, count + 1):
                yield Fault(scenario, mode, who, call, nth, LATE)
                if nth > limits.get((who, call), count):
                    continue
                for errno in errors[call]:
                    yield Fault(scenario, mode, who, call, nth, errno)


def print_matrix(results):
    """By call: places in all scenarios and modes, verdicts, errors."""
    rows = collections.defaultdict(collections.Counter)
    places = collections.defaultdict(set)
    errnos = collections.defaultdict(set)
    for fault, verdict, met, _ in results:
        column = "WRONG" if verdict.startswith("!") else verdict
        rows[fault.call][column if met else "not met"] += 1
        places[fault.call].add(fault[:5])
        errnos[fault.call].add(fault.errno)
    columns = ["absorbed", "refused", "otherwise", "not met", "WRONG"]
    print(f"{'call':18}{'places':>7}" +
          "".join(f"{column:>10}" for column in columns) + "  errors")
    for call, row in sorted(rows.items()):
        print(f"{call:18}{len(places[call]):7}" +
              "".join(f"{row[column]:10}" for column in columns) +
              "  " + " ".join(sorted(errnos[call])))
    met = {fault[:5] for fault, _, is_met, _ in results if is_met}
    for place in sorted(set.union(*places.values()) - met):
        print("faults: never met: {}, {}: {}, {} number {}".format(*place))


def skip(why):
    print(f"faults: skipped: {why}")
    sys.exit(1 if os.environ.get("NO_SKIP") else 0)


def judge_all(dinit, app, calls):
    """Results of all faults, in the order in which they came."""
    errors, limits = read_table(f"{HERE}/errnos")
    cores = os.cpu_count() or 1
    with multiprocessing.Pool(cores) as pool:
        observations = pool.map(observe, [
            (dinit, app, scenario, mode)
            for scenario in SCENARIOS for mode in MODES])
    # Most of these wait most of the time.
    with multiprocessing.Pool(8 * cores) as pool:
        tasks = [(dinit, app, fault) for fault in
                 faults_of(observations, errors, limits, calls)]
        print(f"faults: {len(tasks)} runs", flush=True)
        return list(pool.imap_unordered(inject, tasks, chunksize=4))


def say_wrong(results):
    """Whether there was anything to say."""
    untouched = {fault.call for fault, *_ in results} - {
        fault.call for fault, _, met, _ in results if met}
    for call in sorted(untouched):
        print(f"faults: {call} was never made to fail", file=sys.stderr)
    wrong = [result for result in results if result[1].startswith("!")]
    for fault, verdict, _, story in sorted(wrong):
        print(f"faults: {' '.join(map(str, fault))}: {verdict[1:]}\n{story}",
              file=sys.stderr)
    return bool(wrong or untouched)


def judge_arguments(judge):
    """What JUDGE, such as judge_all, finds of what the command line names."""
    dinit, app = (os.path.abspath(path) for path in sys.argv[1:3])
    if os.geteuid() != 0:
        skip("only root makes namespaces")
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        tempfile.tempdir = folder
        # where another user reaches it
        os.chmod(folder, 0o755)
        app = shutil.copy(app, folder)
        try:
            return judge(dinit, app, sys.argv[3:])
        except PermissionError as error:
            return skip(error)


def main():
    results = judge_arguments(judge_all)
    if not results:
        sys.exit("faults: no such call is made")
    print_matrix(results)
    sys.exit(1 if say_wrong(results) else 0)


if __name__ == "__main__":
    main()

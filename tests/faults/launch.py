# SPDX-License-Identifier: MIT
"""
dinit in namespaces of its own, from the first instruction on under strace.

strace can make a program that it starts process 1 of nothing: it forks for its
own purposes first. So a launcher waits at a gate until strace has attached, and
becomes dinit then.
"""
import ctypes
import os
import select
import signal
import subprocess

import tracing

CLONE_NEWNS = 0x00020000
CLONE_NEWPID = 0x20000000
MS_REC_PRIVATE = 0x4000 | 0x40000
UNAME26 = 0x0020000

# Statuses of the launcher that neither dinit nor the app has.
NO_NAMESPACES = 98
LEFT_BEHIND = 99

libc = ctypes.CDLL(None, use_errno=True)
libseccomp = ctypes.CDLL("libseccomp.so.2")


def number_of(call):
    return libseccomp.seccomp_syscall_resolve_name(call.encode())


def shown(status):
    """A status of wait(2), as a shell shows it."""
    code = os.waitstatus_to_exitcode(status)
    return 128 - code if code < 0 else code


FORK = number_of("fork")


class Launcher:
    """
    MODE is "init", where the kernel reaps for dinit if it can; "waiting", where
    it is said to be too old for that; or "subreaper", of an init that looks
    afterwards whether somebody is left.

    DECOY, if there is one, is made so many times before the exec, in vain. When
    strace lets the Nth of these fail in each process, dinit's own come later,
    and only its children's are left.

    The exec finds the seccomp filter DENIAL in place, if there is one.
    """

    def __init__(self, mode, argv, environment, decoy=None, count=0):
        self.mode = mode
        self.argv = argv
        self.environment = environment
        self.decoy = number_of(decoy) if decoy else None
        self.count = count
        self.denial = None
        self.cpu_seconds = 0
        self.gate, self.open_gate = os.pipe()
        self.strace = None
        self.init = None
        self.dinit = None

    def start(self, output, error):
        """Forks process 1 of namespaces of its own."""
        told, tell = os.pipe()
        self.init = self.fork_init(tell, output, error)
        os.close(tell)
        os.close(self.gate)
        # All that dinit will be has to have come to the gate before strace
        # counts calls.
        with os.fdopen(told) as file:
            if not file.read():
                os.waitpid(self.init, 0)
                raise PermissionError("cannot make namespaces")
        self.dinit = self.find_dinit()
        self.end_fd = os.pidfd_open(self.init)

    def fork_init(self, tell, output, error):
        """In a PID namespace that no other child of ours is to be in."""
        with open("/proc/self/ns/pid", "rb") as own:
            if libc.unshare(CLONE_NEWPID) < 0:
                raise PermissionError("cannot make namespaces")
            init = os.fork()
            if init == 0:
                try:
                    self.be_init(tell, output, error)
                finally:
                    os._exit(NO_NAMESPACES)
            libc.setns(own.fileno(), CLONE_NEWPID)
        return init

    def find_dinit(self):
        if self.mode != "subreaper":
            return self.init
        path = f"/proc/{self.init}/task/{self.init}/children"
        with open(path, encoding="ascii") as children:
            return int(children.read())

    def be_init(self, tell, output, error):
        if libc.unshare(CLONE_NEWNS) < 0:
            return
        libc.mount(b"none", b"/", None, MS_REC_PRIVATE, None)
        if libc.mount(b"proc", b"/proc", b"proc", 0, None) < 0:
            return
        if self.mode == "waiting":
            libc.personality(UNAME26)
        if self.mode == "subreaper":
            child = os.fork()
            if child != 0:
                os.close(tell)
                status = shown(os.waitpid(child, 0)[1])
                os._exit(LEFT_BEHIND if self.is_left() else status)
        os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(error, 2)
        os.write(tell, b"x")
        os.close(tell)
        # a call that dinit never makes, so that none is counted as its own
        select.select([self.gate], [], [])
        for _ in range(self.count):
            self.call_in_vain()
        if self.denial is not None:
            self.denial.put_on()
        os.execve(self.argv[0], self.argv, self.environment)

    def call_in_vain(self):
        """The decoy: all but fork fail, or do nothing, given just -1."""
        result = libc.syscall(self.decoy, *[ctypes.c_long(-1)] * 6)
        if self.decoy == FORK and result == 0:
            os._exit(0)
        if self.decoy == FORK and result > 0:
            os.wait()

    @staticmethod
    def is_left():
        """Whether anybody but us and zombies is in the namespace."""
        try:
            while os.waitpid(-1, os.WNOHANG)[0] > 0:
                pass
        except ChildProcessError:
            pass
        try:
            os.kill(-1, 0)
        except ProcessLookupError:
            return False
        return True

    def trace(self, path, *options):
        """Attaches strace and opens the gate."""
        self.strace = subprocess.Popen(
            ["strace", "-f", "-o", path, "-s", "100",
             "-e", f"signal={tracing.CRASHES}", *options,
             "-p", str(self.dinit)],
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        line = self.strace.stderr.readline()
        if b"attached" not in line:
            raise RuntimeError(f"strace: {line.decode()}")
        self.let_go()

    def let_go(self):
        """Opens the gate."""
        os.write(self.open_gate, b"x")

    def has_ended(self):
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self.init, flags) is not None

    def signal_dinit(self, signo):
        if not self.has_ended():
            os.kill(self.dinit, signo)

    def end(self):
        """Of all, whatever became of it; the status, and the CPU time."""
        if not self.has_ended():
            os.kill(self.init, signal.SIGKILL)
        _, status, usage = os.wait4(self.init, 0)
        self.cpu_seconds = usage.ru_utime + usage.ru_stime
        if self.strace is not None:
            self.strace.communicate()
        os.close(self.open_gate)
        os.close(self.end_fd)
        return shown(status)

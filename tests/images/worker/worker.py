# SPDX-License-Identifier: MIT
"""Does the jobs in a folder: worker.py FOLDER

A job is a file NAME with the seconds that it takes in it, and NAME.done once it
is done. The main process hands the jobs out, two children do them. On SIGTERM
it hands out no more, and ends when its children have done what they have. The
children end at once on SIGTERM, whatever they are doing.

It says by sd_notify(3) when it is ready, and, from the loop that hands out the
jobs, that it is alive: if that loop hangs, so that no job is begun any more,
it says nothing, and this is noticed.
"""
import os
import select
import signal
import socket
import sys
import time

CHILDREN = 2
# How often to say that it is alive, in s: twice in the time that the watchdog
# waits, as sd_watchdog_enabled(3) advises. 0: there is none.
ALIVE_PAUSE = int(os.environ.get("WATCHDOG_USEC", 0)) / 2e6
folder = sys.argv[1]
is_stopping = False


def stop(_signo, _frame):
    global is_stopping
    is_stopping = True


def do_job(name):
    print(f"begun: {name}", flush=True)
    with open(os.path.join(folder, name)) as job:
        time.sleep(float(job.read()))
    os.rename(os.path.join(folder, name), os.path.join(folder, name + ".done"))
    print(f"done: {name}", flush=True)


def child(link):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    while name := link.recv(256).decode():
        do_job(name)
        link.send(b"done")


def fork_child(others):
    """Return the main process's end of a link to a new child."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork() == 0:
        for link in others + [ours]:
            link.close()
        child(theirs)
        sys.exit(0)
    theirs.close()
    return ours


def tell(state):
    """sd_notify(3), if anybody wants to know."""
    path = os.environ.get("NOTIFY_SOCKET", "")
    if path:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.sendto(state, path.replace("@", "\0", 1))


def hand_out(idle, busy):
    """Give each idle child a job that no other has, while there are any."""
    waiting = [name for name in sorted(os.listdir(folder))
               if not name.endswith(".done") and name not in busy.values()]
    for name in waiting[:len(idle)]:
        link = idle.pop()
        busy[link] = name
        link.send(name.encode())


def main():
    signal.signal(signal.SIGTERM, stop)
    idle = []
    busy = {}
    for _ in range(CHILDREN):
        idle.append(fork_child(idle))
    tell(b"READY=1")
    alive_at = 0
    while busy or not is_stopping:
        if ALIVE_PAUSE and time.monotonic() >= alive_at:
            tell(b"WATCHDOG=1")
            alive_at = time.monotonic() + ALIVE_PAUSE
        if not is_stopping:
            hand_out(idle, busy)
        for link in select.select(list(busy), [], [], 0.1)[0]:
            if not link.recv(256):
                sys.exit(f"a child died; this job is not done: {busy[link]}")
            del busy[link]
            idle.append(link)
    for link in idle:
        link.close()
        os.wait()
    print("all done that was begun, bye", flush=True)


main()

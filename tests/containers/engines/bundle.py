#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# Prints the config.json of a container for OCI runtimes, with the capabilities
# that Docker gives:
#
#	bundle.py [--lacks FILE] [--remapped] -- ARG...
#
# --lacks: each system call in FILE, one a line, fails with EPERM.
# --remapped: in a user namespace, whose root is the machine's user 100000.

import argparse
import json

CAPABILITIES = ["CAP_" + name for name in (
    "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD "
    "NET_BIND_SERVICE NET_RAW SETFCAP SETGID SETPCAP SETUID SYS_CHROOT"
).split()]
NAMESPACES = ["pid", "mount", "ipc", "uts", "network"]

MOUNTS = [("/proc", "proc"), ("/tmp", "tmpfs"), ("/run", "tmpfs")]

def deny(path):
    with open(path, encoding="ascii") as lines:
        names = [line.strip() for line in lines if not line.startswith("#")]
    return {"defaultAction": "SCMP_ACT_ALLOW",
            "syscalls": [{"names": names, "action": "SCMP_ACT_ERRNO",
                          "errnoRet": 1}]}

def configure(args):
    linux = {"namespaces": [{"type": name} for name in NAMESPACES]}
    if args.lacks:
        linux["seccomp"] = deny(args.lacks)
    if args.remapped:
        mapping = [{"containerID": 0, "hostID": 100000, "size": 65536}]
        linux["namespaces"].append({"type": "user"})
        linux["uidMappings"] = linux["gidMappings"] = mapping
    return {
        "ociVersion": "1.0.2",
        "process": {
            "user": {"uid": 0, "gid": 0}, "cwd": "/", "args": args.command,
            "env": ["PATH=/bin:/sbin", "DIR=/tmp"],
            "capabilities": {kind: CAPABILITIES for kind in
                             ("bounding", "effective", "permitted")}},
        "root": {"path": "root"},
        "mounts": [{"destination": place, "type": kind, "source": kind}
                   for place, kind in MOUNTS],
        "linux": linux}

parser = argparse.ArgumentParser()
parser.add_argument("--lacks")
parser.add_argument("--remapped", action="store_true")
parser.add_argument("command", nargs="+")
print(json.dumps(configure(parser.parse_args())))

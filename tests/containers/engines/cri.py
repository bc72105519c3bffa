#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# Speaks to containerd's CRI as a kubelet does, as far as tests need it:
#
#	cri.py SOCKET sandbox NAME LOGS		prints its id
#	cri.py SOCKET remove SANDBOX		with all of its containers
#	cri.py SOCKET run SANDBOX NAME LOGS CONFIG -- ARG...
#		prints the container's id to LOGS/NAME.id, then what it writes,
#		and ends as it does
#	cri.py SOCKET exec ID SECONDS -- ARG...	as an exec probe
#	cri.py SOCKET stop ID SECONDS		with that much grace
#
# CONFIG is JSON: members of ContainerConfig. Fields are numbered as in
# kubernetes/cri-api, pkg/apis/runtime/v1/api.proto.

import json
import os
import sys
import time

import grpc
from google.protobuf import (descriptor_pb2, descriptor_pool, json_format,
                             message_factory)

# Each message: its fields as NAME=NUMBER:TYPE; [TYPE] is a list.
MESSAGES = """
Int64Value value=1:int64
KeyValue key=1:string value=2:string
ImageSpec image=1:string
NamespaceOption network=1:int32 pid=2:int32 ipc=3:int32
Metadata name=1:string uid=2:string namespace=3:string attempt=4:uint32
SandboxSecurity namespace_options=1:NamespaceOption
SandboxLinux security_context=2:SandboxSecurity
SandboxConfig metadata=1:Metadata log_directory=3:string linux=8:SandboxLinux
RunPodSandboxRequest config=1:SandboxConfig
SandboxId pod_sandbox_id=1:string
ContainerMetadata name=1:string
Mount container_path=1:string host_path=2:string readonly=3:bool
Capability add_capabilities=1:[string] drop_capabilities=2:[string]
Security capabilities=1:Capability namespace_options=3:NamespaceOption run_as_user=5:Int64Value readonly_rootfs=7:bool no_new_privs=11:bool
LinuxConfig security_context=2:Security
ContainerConfig metadata=1:ContainerMetadata image=2:ImageSpec command=3:[string] envs=6:[KeyValue] mounts=7:[Mount] log_path=11:string linux=15:LinuxConfig
CreateContainerRequest pod_sandbox_id=1:string config=2:ContainerConfig sandbox_config=3:SandboxConfig
ContainerId container_id=1:string
StopContainerRequest container_id=1:string timeout=2:int64
ExecSyncRequest container_id=1:string cmd=2:[string] timeout=3:int64
ExecSyncResponse stdout=1:bytes stderr=2:bytes exit_code=3:int32
ContainerStatus state=3:int32 exit_code=7:int32
ContainerStatusResponse status=1:ContainerStatus
Empty
"""
POD, CONTAINER, NODE = 0, 1, 2
EXITED = 2


def describe_field(message, words):
    name, number_and_type = words.split("=")
    number, kind = number_and_type.split(":")
    field = message.field.add(name=name, number=int(number))
    field.label = field.LABEL_REPEATED if kind[0] == "[" else \
        field.LABEL_OPTIONAL
    kind = kind.strip("[]")
    if kind[0].isupper():
        field.type = field.TYPE_MESSAGE
        field.type_name = ".cri." + kind
    else:
        field.type = getattr(field, "TYPE_" + kind.upper())


def make_classes():
    file = descriptor_pb2.FileDescriptorProto(
        name="cri.proto", package="cri", syntax="proto3")
    for line in MESSAGES.strip().splitlines():
        name, *fields = line.split()
        message = file.message_type.add(name=name)
        for words in fields:
            describe_field(message, words)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    factory = message_factory.MessageFactory(pool)
    return {message.name: factory.GetPrototype(
        pool.FindMessageTypeByName("cri." + message.name))
        for message in file.message_type}


CLASSES = make_classes()


def call(method, request, answer, **members):
    """Calls a method of the RuntimeService; MEMBERS are as in JSON."""
    message = json_format.ParseDict(members, CLASSES[request]())
    stub = CHANNEL.unary_unary(
        "/runtime.v1.RuntimeService/" + method,
        request_serializer=CLASSES[request].SerializeToString,
        response_deserializer=CLASSES[answer].FromString)
    return stub(message, timeout=60)


def sandbox_config(name, logs):
    # Without a network of its own, for which there would have to be a CNI.
    return {"metadata": {"name": name, "uid": name, "namespace": "test"},
            "log_directory": logs,
            "linux": {"security_context": {
                "namespace_options": {"network": NODE, "pid": POD}}}}


def run_sandbox(name, logs):
    print(call("RunPodSandbox", "RunPodSandboxRequest", "SandboxId",
               config=sandbox_config(name, logs)).pod_sandbox_id)


def remove(sandbox):
    for method in "StopPodSandbox", "RemovePodSandbox":
        call(method, "SandboxId", "Empty", pod_sandbox_id=sandbox)


def create(sandbox, name, logs, config, command):
    config.update(metadata={"name": name}, command=list(command),
                  log_path=name + ".log")
    config.setdefault("image", {"image": "docker.io/library/apps:latest"})
    security = config.setdefault("linux", {}).setdefault(
        "security_context", {})
    options = security.setdefault("namespace_options", {"pid": CONTAINER})
    options["network"] = NODE
    return call("CreateContainer", "CreateContainerRequest", "ContainerId",
                pod_sandbox_id=sandbox, config=config,
                sandbox_config=sandbox_config(name, logs)).container_id


def print_news(log):
    """Prints what is new in a CRI's log: TIME STREAM FLAG TEXT."""
    for line in log:
        print(line.split(" ", 3)[-1], end="", flush=True)


def run(sandbox, name, logs, config, *command):
    container = create(sandbox, name, logs, json.loads(config), command)
    call("StartContainer", "ContainerId", "Empty", container_id=container)
    path = os.path.join(logs, name)
    with open(path + ".id", "w", encoding="ascii") as file:
        print(container, file=file)
    with open(path + ".log", encoding="utf-8") as log:
        while True:
            status = call("ContainerStatus", "ContainerId",
                          "ContainerStatusResponse",
                          container_id=container).status
            print_news(log)
            if status.state == EXITED:
                sys.exit(status.exit_code)
            time.sleep(0.02)


def execute(container, seconds, *command):
    answer = call("ExecSync", "ExecSyncRequest", "ExecSyncResponse",
                  container_id=container, cmd=list(command), timeout=int(seconds))
    print((answer.stdout + answer.stderr).decode(), end="")
    sys.exit(answer.exit_code)


def stop(container, seconds):
    call("StopContainer", "StopContainerRequest", "Empty",
         container_id=container, timeout=int(seconds))


COMMANDS = {"sandbox": run_sandbox, "remove": remove, "run": run,
            "exec": execute, "stop": stop}

CHANNEL = grpc.insecure_channel("unix://" + sys.argv[1])
try:
    args = sys.argv[3:]
    if "--" in args:
        args.remove("--")  # the first one: COMMAND may have its own
    COMMANDS[sys.argv[2]](*args)
except grpc.RpcError as error:
    print(error.details(), file=sys.stderr)
    sys.exit(125)

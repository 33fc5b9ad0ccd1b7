"""Jobs that misbehave as readers of strange files can, run by the tests of the sandbox in a real zygote."""

import ctypes
import errno
import os
import resource
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

from files.errors import FileRejected, Trouble

MIB = 1 << 20


def echo(**arguments: object) -> dict[str, object]:
    return {"heard": arguments}


def segfault() -> dict[str, object]:
    ctypes.string_at(0)
    return {}


def leave() -> dict[str, object]:
    os._exit(0)


def abort() -> dict[str, object]:
    os.abort()


def kill_itself() -> dict[str, object]:
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def allocate() -> dict[str, object]:
    kept = []
    while True:
        kept.append(bytearray(8 * MIB))


def allocate_quietly(*, mib: int) -> dict[str, object]:
    return {"bytes": len(bytearray(mib * MIB))}


def sleep(*, note: str = os.devnull, seconds: float = 3600) -> dict[str, object]:
    """Write down the process id, and sleep."""
    Path(note).write_text(str(os.getpid()))
    time.sleep(seconds)
    return {"slept": seconds}


def sleep_deaf() -> dict[str, object]:
    """Close the way to answer, and stay."""
    os.closerange(0, 1024)
    time.sleep(3600)
    return {}


def spin() -> dict[str, object]:
    while True:
        pass


def spin_deaf() -> dict[str, object]:
    """Go on after the warning that the processor time is over."""
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    return spin()


def trickle() -> dict[str, object]:
    """Announce a long answer and send it byte after byte, so that something always is there to read."""
    (answer_end,) = open_files()
    os.write(answer_end, (32 * MIB).to_bytes(8, "big"))
    while True:
        os.write(answer_end, b" ")


def leave_sleeper(*, note: str, own_session: bool) -> dict[str, object]:
    """Fork a grandchild that would outlive the job, and write down its process id."""
    pid = os.fork()
    if pid == 0:
        if own_session:
            os.setsid()
        Path(note).write_text(str(os.getpid()))
        time.sleep(3600)
        os._exit(0)
    while not Path(note).exists() or not Path(note).read_text():
        time.sleep(0.01)
    return {"pid": pid}


def leave_sleeper_and_die(*, note: str, own_session: bool) -> dict[str, object]:
    leave_sleeper(note=note, own_session=own_session)
    os._exit(3)


def write_file(*, path: str, size_bytes: int) -> dict[str, object]:
    with Path(path).open("wb") as file:
        for _ in range(size_bytes // MIB):
            file.write(bytes(MIB))
    return {}


def answer_list() -> Any:
    return ["not", "a", "dict"]


def answer_bytes() -> dict[str, object]:
    return {"bytes": b"not JSON"}


def answer_noise() -> dict[str, object]:
    """Answer past the zygote's own code, with something that is no JSON."""
    (answer_end,) = open_files()
    noise = b"\xff\x00}{" * 5
    os.write(answer_end, len(noise).to_bytes(8, "big") + noise)
    time.sleep(3600)
    return {}


def answer_much(*, mib: int) -> dict[str, object]:
    return {"text": "x" * (mib * MIB)}


def print_much() -> dict[str, object]:
    print("\x00\x00\x00\x00" * 1000, flush=True)  # noqa: T201 - a chatty library
    print("noise", file=sys.stderr, flush=True)  # noqa: T201
    os.write(1, b"\xff" * 100_000)
    os.write(2, b"\xff" * 100_000)
    return {"stdin": sys.stdin.read()}


def close_everything() -> dict[str, object]:
    os.closerange(0, 1024)
    return {}


def raise_anything(*, kind: str) -> dict[str, object]:
    faults: dict[str, BaseException] = {
        "value": ValueError("secret words"),
        "exit": SystemExit(0),
        "interrupt": KeyboardInterrupt(),
        "memory": MemoryError(),
        "reader": OSError("broken data stream"),
        "full": OSError(errno.ENOSPC, "full", "secret name"),
        "gone": FileNotFoundError(errno.ENOENT, "gone", "secret name"),
    }
    raise faults[kind]


def reject() -> dict[str, object]:
    raise FileRejected("image-incomplete", "The file ends too early.", rows_read=7, code_of_reader="jpeg")


def be_in_trouble() -> dict[str, object]:
    raise Trouble("storage-full", "No room.")


def surroundings() -> dict[str, object]:
    """What a job finds around itself."""
    kinds = ("RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_CORE")
    return {
        "pid": os.getpid(),
        "parent": os.getppid(),
        "session": os.getsid(0),
        "environment": sorted(os.environ),
        "open_files": sorted(open_files()),
        "std": [Path(f"/dev/fd/{fd}").resolve().as_posix() for fd in (0, 1, 2)],
        "limits": {kind: resource.getrlimit(getattr(resource, kind)) for kind in kinds},
        "umask": os.umask(0),
    }


def call_out(*, address: Any) -> dict[str, object]:
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    try:
        with socket.socket(family) as line:
            line.connect(address if isinstance(address, str) else tuple(address))
    except OSError as error:
        return {"errno": error.errno}
    return {"errno": 0}


def threads_of_zygote() -> dict[str, object]:
    return {"threads": len(list(Path(f"/proc/{os.getppid()}/task").iterdir()))}


def open_files() -> set[int]:
    """The descriptors of this process, without 0 to 2 and the one that lists them."""
    listed = {int(entry.name) for entry in Path("/dev/fd").iterdir()}
    return {fd for fd in listed - {0, 1, 2} if Path(f"/dev/fd/{fd}").exists()}


def listed() -> list[str]:
    """Every function of this module as INTAKE_SANDBOX_JOBS names it."""
    own = [name for name, value in globals().items() if getattr(value, "__module__", "") == __name__]
    return [f"{__name__}:{name}" for name in own]

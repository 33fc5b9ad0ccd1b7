"""What the zygote and its jobs give up before reading a stranger's bytes: rights, network, files, room."""

import contextlib
import ctypes
import math
import os
import platform
import resource
import signal
import struct
import sys
from pathlib import Path

_MAX_OPEN_FILES = 64
_USUAL_OPEN_FILES = 256

# linux/prctl.h
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP = 1, 4, 22
_PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 36, 38
# linux/seccomp.h, linux/filter.h, linux/audit.h
_SECCOMP_MODE_FILTER, _SECCOMP_ALLOW, _SECCOMP_ERRNO = 2, 0x7FFF0000, 0x00050000
_LOAD_WORD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_AT_SYSCALL, _AT_ARCHITECTURE, _X32_SYSCALLS = 0, 4, 0x40000000
_NOT_PERMITTED = 1
_IO_URING_SETUP = 425
# machine: (audit number of its architecture, number of socket(2))
_MACHINES = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}


def guard_zygote(parent: int, *, tied: bool) -> None:
    """Prepare the process that forks the jobs: no new rights, no core file, first to go when memory is short.

    `tied` asks Linux to end this process with its parent. To Linux that is the parent's *thread* which
    started it, so it must be false when that is not the main thread; the closed pipe then is the only sign.
    """
    # A stop for the whole service must let the running job finish; the hang-up of the pipe ends the zygote.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    os.umask(0o077)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    if tied:
        die_with(parent)
    # Not dumpable: a crash handler of the system would else be given the patient's picture in a core file.
    for option, value in ((_PR_SET_DUMPABLE, 0), (_PR_SET_CHILD_SUBREAPER, 1), (_PR_SET_NO_NEW_PRIVS, 1)):
        _prctl(option, value)


def die_with(parent: int) -> None:
    """Ask Linux to kill this process when `parent` ends, and leave at once if that has already happened."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def close_files(*, keep: int) -> None:
    """Leave this process nothing open but `keep`; what it reads and prints goes nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nowhere, fd)
    for fd in _open_files() - {0, 1, 2, keep}:
        with contextlib.suppress(OSError):
            os.close(fd)


def limit_resources(*, memory_bytes: int, cpu_seconds: float, file_bytes: int) -> None:
    """Set the limits of one job; `memory_bytes` counts what it adds to what the fork has given it."""
    cpu = math.ceil(cpu_seconds)
    inherited = _address_space_bytes()
    if inherited:
        _limit(resource.RLIMIT_AS, inherited + memory_bytes)
    # The soft limit says SIGXCPU; a job that catches it is killed one second later.
    _limit(resource.RLIMIT_CPU, cpu, hard=cpu + 1)
    _limit(resource.RLIMIT_FSIZE, file_bytes)
    _limit(resource.RLIMIT_NOFILE, _MAX_OPEN_FILES)
    _limit(resource.RLIMIT_CORE, 0)


def drop_network() -> None:
    """Make every new socket fail with EPERM, in this process and all that it forks.

    A seccomp filter, which Linux allows without rights after PR_SET_NO_NEW_PRIVS (see `guard_zygote`); on
    another system or machine nothing happens.
    """
    machine = _MACHINES.get(platform.machine())
    if sys.platform != "linux" or machine is None:
        return
    program = _socket_filter(*machine)
    code = ctypes.create_string_buffer(program, len(program))
    # struct sock_fprog: number of instructions, padding, address
    header = struct.pack("@HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    pointer = ctypes.create_string_buffer(header, len(header))
    _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(pointer))


def _socket_filter(architecture: int, socket_call: int) -> bytes:
    """Classic BPF: refuse socket and io_uring_setup, and the other numberings that would go around it."""
    refuse = _SECCOMP_ERRNO | _NOT_PERMITTED
    instructions = (
        (_LOAD_WORD, 0, 0, _AT_ARCHITECTURE),
        (_IF_EQUAL, 0, 4, architecture),
        (_LOAD_WORD, 0, 0, _AT_SYSCALL),
        (_IF_AT_LEAST, 2, 0, _X32_SYSCALLS),
        (_IF_EQUAL, 1, 0, socket_call),
        (_IF_EQUAL, 0, 1, _IO_URING_SETUP),
        (_RETURN, 0, 0, refuse),
        (_RETURN, 0, 0, _SECCOMP_ALLOW),
    )
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in instructions)


def _open_files() -> set[int]:
    try:
        return {int(entry.name) for entry in Path("/dev/fd").iterdir()}
    except OSError:
        return set(range(_USUAL_OPEN_FILES))


def _limit(kind: int, soft: int, *, hard: int | None = None) -> None:
    """Lower one limit, never above what the system already allows; a system without it is let be."""
    wanted = soft if hard is None else hard
    with contextlib.suppress(OSError, ValueError):
        allowed = resource.getrlimit(kind)[1]
        most = wanted if allowed == resource.RLIM_INFINITY else min(wanted, allowed)
        resource.setrlimit(kind, (min(soft, most), most))


def _address_space_bytes() -> int:
    """How much this process has mapped, 0 where the system does not tell (RLIMIT_AS is then left out)."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:
        return 0
    return pages * resource.getpagesize()


def _prctl(option: int, value: int, address: int = 0) -> None:
    """Call prctl(2) on Linux, best effort: an old kernel without the option must not stop the work."""
    if sys.platform == "linux":
        word = ctypes.c_ulong
        ctypes.CDLL(None).prctl(option, word(value), word(address), word(0), word(0))

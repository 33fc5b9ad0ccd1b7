"""A worker for tests that kill it: `python -m tests.files.sandbox_worker NOTE main|thread|leaky`."""

import subprocess
import sys
import threading

from django.conf import settings

from files import sandbox
from files.sandbox import Limits
from tests.files import sandbox_jobs

LIMITS = Limits(memory_bytes=1 << 28, cpu_seconds=60, wall_seconds=60, file_bytes=1 << 20)


def work(job: str, **arguments: object) -> None:
    sandbox.run(f"{sandbox_jobs.__name__}:{job}", limits=LIMITS, arguments=arguments)


def leak() -> None:
    """Start the zygote from a thread and give a stranger its pipe: neither then tells our end."""
    starter = threading.Thread(target=work, args=("echo",))
    starter.start()
    starter.join()
    process = sandbox._zygote._process
    assert process is not None
    assert process.stdin is not None
    subprocess.Popen(["sleep", "20"], pass_fds=[process.stdin.fileno()])


if __name__ == "__main__":
    note, how = sys.argv[1:]
    settings.configure(INTAKE_SANDBOX_JOBS=sandbox_jobs.listed())
    if how == "leaky":
        leak()
    if how == "thread":
        threading.Thread(target=work, args=("sleep",), kwargs={"note": note}).start()
    else:
        work("sleep", note=note)

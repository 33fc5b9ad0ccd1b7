"""Every number of the product, its unit in its name; an environment variable of the same name sets it."""

import os

import environ

env = environ.Env()

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB

# What one file may be. A clinic may set lower limits for itself, never higher ones.
INTAKE_MAX_FILE_BYTES: int = env.int("INTAKE_MAX_FILE_BYTES", 50 * MIB)
INTAKE_MAX_PIXELS: int = env.int("INTAKE_MAX_PIXELS", 120_000_000)
INTAKE_MAX_FRAMES: int = env.int("INTAKE_MAX_FRAMES", 500)
INTAKE_MAX_PAGES: int = env.int("INTAKE_MAX_PAGES", 2000)
INTAKE_MAX_TEXT_CHARS: int = env.int("INTAKE_MAX_TEXT_CHARS", 5_000_000)
INTAKE_MAX_LIST_BYTES: int = env.int("INTAKE_MAX_LIST_BYTES", 10 * MIB)
INTAKE_MAX_LIST_ROWS: int = env.int("INTAKE_MAX_LIST_ROWS", 500_000)
INTAKE_MAX_LIST_COLUMNS: int = env.int("INTAKE_MAX_LIST_COLUMNS", 64)
INTAKE_MAX_NAME_BYTES: int = env.int("INTAKE_MAX_NAME_BYTES", 255)
INTAKE_MAX_PATH_BYTES: int = env.int("INTAKE_MAX_PATH_BYTES", 1024)
INTAKE_MAX_FILES_PER_BATCH: int = env.int("INTAKE_MAX_FILES_PER_BATCH", 100)

# How bytes arrive: a segment is committed when it is full or old enough, and a silent sender is let go.
INTAKE_SEGMENT_BYTES: int = env.int("INTAKE_SEGMENT_BYTES", 2 * MIB)
INTAKE_SEGMENT_SECONDS: float = env.float("INTAKE_SEGMENT_SECONDS", 1.0)
INTAKE_BODY_TIMEOUT_SECONDS: float = env.float("INTAKE_BODY_TIMEOUT_SECONDS", 15.0)
# Disk that must stay free after an upload is announced, so that the database can still write its rows.
INTAKE_MIN_FREE_BYTES: int = env.int("INTAKE_MIN_FREE_BYTES", 256 * MIB)

# Longest side in pixels of each derived picture, by name: INTAKE_VARIANTS=thumbnail=150,preview=800.
INTAKE_VARIANTS: dict[str, int] = {
    name: int(side_px)
    for name, side_px in env.dict("INTAKE_VARIANTS", default={"thumbnail": 150, "preview": 800}).items()
}

# Claims. A worker renews its lease while it works; a claim whose lease ran out was lost with its worker.
INTAKE_LEASE_SECONDS: int = env.int("INTAKE_LEASE_SECONDS", 20)
INTAKE_LEASE_RENEW_SECONDS: int = env.int("INTAKE_LEASE_RENEW_SECONDS", 5)
INTAKE_MAX_LOST_CLAIMS: int = env.int("INTAKE_MAX_LOST_CLAIMS", 3)
INTAKE_MAX_TROUBLES: int = env.int("INTAKE_MAX_TROUBLES", 5)
INTAKE_RESEND_SECONDS: int = env.int("INTAKE_RESEND_SECONDS", 30)

# How long things are kept.
INTAKE_BATCH_EXPIRY_HOURS: int = env.int("INTAKE_BATCH_EXPIRY_HOURS", 24)
INTAKE_EXPIRY_WARNING_HOURS: int = env.int("INTAKE_EXPIRY_WARNING_HOURS", 4)
INTAKE_RETENTION_DAYS: int = env.int("INTAKE_RETENTION_DAYS", 30)
INTAKE_IDLE_LOGOFF_SECONDS: int = env.int("INTAKE_IDLE_LOGOFF_SECONDS", 8 * 3600)

# The child process in which untrusted bytes are parsed: which functions it may run, and its limits.
INTAKE_SANDBOX_JOBS: list[str] = [
    "imaging.decode:examine",
    "imaging.dicom.job:examine",
    "documents.text:examine",
    "patients.listing:read",
]
INTAKE_SANDBOX_MEMORY_BYTES: int = env.int("INTAKE_SANDBOX_MEMORY_BYTES", 3 * GIB // 2)
INTAKE_SANDBOX_CPU_SECONDS: int = env.int("INTAKE_SANDBOX_CPU_SECONDS", 30)
INTAKE_SANDBOX_WALL_SECONDS: int = env.int("INTAKE_SANDBOX_WALL_SECONDS", 60)
INTAKE_SANDBOX_FILE_BYTES: int = env.int("INTAKE_SANDBOX_FILE_BYTES", 256 * MIB)

# Rosters: how long an applied one can be taken back, and how long one task may work on one (its claim lives
# by its lease, so a message that comes a second time meanwhile does nothing).
INTAKE_ROSTER_UNDO_DAYS: int = env.int("INTAKE_ROSTER_UNDO_DAYS", 30)
INTAKE_ROSTER_SECONDS: int = env.int("INTAKE_ROSTER_SECONDS", 1800)

# Processes of one machine.
INTAKE_WORKERS: int = env.int("INTAKE_WORKERS", os.cpu_count() or 2)
INTAKE_WEB_WORKERS: int = env.int("INTAKE_WEB_WORKERS", 2)
INTAKE_WEB_THREADS: int = env.int("INTAKE_WEB_THREADS", 32)

# Heartbeats: a worker proves itself by consuming a task, Beat by sending one.
INTAKE_HEARTBEAT_SECONDS: int = env.int("INTAKE_HEARTBEAT_SECONDS", 15)
INTAKE_HEARTBEAT_STALE_SECONDS: int = env.int("INTAKE_HEARTBEAT_STALE_SECONDS", 90)

# How old a message may be, at least, before it is taken for lost when its queue does not hold it.
INTAKE_SENT_SECONDS: int = env.int("INTAKE_SENT_SECONDS", 10)
# How long a request waits for a broker that does not answer, and how long it is then left alone.
INTAKE_BELL_SECONDS: float = env.float("INTAKE_BELL_SECONDS", 0.5)
INTAKE_BELL_PAUSE_SECONDS: float = env.float("INTAKE_BELL_PAUSE_SECONDS", 5.0)
# What is rung for when a clinic's directory has changed, and for how long one ring speaks for all after it.
INTAKE_DIRECTORY_TASK = "batches.tasks.match_again"
INTAKE_DIRECTORY_BELL_SECONDS: float = env.float("INTAKE_DIRECTORY_BELL_SECONDS", 2.0)
INTAKE_MATCH_AGAIN_SWEEP_SECONDS: int = env.int("INTAKE_MATCH_AGAIN_SWEEP_SECONDS", 60)
# How long one task matches waiting files again before it hands the rest to the next.
INTAKE_MATCH_AGAIN_SECONDS: float = env.float("INTAKE_MATCH_AGAIN_SECONDS", 20.0)
# The first wait after a trouble of ours; each further one doubles it.
INTAKE_TROUBLE_DELAY_SECONDS: int = env.int("INTAKE_TROUBLE_DELAY_SECONDS", 5)

"""Where an installation keeps its data: one folder, and what lies in it under which name."""

import hashlib
import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

# A Unix socket's path must fit in sockaddr_un: 108 bytes on Linux, 104 on macOS, both with a closing NUL.
SOCKET_PATH_LIMIT_BYTES = 103


@dataclass(frozen=True)
class Home:
    """The folder named by INTAKE_HOME. Paths only; nothing is made before it is needed."""

    root: Path

    @property
    def database(self) -> Path:
        return self.root / "db.sqlite3"

    @property
    def staging(self) -> Path:
        return self.root / "staging"

    @property
    def media(self) -> Path:
        return self.root / "media"

    @property
    def static(self) -> Path:
        return self.root / "static"

    @property
    def broker(self) -> Path:
        return self.root / "broker"

    @property
    def search(self) -> Path:
        return self.root / "search"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def secret_key(self) -> Path:
        return self.root / "secret-key"

    @property
    def demo_users(self) -> Path:
        return self.root / "demo-users.json"

    @property
    def lock(self) -> Path:
        return self.root / "up.lock"

    @property
    def broker_socket(self) -> Path:
        """The broker's socket: in the home, or in a private temporary folder if that path is too long.

        That folder is named after the home, so that every process of one installation finds the same one.
        """
        near = self.broker / "broker.sock"
        if len(os.fsencode(near)) <= SOCKET_PATH_LIMIT_BYTES:
            return near
        name = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"intake-{os.getuid()}-{name}" / "broker.sock"

    def folders(self) -> list[Path]:
        """Every folder that the running product writes to."""
        return [
            self.root,
            self.staging,
            self.media,
            self.static,
            self.broker,
            self.logs,
            self.search,
            self.broker_socket.parent,
        ]

    def make(self) -> None:
        """Make the folders, readable by nobody else. Raises OSError when the place cannot be written."""
        for folder in self.folders():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        private_folder(self.broker_socket.parent)

    def read_or_make_secret_key(self) -> str:
        """The key in `secret-key`, made with mode 0600 on the first run; two runs at once agree on one."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self.root / f"secret-key.{os.getpid()}.{secrets.token_hex(4)}"
        if not self.secret_key.exists():
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_urlsafe(64))
            try:
                os.link(draft, self.secret_key)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return self.secret_key.read_text().strip()


def private_folder(folder: Path) -> None:
    """Refuse a folder that belongs to somebody else: a socket in it would hand our queue to them."""
    facts = folder.lstat()
    if facts.st_uid != os.getuid() or folder.is_symlink():
        raise PermissionError(
            f"{folder} belongs to another user; remove it, or set INTAKE_HOME to a shorter path."
        )

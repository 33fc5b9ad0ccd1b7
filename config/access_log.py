"""gunicorn's logs: addresses are written as they were sent and quoted, and nothing else of a request is."""

from typing import Any
from urllib.parse import quote

from gunicorn.glogging import Logger

from config.logs import OneLineFormatter

# gunicorn repeats what it could not read: a line of a body, or an address with a name that nobody quoted.
_REFUSAL = "Invalid request from"


class QuotedPathLogger(Logger):  # type: ignore[misc]  # gunicorn comes without types
    """Writes `%0A` where gunicorn would write the line break that it stands for."""

    def setup(self, cfg: Any) -> None:
        """Errors look like everybody else's: one line, and no text of an exception."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(OneLineFormatter())

    def atoms(self, resp: Any, req: Any, environ: Any, request_time: Any) -> Any:
        """What a line is made of."""
        path = quote(environ.get("PATH_INFO", ""), safe="/", encoding="latin-1")
        return super().atoms(resp, req, environ, request_time) | {"U": path}

    def warning(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """A refused request is told by address and fault, as in `…from ip=::1: Invalid HTTP Version`."""
        told = ": ".join(msg.split(": ")[:2]) if msg.startswith(_REFUSAL) else msg
        super().warning(told, *args, **kwargs)

    def exception(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """An address without its query, in which people search for names."""
        super().exception(msg, *(str(arg).partition("?")[0] for arg in args), **kwargs)

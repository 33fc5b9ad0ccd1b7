"""Who is at fault when the road stops: the sender's file, the sender's request, or the place we run in."""


class Refused(Exception):  # noqa: N818 - named for what happened to the sender, who reads it
    """What was asked cannot be done, and `message` tells the person why and what helps.

    `code` is stable kebab-case for machines, `status` the HTTP status an edge answers with, `facts` JSON-able
    values (limits, sizes, kinds), never the name of a person or a file. Parent of every error a person sees.
    """

    def __init__(self, code: str, message: str, *, status: int = 400, **facts: object) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.status = status
        self.facts = facts

    def __str__(self) -> str:
        return self.message


class FileRejected(Refused):
    """The sender's file is at fault: trying again with the same bytes gives the same answer."""

    def __init__(self, code: str, message: str, *, status: int = 422, **facts: object) -> None:
        super().__init__(code, message, status=status, **facts)


class Trouble(Exception):  # noqa: N818 - the opposite of a refusal: nobody's file is wrong
    """The environment is at fault (disk full, storage away, no sandbox): the pipeline tries again later."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return self.message

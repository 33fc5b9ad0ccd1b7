"""The small language in which a clinic writes its own file-name patterns: `{mrn}_{family}, {given}[_*]`.

Text stands for itself, in small or capital letters. `{…}` is a placeholder (see `placeholders`), a date with
its format behind a colon. `*` is anything within one name, `[…]` may be missing, a backslash makes the next
character plain text, and `/` stands between a folder and what is in it. A pattern reads the end of a path,
without the file's extension.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum
from functools import lru_cache

from files.errors import Refused
from patients.filename_patterns.compiled import CompiledPattern, Slot, steps_of_literal, steps_of_slot
from patients.filename_patterns.fitting import Kind, Step
from patients.filename_patterns.placeholders import PLACEHOLDERS
from patients.filename_patterns.text import EXTENSION

MOST_CHARACTERS = 200
MOST_PLACEHOLDERS = 12


class PatternRefused(Refused):
    """A pattern cannot be understood. `position` is the place, from 0, at which `message` says what to do."""

    def __init__(self, code: str, message: str, position: int) -> None:
        super().__init__(code, f"Character {position + 1}: {message}", status=422, position=position)
        self.position = position


class _Is(Enum):
    """What a token is."""

    TEXT = "text"
    SLOT = "slot"
    ANYTHING = "anything"
    OPEN = "open"
    CLOSE = "close"
    SLASH = "slash"


@dataclass(frozen=True, slots=True)
class _Token:
    kind: _Is
    text: str
    position: int
    slot: Slot | None = None

    @property
    def is_elastic(self) -> bool:
        """Does the name alone say how long it is?"""
        return self.kind is _Is.ANYTHING or (self.slot is not None and not self.slot.is_fixed)


_MARKS = {"*": _Is.ANYTHING, "[": _Is.OPEN, "]": _Is.CLOSE, "/": _Is.SLASH}


@lru_cache(maxsize=512)
def compile_pattern(text: str) -> CompiledPattern:
    """The pattern that `text` describes, ready to be fitted to names.

    Raises PatternRefused, with a stable code, the place and the cure, where it is none.
    """
    text = unicodedata.normalize("NFC", text)
    if not text.strip():
        raise PatternRefused("empty", "Write a pattern, for example {mrn}_{family}, {given}.", 0)
    if len(text) > MOST_CHARACTERS:
        message = f"A pattern has at most {MOST_CHARACTERS} characters; this one has {len(text)}."
        raise PatternRefused("too-long", message, MOST_CHARACTERS)
    tokens = list(_tokens(text))
    _check_brackets(tokens)
    _check_placeholders(tokens)
    _check_end(tokens)
    parts = list(_parts(tokens))
    for part in parts:
        _check_touching(part)
    slots = tuple(token.slot for token in tokens if token.slot is not None)
    return CompiledPattern(text, slots, tuple(tuple(_steps(part, slots)) for part in parts))


def understood(text: str) -> CompiledPattern | None:
    """The same for a text that was stored: None where it is no pattern, as after a change of the language."""
    try:
        return compile_pattern(text)
    except PatternRefused:
        return None


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while at < len(text):
        character = text[at]
        if character == "{":
            end = text.find("}", at)
            yield _placeholder(text, at, end)
            at = end + 1
        elif character == "}":
            raise PatternRefused(
                "unopened-brace", "This } has no { before it. Write \\} to mean the sign.", at
            )
        elif character == "\\":
            if at + 1 == len(text):
                raise PatternRefused("dangling-backslash", "A \\ needs a character after it.", at)
            yield _Token(_Is.TEXT, text[at + 1], at)
            at += 2
        else:
            yield _Token(_MARKS.get(character, _Is.TEXT), character, at)
            at += 1


def _placeholder(text: str, at: int, end: int) -> _Token:
    if end < 0 or "{" in text[at + 1 : end]:
        raise PatternRefused("unclosed-brace", "This { has no }. Write \\{ to mean the sign.", at)
    name, _, form = text[at + 1 : end].partition(":")
    if name == "*" and not form:
        return _Token(_Is.ANYTHING, name, at)
    placeholder = PLACEHOLDERS.get(name)
    if placeholder is None:
        raise PatternRefused("unknown-placeholder", _unknown(name), at)
    has_form = ":" in text[at:end]
    if has_form and not placeholder.formats:
        raise PatternRefused("format-not-wanted", f"{{{name}}} takes no format. Leave out “:{form}”.", at)
    if has_form and not placeholder.allows(form):
        examples = " or ".join(f"{{{name}:{each}}}" for each in placeholder.formats)
        raise PatternRefused("unknown-format", f"“{form}” is no format of {{{name}}}. Write {examples}.", at)
    return _Token(_Is.SLOT, text[at : end + 1], at, Slot(placeholder, form))


def _unknown(name: str) -> str:
    if not name:
        return f"The braces are empty. Write one of {_known()} between them."
    near = get_close_matches(name.lower(), PLACEHOLDERS, n=1, cutoff=0.5)
    cure = f"Do you mean {{{near[0]}}}?" if near else f"There are {_known()}."
    return f"“{name}” is no placeholder. {cure}"


def _known() -> str:
    return ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)


def _check_brackets(tokens: Sequence[_Token]) -> None:
    opened: _Token | None = None
    before: _Token | None = None
    for token in tokens:
        if token.kind is _Is.OPEN:
            if opened is not None:
                raise PatternRefused(
                    "nested-brackets", "One […] cannot stand inside another. Close the first.", token.position
                )
            opened = token
        elif token.kind is _Is.CLOSE:
            _check_closing(opened, before, token)
            opened = None
        elif token.kind is _Is.SLASH and opened is not None:
            raise PatternRefused("slash-in-brackets", "A folder cannot be optional.", token.position)
        before = token
    if opened is not None:
        raise PatternRefused(
            "unclosed-bracket", "This [ has no ]. Write \\[ to mean the sign.", opened.position
        )


def _check_closing(opened: _Token | None, before: _Token | None, token: _Token) -> None:
    if opened is None:
        raise PatternRefused(
            "unopened-bracket", "This ] has no [ before it. Write \\] to mean the sign.", token.position
        )
    if before is opened:
        raise PatternRefused(
            "empty-brackets", "There is nothing in these brackets. Take them out.", opened.position
        )


def _check_placeholders(tokens: Sequence[_Token]) -> None:
    wanted = [token for token in tokens if token.kind in {_Is.SLOT, _Is.ANYTHING}]
    if len(wanted) > MOST_PLACEHOLDERS:
        message = f"A pattern has at most {MOST_PLACEHOLDERS} placeholders and *. Take one out."
        raise PatternRefused("too-many-placeholders", message, wanted[MOST_PLACEHOLDERS].position)
    seen: dict[str, _Token] = {}
    for token in wanted:
        if token.slot is not None:
            name = token.slot.placeholder.name
            if name in seen:
                message = f"{{{name}}} is in the pattern already. Write * for the second."
                raise PatternRefused("placeholder-twice", message, token.position)
            seen[name] = token
    if not seen:
        raise PatternRefused("no-placeholder", "A pattern needs a placeholder, for example {mrn}.", 0)
    _check_whole_name(seen)


def _check_whole_name(seen: Mapping[str, _Token]) -> None:
    pieces = [seen[name] for name in ("family", "given") if name in seen]
    if "name" in seen and pieces:
        message = "{name} is the whole name already. Use either it, or {family} and {given}."
        raise PatternRefused("name-twice", message, pieces[0].position)


def _check_end(tokens: Sequence[_Token]) -> None:
    """Patterns read names without their extension; one that is written would never fit."""
    tail: list[_Token] = []
    for token in reversed(tokens):
        if token.kind not in {_Is.TEXT, _Is.ANYTHING}:
            break
        tail.insert(0, token)
    text = "".join(token.text for token in tail)
    found = re.search(r"\.\*$", text) or EXTENSION.search(text)
    if found:
        message = f"Leave out “{found.group()}”: a pattern reads the name without the file's extension."
        raise PatternRefused("extension-written", message, tail[found.start()].position)


def _parts(tokens: Sequence[_Token]) -> Iterator[list[_Token]]:
    """What stands between slashes; the last part is for the file's own name."""
    part: list[_Token] = []
    for token in tokens:
        if token.kind is not _Is.SLASH:
            part.append(token)
            continue
        if not part:
            raise PatternRefused(
                "empty-folder", "Nothing stands before this /. Write */ for any folder.", token.position
            )
        yield part
        part = []
    if not part:
        raise PatternRefused(
            "empty-file-name", "Nothing stands after this /. Write /* for any file.", tokens[-1].position
        )
    yield part


def _check_touching(part: Sequence[_Token]) -> None:
    for at, token in enumerate(part):
        for follower in _followers(part, at):
            if token.is_elastic and follower.is_elastic:
                message = (
                    f"{token.text} and {follower.text} touch, so that nobody can say where one ends. "
                    "Put a sign between them, for example _."
                )
                raise PatternRefused("two-placeholders-touch", message, follower.position)


def _followers(part: Sequence[_Token], at: int) -> Iterator[_Token]:
    """What can come directly after the token at `at`, with optional parts there or not."""
    at += 1
    while at < len(part):
        if part[at].kind is _Is.OPEN:
            yield part[at + 1]
            while part[at].kind is not _Is.CLOSE:
                at += 1
        elif part[at].kind is not _Is.CLOSE:
            yield part[at]
            return
        at += 1


def _steps(part: Sequence[_Token], slots: Sequence[Slot]) -> Iterator[Step]:
    steps: list[Step] = []
    fork = 0
    for token in part:
        if token.kind is _Is.OPEN:
            fork = len(steps)
            steps.append(Step(Kind.FORK))
        elif token.kind is _Is.CLOSE:
            steps[fork] = Step(Kind.FORK, target=len(steps))
        elif token.slot is not None:
            steps += steps_of_slot(token.slot, slots.index(token.slot))
        elif token.kind is _Is.ANYTHING:
            steps.append(Step(Kind.MANY, bool))
        else:
            steps += steps_of_literal(token.text)
    return iter(steps)

"""Text made fit for where it goes: a sentence, a command, UTF-8, JSON."""

import json
import os
import re
import reprlib
import shlex

__all__ = ["abbreviated", "encodable", "shell_quoted", "to_json"]

_LONGEST = 60
_short = reprlib.Repr()
_short.maxstring = _short.maxother = _short.maxlong = _LONGEST


def abbreviated(value: object) -> str:
    """Write what a file or a user gave so that it fits into a sentence: on one line, and short."""
    try:
        text = _short.repr(value)
    except ValueError:  # Python does not write integers of thousands of digits
        return "a number of thousands of digits"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def shell_quoted(path: str | os.PathLike[str]) -> str:
    """Write a path so that a command with it can be pasted into this system's shell."""
    text = os.fspath(path)
    if os.name != "nt":
        return shlex.quote(text)
    # No name on Windows holds a double quote.
    return text if re.fullmatch(r"[\w.:~\\/-]+", text) else f'"{text}"'


def encodable(text: str) -> str:
    """Escape what UTF-8 does not have: Linux lets any bytes name a file."""
    return text.encode(errors="backslashreplace").decode()


def to_json(value: object, *, indent: int | None = None) -> str:
    """Write a value as JSON in ASCII.

    JSON knows no NaN and no infinity, at which many programs stop: they become null.
    """
    try:
        return json.dumps(value, indent=indent, allow_nan=False)
    except ValueError:
        finite = json.loads(json.dumps(value), parse_constant=lambda _: None)
        return json.dumps(finite, indent=indent)

"""What all verbs share: plain errors, exit codes, JSON."""

import functools
import inspect
import os
import sys
from collections.abc import Callable
from typing import Annotated, Any, NoReturn

import typer

from inkdigits._text import to_json
from inkdigits.errors import InkDigitsError, missing_extra, reason

__all__ = ["Json", "fail", "print_json", "sentence_of", "verb"]

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
_Debug = Annotated[bool, typer.Option("--debug", help="Show where an error came from.")]


def verb(function: Callable[..., None]) -> Callable[..., None]:
    """Give a verb the option `--debug`, and turn its errors into one plain sentence and exit 1."""

    @functools.wraps(function)
    def wrapper(*args: Any, debug: bool, **kwargs: Any) -> None:
        try:
            function(*args, **kwargs)
        except (InkDigitsError, OSError, KeyboardInterrupt) as error:
            if debug:
                raise
            if isinstance(error, BrokenPipeError):  # whoever read our output has had enough
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                raise typer.Exit(1) from error
            fail(sentence_of(error))
        except Exception as error:
            if debug or isinstance(error, _OF_TYPER):
                raise
            if isinstance(error, ModuleNotFoundError) and (missing := missing_extra(error)):
                fail(str(missing))
            fail(
                f"this is a fault of InkDigits itself ({type(error).__name__}: {error}); "
                "run it again with --debug and please report what that shows"
            )

    parameter = inspect.Parameter(
        "debug", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=_Debug
    )
    signature = inspect.signature(function)
    wrapper.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[*signature.parameters.values(), parameter]
    )
    wrapper.__annotations__ = {**function.__annotations__, "debug": _Debug}
    return wrapper


_OF_TYPER = (typer.Exit, typer.Abort, typer.BadParameter)


def sentence_of(error: BaseException) -> str:
    """Say in a sentence what went wrong."""
    if isinstance(error, KeyboardInterrupt):
        return "; ".join(["stopped", *getattr(error, "__notes__", [])])
    if isinstance(error, OSError):
        return f"{error.filename}: {reason(error)}" if error.filename else reason(error)
    return str(error)


def fail(sentence: str) -> NoReturn:
    """Print a sentence on the standard error and leave with exit code 1."""
    print(f"inkdigits: {sentence}", file=sys.stderr)
    raise typer.Exit(1)


def print_json(value: object) -> None:
    """Print a value as one line of JSON, in ASCII: no terminal can spoil a path in it."""
    print(to_json(value), flush=True)

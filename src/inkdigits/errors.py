"""What can go wrong in a way that the caller can mend.

Every message is one plain sentence that names the thing and the way out; the command line prints it
as it stands.
"""

import importlib
from types import ModuleType

__all__ = [
    "DataError",
    "InkDigitsError",
    "MissingExtraError",
    "ModelError",
    "PictureError",
    "RecipeError",
    "RunError",
    "import_extra",
    "reason",
]


class InkDigitsError(Exception):
    """Base of every error that InkDigits raises on purpose."""


class DataError(InkDigitsError):
    """A data set that cannot be read, or whose images and labels do not fit together."""


class PictureError(InkDigitsError):
    """A picture that cannot be decoded, or that is past the limits."""


class RecipeError(InkDigitsError):
    """A recipe, network name or network option that does not exist or has an impossible value."""


class RunError(InkDigitsError):
    """A run folder that exists already, is not one, or is damaged."""


class ModelError(InkDigitsError):
    """A model file that is missing, damaged, foreign or not trusted."""


class MissingExtraError(InkDigitsError):
    """An optional part of InkDigits that is not installed."""


def reason(error: OSError) -> str:
    """Say why the system refused, without the error number and path that ``str`` adds."""
    return error.strerror or str(error) or type(error).__name__


def import_extra(module: str, *, extra: str, purpose: str) -> ModuleType:
    """Import `module`, which the install extra `extra` brings.

    Raises:
        MissingExtraError: the module is not installed; the message is the ``pip`` line to type.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not module.startswith(error.name):
            raise
        raise MissingExtraError(
            f"{purpose} needs {error.name}, which is not installed: "
            f'pip install "inkdigits[{extra}]"'
        ) from error

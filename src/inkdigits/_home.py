"""Where InkDigits keeps what is to outlast a program: corrections, and the models in service."""

import os
from pathlib import Path

__all__ = ["home"]


def home() -> Path:
    """Return the folder, which need not exist: ``$INKDIGITS_HOME``, or else in the user's data."""
    chosen = os.environ.get("INKDIGITS_HOME")
    if chosen:
        return Path(chosen).expanduser().absolute()
    from platformdirs import user_data_path

    return user_data_path("inkdigits", appauthor=False)

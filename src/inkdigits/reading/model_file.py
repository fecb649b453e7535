"""Which file a model is, and its bytes: few enough, since it may come from a stranger."""

import stat
from pathlib import Path

from inkdigits._text import shell_quoted
from inkdigits.errors import ModelError, RunError, reason, unfinished

__all__ = ["DEFAULT_MODEL", "MAX_BYTES", "model_file", "read_model"]

DEFAULT_MODEL = Path(__file__).parent / "models" / "reader.onnx"
"""The one in the package."""

MAX_BYTES = 256 << 20
"""A model file larger than this is not read."""


def model_file(path: Path) -> Path:
    """Return the ``.onnx`` file of a run folder, or the file itself.

    Raises:
        RunError: a run that has none.
        ModelError: a file of another kind.
    """
    if path.is_dir():
        model = path / "model.onnx"
        if (path / "recipe.json").is_file() and not model.exists():
            if not (path / "metrics.json").exists():
                raise unfinished(path)
            raise RunError(
                f"{path} has no model.onnx any more: inkdigits export {shell_quoted(path)}"
            )
        return model
    if path.suffix.lower() in (".keras", ".tflite"):
        has_way = path.suffix == ".keras" and path.is_file()
        way = f"; inkdigits export {shell_quoted(path)} makes one" if has_way else ""
        raise ModelError(f"{path} is neither a run folder nor an .onnx file{way}")
    return path


def read_model(path: Path) -> bytes:
    """Read a model file whole.

    Raises:
        ModelError: missing, unreadable, no regular file, or larger than 256 MiB.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a device may have no end
            raise ModelError(f"{path} is no file")
        if status.st_size > MAX_BYTES:
            raise ModelError(f"{path} is larger than {MAX_BYTES >> 20} MiB, which is not read")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ModelError(f"there is no model file {path}") from error
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {reason(error)}") from error

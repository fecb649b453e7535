"""The model that a service answers with, and the change to another."""

import asyncio
import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path

from inkdigits._home import home
from inkdigits.errors import ModelError, reason
from inkdigits.reading import Reader
from inkdigits.reading.classifier import DEFAULT_MODEL
from inkdigits.reading.model_file import model_file
from inkdigits.service.in_service import current_model
from inkdigits.service.settings import Settings

__all__ = ["Model", "ModelInService", "load_model"]

_MARKS_A_DIGIT = 4  # a digit may be in pieces, and there are specks
_EVERY = 1.0  # seconds between looks for a newly promoted model

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Model:
    """A reader, and the name of the weights that it reads with.

    Args:
        reader: reads one picture on one thread; the service has threads of its own.
        version: the first twelve hexadecimal digits of the file's SHA-256.
        promoted: whether `inkdigits promote` put it in service.
    """

    reader: Reader
    version: str
    promoted: bool


def load_model(path: Path, *, promoted: bool, max_digits: int) -> Model:
    """Load a model file, to read pages of so many digits and not many more marks.

    Raises:
        ModelError: missing, damaged, or not a model of digits.
    """
    try:
        version = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {reason(error)}") from error
    return Model(Reader(path, threads=1, max_marks=_MARKS_A_DIGIT * max_digits), version, promoted)


class ModelInService:
    """The model that answers now. A change lets what has begun end with the one before.

    Args:
        settings: a model that they name is kept; otherwise the promoted one is, as it changes.

    Attributes:
        now: the model.

    Raises:
        ModelError: the file is missing, damaged, or not a model of digits.
        RunError: a run folder without a model.
        ServiceError: what says which one is in service is damaged.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._path = model_file(settings.model) if settings.model else current_model(home())
        self.now = self._load(self._path)

    async def follow(self) -> None:
        """Change to each model that is put in service, until cancelled."""
        if self._settings.model is not None:
            return
        failed: object = None
        while True:
            await asyncio.sleep(_EVERY)
            try:
                path = await asyncio.to_thread(current_model, home())
                if path == self._path:
                    continue
                model = await asyncio.to_thread(self._load, path)
            except Exception as error:  # noqa: BLE001  (the next one may be sound)
                if str(error) != failed:  # once, not each second
                    _log.error("the model stays as it is", extra={"reason": str(error)})
                failed = str(error)
                continue
            self._path, self.now, failed = path, model, None
            _log.info("another model is in service", extra={"model": model.version})

    def _load(self, path: Path | None) -> Model:
        promoted = path is not None and self._settings.model is None
        return load_model(
            path or DEFAULT_MODEL, promoted=promoted, max_digits=self._settings.max_digits
        )

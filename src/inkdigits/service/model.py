"""The model that a service answers with, and the change to another."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkdigits._home import home
from inkdigits.reading.model_card import ModelCard
from inkdigits.reading.model_file import DEFAULT_MODEL, model_file
from inkdigits.service import tasks
from inkdigits.service.engine import Engine
from inkdigits.service.in_service import current_model
from inkdigits.service.inference_process import Call, InferenceProcess, version_of
from inkdigits.service.settings import Settings

__all__ = ["Model", "ModelInService"]

_EVERY = 1.0  # seconds between looks for a newly promoted model

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Model:
    """A model as those know it who answer; the weights are in the processes that read.

    Args:
        path: of its file.
        version: see `version_of`.
        card: what the file says of itself.
        promoted: whether `inkdigits promote` put it in service.
    """

    path: Path
    version: str
    card: ModelCard
    promoted: bool

    def call(self, task: Callable[..., Any], *arguments: Any) -> Call:
        """Return what has a process do a task with this model."""
        return Call(self.path, self.version, task, arguments)


class ModelInService:
    """The model that answers now. A change lets what has begun end with the one before.

    Args:
        settings: a model that they name is kept; otherwise the promoted one is, as it changes.
        process: loads the model.

    Attributes:
        now: the model.

    Raises:
        ModelError: the file is missing, damaged, or not a model of digits.
        RunError: a run folder without a model.
        ServiceError: what says which one is in service is damaged.
        ProcessLostError: the process has ended.
    """

    def __init__(self, settings: Settings, process: InferenceProcess) -> None:
        self._settings = settings
        path = self._path()
        version = version_of(path)
        self.now = self._found(path, version, process.load(path, version))

    async def follow(self, engine: Engine) -> None:
        """Change to each model that is put in service, until cancelled."""
        if self._settings.model is not None:
            return
        failed: object = None
        while True:
            await asyncio.sleep(_EVERY)
            try:
                path = await asyncio.to_thread(self._path)
                if path == self.now.path:
                    continue
                version = await asyncio.to_thread(version_of, path)
                async with asyncio.timeout(self._settings.timeout):
                    card = await engine.run(Call(path, version, tasks.describe))
                now = self._found(path, version, card)
            except Exception as error:  # noqa: BLE001  (the next one may be sound)
                if str(error) != failed:  # once, not each second
                    _log.error("the model stays as it is", extra={"reason": str(error)})
                failed = str(error)
                continue
            self.now, failed = now, None
            _log.info("another model is in service", extra={"model": now.version})

    def _path(self) -> Path:
        named = self._settings.model
        path = model_file(named) if named else current_model(home())
        return (path or DEFAULT_MODEL).absolute()

    def _found(self, path: Path, version: str, card: ModelCard) -> Model:
        promoted = self._settings.model is None and path != DEFAULT_MODEL
        return Model(path, version, card, promoted)

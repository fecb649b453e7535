"""Which model is in service: the packaged one, or the one that was promoted last.

``service/in_service.json`` in InkDigits' folder says so, and ``service/models/`` keeps every model
that was ever promoted under its own hash. Where there is no such file, the packaged one serves.
"""

import contextlib
import hashlib
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from filelock import FileLock, Timeout
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, NonNegativeInt, ValidationError

from inkdigits._files import sweep, write_bytes, write_text
from inkdigits.errors import ServiceError, reason
from inkdigits.reading.model_file import read_model

__all__ = [
    "Figures",
    "InService",
    "Promotion",
    "Score",
    "changing",
    "current_model",
    "put_in_service",
    "read_in_service",
    "roll_back",
]

_MAX_BYTES = 16 << 20
_PATIENCE = 10.0  # seconds, for what takes moments


class _Stored(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Score(_Stored):
    """How many of some digits a model gets right."""

    right: NonNegativeInt
    digits: NonNegativeInt

    def __str__(self) -> str:
        return f"{self.right:,} of {self.digits:,}"


class Figures(_Stored):
    """What was measured of a model: on MNIST's test digits, and on the held-out corrections."""

    mnist: Score
    corrections: Score


class Promotion(_Stored):
    """That a model was put in service.

    Args:
        sha256: of its file.
        source: where the file came from.
        promoted_at: when.
        figures: measured then.
        before: measured then of the model that it took the place of.
    """

    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    source: str
    promoted_at: AwareDatetime
    figures: Figures
    before: Figures


class InService(_Stored):
    """Which model is in service, and which were.

    Args:
        model: the one that is; `None` if that is the packaged one.
        previous: those before it, oldest first; the packaged one came before them all.
        withdrawn: those that were taken out of service again, oldest first.
    """

    model: Promotion | None = None
    previous: tuple[Promotion, ...] = ()
    withdrawn: tuple[Promotion, ...] = ()


def current_model(home: Path) -> Path | None:
    """Return the file of the model that was promoted last; `None` if the packaged one serves.

    It takes some microseconds: a service may ask each second whether there is another one.

    Args:
        home: InkDigits' folder, see `inkdigits._home.home`.

    Raises:
        ServiceError: ``in_service.json`` is damaged or cannot be read (Windows says so while it is
            being replaced), or the model's file is gone or out of reach.
    """
    promotion = read_in_service(home).model
    if promotion is None:
        return None
    path = _file_of(promotion, home)
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        status = None
    except OSError as error:
        raise ServiceError(
            f"the model in service, {path}, cannot be read: {reason(error)}"
        ) from error
    if status is None or not stat.S_ISREG(status.st_mode):
        raise ServiceError(
            f"the model in service, {path}, is not there any more: inkdigits promote --rollback "
            "returns to the one before"
        )
    return path


def read_in_service(home: Path) -> InService:
    """Read which model is in service, and which were.

    Raises:
        ServiceError: ``in_service.json`` is damaged or cannot be read.
    """
    path = _record(home)
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
        if len(content) <= _MAX_BYTES:
            return InService.model_validate_json(content)
    except FileNotFoundError:
        return InService()
    except OSError as error:
        raise ServiceError(f"{path} cannot be read: {reason(error)}") from error
    except ValidationError as error:
        raise _damaged(path) from error
    raise _damaged(path)


@contextlib.contextmanager
def changing(home: Path) -> Iterator[None]:
    """Keep other processes from changing which model is in service; wait for one that does.

    Whoever is here keeps others waiting, so nothing that takes long belongs here. A kill lets the
    others go on.

    Raises:
        ServiceError: another process takes more than ten seconds.
        OSError: the disk refuses.
    """
    folder = _folder(home)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / ".lock", timeout=_PATIENCE):
            sweep(folder)
            yield
    except Timeout as error:
        raise ServiceError(
            "another inkdigits promote is changing the model in service; try again in a moment"
        ) from error


def put_in_service(home: Path, content: bytes, promotion: Promotion) -> None:
    """Put a model in service: from one moment to the next, or not at all.

    Args:
        home: InkDigits' folder, in which the caller is `changing` the model.
        content: of the model's file.
        promotion: what to keep of it.

    Raises:
        ServiceError: ``in_service.json`` is damaged or cannot be read.
        OSError: the disk refuses; the model before is still in service.
    """
    before = read_in_service(home)
    path = _file_of(promotion, home)
    path.parent.mkdir(exist_ok=True)
    write_bytes(path, content)
    previous = before.previous if before.model is None else (*before.previous, before.model)
    _write(home, before.model_copy(update={"model": promotion, "previous": previous}))


def roll_back(home: Path) -> Promotion | None:
    """Return to the model that was in service before.

    Returns:
        Its promotion; `None` if it is the packaged one.

    Raises:
        ServiceError: there is none before, its file is gone or damaged, or ``in_service.json`` is.
        OSError: the disk refuses; what was in service still is.
    """
    with changing(home):
        now = read_in_service(home)
        if now.model is None:
            raise ServiceError(
                "the packaged model is in service, and there is none before it to return to"
            )
        *earlier, before = now.previous or (None,)
        if before is not None:
            path = _file_of(before, home)
            if hashlib.sha256(read_model(path)).hexdigest() != before.sha256:
                raise ServiceError(f"{path} is damaged, so there is no returning to it")
        update = {
            "model": before,
            "previous": tuple(earlier),
            "withdrawn": (*now.withdrawn, now.model),
        }
        _write(home, now.model_copy(update=update))
        return before


def _folder(home: Path) -> Path:
    return home / "service"


def _record(home: Path) -> Path:
    return _folder(home) / "in_service.json"


def _file_of(promotion: Promotion, home: Path) -> Path:
    return _folder(home) / "models" / f"{promotion.sha256}.onnx"


def _write(home: Path, state: InService) -> None:
    write_text(_record(home), state.model_dump_json(indent=2) + "\n")


def _damaged(path: Path) -> ServiceError:
    return ServiceError(
        f"{path} is damaged: move it away, and the packaged model is in service again"
    )

"""What routes have in common."""

import asyncio
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from starlette.requests import Request

from inkdigits._text import to_json
from inkdigits.errors import ModelError
from inkdigits.service import tasks
from inkdigits.service.corrections import Corrections
from inkdigits.service.engine import BusyError, Engine, LostError, UnavailableError
from inkdigits.service.inference_process import Call
from inkdigits.service.metrics import Metrics
from inkdigits.service.model import Model, ModelInService
from inkdigits.service.problems import Problem, ProblemDetails
from inkdigits.service.settings import Settings

__all__ = ["PROBLEMS", "Parts", "json_answer", "parts_of"]

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": description,
        "content": {
            "application/problem+json": {
                "schema": {"$ref": f"#/components/schemas/{ProblemDetails.__name__}"}
            }
        },
    }
    for status, description in {
        400: "The request makes no sense",
        401: "The key is missing or wrong",
        403: "A page of another site asks",
        408: "The request did not arrive in time",
        413: "The request is too large",
        415: "The request is of another kind",
        421: "The service does not go by this name",
        422: "The request cannot be understood, or the picture not be read",
        429: "Too many requests; Retry-After says when to come again",
        503: "Not now; Retry-After says when to come again",
    }.items()
}
"""The errors that any route may give."""

_UNAVAILABLE = "no process that reads can be started now"


@dataclass(frozen=True)
class Parts:
    """What a worker answers with."""

    settings: Settings
    models: ModelInService
    engine: Engine
    metrics: Metrics
    corrections: Corrections | None

    @property
    def model(self) -> Model:
        """The model in service now."""
        return self.models.now

    async def do(self, call: Call) -> Any:
        """Have the engine do something, in time.

        Raises:
            Problem: there is too much to do, it takes too long, or it ends who does it.
        """
        return await self._in_time(self.engine.run(call))

    async def classify(self, model: Model, images: npt.NDArray[np.uint8]) -> Any:
        """Have the engine classify images, in time.

        Raises:
            Problem: too many images, too much to do, or it takes too long.
        """
        most = self.settings.max_digits
        if len(images) > most:
            raise Problem(422, f"at most {most:,} images are classified at once: send fewer")
        return await self._in_time(self.engine.classify(model.call(tasks.classify), images))

    async def _in_time(self, awaitable: Any) -> Any:
        try:
            async with asyncio.timeout(self.settings.timeout):
                return await awaitable
        except BusyError:
            self.metrics.rejections.labels("busy").inc()
            detail = "there is too much to do; try again soon"
            raise Problem(429, detail, {"retry-after": "1"}) from None
        except (UnavailableError, ModelError) as error:
            self.metrics.rejections.labels("unavailable").inc()
            raise Problem(503, _UNAVAILABLE, {"retry-after": "10"}) from error
        except LostError:
            self.metrics.rejections.labels("lost").inc()
            detail = "the process that did this ended suddenly; perhaps memory ran out"
            raise Problem(422, detail) from None
        except TimeoutError:
            self.metrics.rejections.labels("timeout").inc()
            detail = f"this takes longer than {self.settings.timeout:g} seconds: send less at once"
            raise Problem(503, detail, {"retry-after": "10"}) from None

    def check_ready(self) -> None:
        """Make sure that pictures can be read.

        Raises:
            Problem: no process that reads can be started.
        """
        if not self.engine.works:
            raise Problem(503, _UNAVAILABLE, {"retry-after": "10"})


def parts_of(request: Request) -> Parts:
    """Return what the worker that got a request answers with."""
    parts: Parts = request.app.state.parts
    return parts


def json_answer(value: object) -> bytes:
    """Write an answer as JSON."""
    return to_json(value).encode()

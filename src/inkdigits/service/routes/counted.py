"""Count what a JSON body holds before it is parsed.

Parsed and checked, 20 megabytes of brackets are gigabytes, and minutes in which nobody is answered.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from inkdigits.datasets.dataset import SIDE
from inkdigits.service.problems import Problem
from inkdigits.service.routes.parts import parts_of

__all__ = ["CountedRoute"]

# Lists, where each pixel is in one of its own, as shape N × 28 × 28 × 1.
_AN_IMAGE = SIDE * SIDE + SIDE + 1
_BESIDES = 1000  # names, and what is no image


class CountedRoute(APIRoute):
    """A route whose body holds no more values than its images may have."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        handle = super().get_route_handler()
        if self.body_field is None:  # whatever came with a GET is left where it is
            return handle

        async def count_and_handle(request: Request) -> Response:
            most = parts_of(request).settings.max_digits
            if not _is_bounded(await request.body(), most):
                detail = f"the request holds too much: at most {most:,} images are taken at once"
                raise Problem(422, detail)
            return await handle(request)

        return count_and_handle


def _is_bounded(body: bytes, images: int) -> bool:
    most = images * _AN_IMAGE + _BESIDES
    return (
        body.count(b",") <= most
        and body.count(b"[") <= most
        and body.count(b"{") <= _BESIDES
        and body.count(b":") <= _BESIDES
    )

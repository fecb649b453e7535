"""Errors as the answers to requests have them.

Source: RFC 9457, "Problem Details for HTTP APIs".
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, Field
from starlette.responses import Response

__all__ = ["Problem", "ProblemDetails", "problem_response"]


class Problem(Exception):  # noqa: N818  (the field's word for it)
    """What keeps a request from being answered.

    Args:
        status: of the answer.
        detail: one plain sentence.
        headers: more of the answer's.
    """

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})


class ProblemDetails(BaseModel):
    """The body of an answer that is an error."""

    type: str = "about:blank"
    title: str = Field(examples=["Unprocessable Entity"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["the picture is empty"])
    request_id: str = Field(examples=["5d5c1bd67c2b4d7b8f6f0fd1b7ff7b6c"])


def problem_response(problem: Problem, *, path: str, request_id: str) -> Response:
    """Write a problem as an answer: problem+json, or as the Open Inference Protocol has it."""
    body: dict[str, Any]
    if path.startswith("/v2"):
        body, kind = {"error": problem.detail}, "application/json"
    else:
        title = HTTPStatus(problem.status).phrase
        body = ProblemDetails(
            title=title, status=problem.status, detail=problem.detail, request_id=request_id
        ).model_dump()
        kind = "application/problem+json"
    return Response(
        json.dumps(body), problem.status, headers=dict(problem.headers), media_type=kind
    )

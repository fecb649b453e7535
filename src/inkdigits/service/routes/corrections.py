"""Take what people say that a digit is."""

from fastapi import APIRouter, Request, Response

from inkdigits.errors import FeedbackError
from inkdigits.feedback import Correction
from inkdigits.service.problems import Problem
from inkdigits.service.routes.counted import CountedRoute
from inkdigits.service.routes.parts import PROBLEMS, json_answer, parts_of
from inkdigits.service.schemas import CorrectionKept, CorrectionRequest, pixels

__all__ = ["router"]

router = APIRouter(tags=["corrections"], route_class=CountedRoute)


@router.post(
    "/v1/corrections",
    summary="Say what a digit is",
    response_model=None,
    status_code=201,
    responses={
        200: {"model": CorrectionKept, "description": "The image was there; the last word counts"},
        201: {"model": CorrectionKept, "description": "Kept"},
        404: {"description": "This service takes no corrections"},
        **PROBLEMS,
    },
)
async def correct(request: Request, body: CorrectionRequest) -> Response:
    """Keep the image of a digit and what it is, to learn from: only with consent.

    It is in the database, on the disk, when this answers. `inkdigits feedback` lists, exports and
    deletes what was kept.
    """
    parts = parts_of(request)
    if parts.corrections is None:
        raise Problem(404, "this service takes no corrections")
    try:
        correction = Correction(
            image=pixels(body.image),
            digit=body.digit,
            answer=body.answer,
            confidence=body.confidence,
            model=body.model,
        )
    except FeedbackError as error:
        raise Problem(422, str(error)) from error
    try:
        new = await parts.corrections.add(correction)
    except FeedbackError as error:
        parts.metrics.rejections.labels("database").inc()
        raise Problem(503, "the correction cannot be kept now", {"retry-after": "10"}) from error
    parts.metrics.corrections.labels(str(new).lower()).inc()
    return Response(
        json_answer({"id": correction.id, "new": new}),
        201 if new else 200,
        media_type="application/json",
    )

"""Read a picture."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from inkdigits.errors import PictureError
from inkdigits.service import tasks
from inkdigits.service.bodies import picture_of
from inkdigits.service.problems import Problem
from inkdigits.service.routes.parts import PROBLEMS, parts_of
from inkdigits.service.schemas import ReadResult

__all__ = ["router"]

router = APIRouter(tags=["pictures"])

_BODY = {
    "requestBody": {
        "required": True,
        "description": "The picture: PNG, JPEG, WebP, GIF, BMP, TIFF, PPM, AVIF; HEIC and PDF "
        "where their extras are installed.",
        "content": {
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            "image/*": {"schema": {"type": "string", "format": "binary"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["picture"],
                    "properties": {"picture": {"type": "string", "format": "binary"}},
                }
            },
        },
    }
}
_EXAMPLE = {
    "path": "note.jpg",
    "page": 0,
    "width": 1200,
    "height": 800,
    "text": "404",
    "confidence": 0.97,
    "digits": [{"digit": 4, "confidence": 0.998, "box": [120, 80, 60, 90], "line": 0}],
    "error": None,
    "model": "90bb6c7d4c1f",
}


@router.post(
    "/v1/read",
    summary="Read the digits in a picture",
    response_model=None,
    responses={
        200: {
            "model": ReadResult,
            "content": {"application/json": {"example": _EXAMPLE}},
        },
        **PROBLEMS,
    },
    openapi_extra=_BODY,
)
async def read(
    request: Request,
    page: Annotated[int, Query(ge=0, le=999, description="of a PDF or TIFF")] = 0,
    boxes: Annotated[bool, Query(description="say where each digit is")] = True,
    details: Annotated[
        bool, Query(description="give each digit's image and ten probabilities, too")
    ] = False,
    overlay: Annotated[bool, Query(description="draw the picture with boxes")] = False,
    explain: Annotated[bool, Query(description="draw what drove each answer")] = False,
) -> Response:
    """Read a picture of any size, colour and polarity: photo, scan, drawing.

    The body is the picture itself, or a form with the file `picture`. A picture without digits is
    no error: its text is empty.
    """
    parts = parts_of(request)
    picture, name = await picture_of(request)
    model = parts.model
    asked = tasks.PictureRequest(
        picture=picture,
        name=name,
        page=page,
        boxes=boxes,
        details=details,
        overlay=overlay,
        explain=explain,
        max_digits=parts.settings.max_digits,
        model=model.version,
    )
    try:
        result = await parts.do(model.call(tasks.read, asked))
    except PictureError as error:
        parts.metrics.rejections.labels("picture").inc()
        raise Problem(422, str(error)) from error
    parts.metrics.pictures.inc()
    parts.metrics.digits_read(result.trusted, result.untrusted)
    return Response(result.content, media_type="application/json")

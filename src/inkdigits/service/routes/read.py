"""Read a picture."""

import base64
import io
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from PIL import Image

from inkdigits.errors import PictureError
from inkdigits.reading import Digit, Reading
from inkdigits.reading.explain import draw_explanation
from inkdigits.reading.show import draw_reading
from inkdigits.service.bodies import picture_of
from inkdigits.service.problems import Problem
from inkdigits.service.routes.parts import PROBLEMS, Parts, json_answer, parts_of
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

    def work() -> dict[str, Any]:
        reading = model.reader.read(picture, page)
        _check_count(reading, parts)
        answer: dict[str, Any] = {"path": name, "page": page, **reading.to_dict(), "error": None}
        answer["digits"] = [_digit(digit, boxes=boxes, details=details) for digit in reading.digits]
        answer["model"] = model.version
        if overlay:
            answer["overlay"] = _png(draw_reading(picture, reading, page))
        if explain:
            answer["explanation"] = _png(draw_explanation(model.reader.classify_marks, reading))
        _count(parts, reading)
        return answer

    try:
        answer = await parts.do(work)
    except PictureError as error:
        parts.metrics.rejections.labels("picture").inc()
        raise Problem(422, str(error)) from error
    return Response(json_answer(answer), media_type="application/json")


def _check_count(reading: Reading, parts: Parts) -> None:
    most = parts.settings.max_digits
    if len(reading.digits) > most:
        raise PictureError(f"the picture has more than {most:,} digits: cut it into parts")


def _digit(digit: Digit, *, boxes: bool, details: bool) -> dict[str, Any]:
    said = digit.to_dict()
    if not boxes:
        del said["box"]
    if details:
        said["trusted"] = digit.trusted
        said["probabilities"] = [round(float(value), 6) for value in digit.probabilities]
        said["image"] = base64.b64encode(digit.image.tobytes()).decode()
    return said


def _png(image: Image.Image) -> str:
    file = io.BytesIO()
    image.save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def _count(parts: Parts, reading: Reading) -> None:
    trusted = sum(digit.trusted for digit in reading.digits)
    parts.metrics.pictures.inc()
    parts.metrics.digits_read(trusted, len(reading.digits) - trusted)

"""Take a picture out of a request."""

import sys

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from inkdigits.service.problems import Problem

__all__ = ["picture_of"]

_FIELD = "picture"
_LONGEST_NAME = 200


async def picture_of(request: Request) -> tuple[bytes, str | None]:
    """Return the bytes of a picture and its file's name, if it came with one.

    Raises:
        Problem: no picture, or a form that makes no sense.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return await _of_form(request)
    body = await request.body()
    if not body:
        raise Problem(422, "the request has no picture: send its bytes as the body")
    return body, None


async def _of_form(request: Request) -> tuple[bytes, str | None]:
    parser = MultiPartParser(request.headers, request.stream(), max_files=1, max_fields=8)
    # The gate has bounded the whole body, so nothing need go to the disk on its way.
    parser.spool_max_size = sys.maxsize
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, ValueError) as error:
        raise Problem(400, f"the form cannot be understood: {error}") from error
    try:
        file = form.get(_FIELD)
        if not isinstance(file, UploadFile):
            raise Problem(422, f"the form has no file called {_FIELD!r}")
        content = await file.read()
    finally:
        await form.close()
    if not content:
        raise Problem(422, "the file is empty")
    return content, (file.filename or "")[:_LONGEST_NAME] or None

"""Render the pages of a PDF."""

import contextlib
import functools
import math
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from inkdigits.errors import PictureError, import_extra
from inkdigits.reading.colour import principal_colour
from inkdigits.reading.limits import MAX_PIXELS, too_large
from inkdigits.reading.page import MAX_SIDE_DECODED, Page, Tone

__all__ = ["is_pdf", "pdf_pages"]

_DOTS_PER_POINT = 200 / 72  # 200 an inch

# A few bytes of PDF can ask for more drawing than a day holds.
_MAX_OBJECTS = 100_000
_MAX_SECONDS = 10.0

# PDFium serves one thread at a time. A thread may enter again: the garbage collector may close a
# document while another is being read.
_ONE_AT_A_TIME = threading.RLock()


def is_pdf(start: bytes) -> bool:
    """Say whether a file that starts so is a PDF, perhaps after a byte order mark or blanks."""
    return start.removeprefix(b"\xef\xbb\xbf").lstrip(b"\0\t\n\f\r ").startswith(b"%PDF-")


def pdf_pages(
    content: bytes, name: str, *, tone: Tone, start: int = 0
) -> Iterator[Page | PictureError]:
    """Render the pages of a PDF at 200 dots an inch, large ones at fewer.

    Args:
        content: the whole file.
        name: what the PDF is called in sentences.
        tone: what the pixels are to hold.
        start: the first page to render, counted from 0.

    Yields:
        A page, or why it cannot be rendered.

    Raises:
        PictureError: the PDF as a whole cannot be opened.
        MissingExtraError: the extra ``pdf`` is not installed.
    """
    pdfium = import_extra("pypdfium2")
    with _ONE_AT_A_TIME:
        document = _open(pdfium, content, name)
        count = len(document)
    try:
        if not count:
            raise PictureError(f"{name} has no pages")
        for number in range(start, count):
            render = functools.partial(_page, pdfium, document, number, name)
            page = render(tone)
            if isinstance(page, Page) and tone is Tone.BRIGHTNESS:
                page = replace(page, by_colour=functools.partial(_coloured, render))
            yield page
    finally:
        with _ONE_AT_A_TIME:
            document.close()


def _open(pdfium: Any, content: bytes, name: str) -> Any:
    # PdfDocument itself would take an error of long ago for that of a document without pages.
    handle = pdfium.raw.FPDF_LoadMemDocument64(content, len(content), None)
    if handle:
        return pdfium.PdfDocument(handle)
    if pdfium.raw.FPDF_GetLastError() == pdfium.raw.FPDF_ERR_PASSWORD:
        raise PictureError(f"{name} is encrypted: save a copy that needs no password")
    raise PictureError(f"{name} is a truncated or damaged PDF")


def _coloured(render: Callable[[Tone], Page | PictureError]) -> Page:
    page = render(Tone.HUE)
    if isinstance(page, PictureError):
        raise page
    return page


def _page(pdfium: Any, document: Any, number: int, name: str, tone: Tone) -> Page | PictureError:
    where = f"page {number + 1} of {name}"
    try:
        with _ONE_AT_A_TIME, contextlib.closing(document[number]) as page:
            sides = page.get_size()
            if not (min(sides) > 0 and math.isfinite(max(sides))):
                return PictureError(f"{where} has no size")
            _check_amount(pdfium, page, where)
            scale = min(_DOTS_PER_POINT, MAX_SIDE_DECODED / max(sides))
            width, height = (max(1, round(side * scale)) for side in sides)
            pixels = _rendered(
                pdfium, page, width, height, where, in_colour=tone is not Tone.BRIGHTNESS
            )
    except PictureError as error:
        return error
    except pdfium.PdfiumError:
        return PictureError(f"{where} is damaged")
    pixels = principal_colour(pixels) if tone is Tone.HUE else pixels
    return Page(pixels, width, height, number)


def _check_amount(pdfium: Any, page: Any, where: str) -> None:
    """Refuse a page of more objects or pixels than can be drawn in a sensible time."""
    pixels = 0
    image = pdfium.raw.FPDF_PAGEOBJ_IMAGE
    for count, thing in enumerate(page.get_objects(max_depth=50), start=1):
        if count > _MAX_OBJECTS:
            raise PictureError(
                f"{where} draws more than {_MAX_OBJECTS:,} objects, which is too many"
            )
        if thing.type == image:
            width, height = thing.get_px_size()
            pixels += width * height
        if pixels > MAX_PIXELS:
            raise too_large(where)


def _rendered(
    pdfium: Any, page: Any, width: int, height: int, where: str, *, in_colour: bool
) -> npt.NDArray[np.uint8]:
    """Render a page on white: grey ``(height, width)``, or ``(height, width, 3)`` in colour."""
    raw = pdfium.raw
    form = raw.FPDFBitmap_BGR if in_colour else raw.FPDFBitmap_Gray
    flags = raw.FPDF_ANNOT | (raw.FPDF_REVERSE_BYTE_ORDER if in_colour else raw.FPDF_GRAYSCALE)
    bitmap = pdfium.PdfBitmap.new_native(width, height, form)
    try:
        raw.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xFFFFFFFF)
        end = time.monotonic() + _MAX_SECONDS
        pause = raw.IFSDK_PAUSE(version=1)
        pdfium.internal.set_callback(pause, "NeedToPauseNow", lambda _: time.monotonic() > end)
        # Rendering that can be paused can be given up.
        status = raw.FPDF_RenderPageBitmap_Start(bitmap, page, 0, 0, width, height, 0, flags, pause)
        raw.FPDF_RenderPage_Close(page)
        if status == raw.FPDF_RENDER_TOBECONTINUED:
            raise PictureError(f"{where} takes more than {_MAX_SECONDS:.0f} seconds to draw")
        if status != raw.FPDF_RENDER_DONE:
            raise PictureError(f"{where} is damaged")
        return np.array(bitmap.to_numpy())
    finally:
        bitmap.close()

"""Show a reading: the picture with a box and a label at each digit."""

from collections.abc import Sequence
from itertools import pairwise
from math import ceil, floor, inf
from statistics import median

import numpy as np
from PIL import Image, ImageDraw

from inkdigits.errors import PictureError
from inkdigits.reading.labels import Rectangle, Sheet
from inkdigits.reading.look import (
    TRUSTED,
    UNTRUSTED,
    WHITE,
    Colour,
    answer,
    percent,
    text_size,
    write,
)
from inkdigits.reading.page import MAX_SIDE_DECODED
from inkdigits.reading.picture import Picture, open_colours
from inkdigits.reading.result import Digit, Reading

__all__ = ["draw_reading"]

_TINY = 200  # a smaller picture is enlarged to twice this
_LEGIBLE_DIGIT = 56
_MANY = 40  # digits: with more, their confidences would hide the page
_LEAST_TEXT = 11
_GAP = 4  # between a label and the drawing's edge


def draw_reading(picture: Picture, reading: Reading, page: int = 0) -> Image.Image:
    """Draw a picture with a box around each digit, and with what it was taken for.

    A digit that is not trusted has another colour and a question mark. Of more than 40 digits the
    confidences are left out, and the labels, too, if the digits are tiny. A large picture is shrunk
    to a longer side of 1600 pixels, a tiny one is enlarged without smoothing; where a label has no
    other place, the picture gets a margin.

    Args:
        picture: what was read, as `Reader.read` takes it.
        reading: what came of it.
        page: which page of it that is, counted from 0.

    Returns:
        A picture of mode ``RGB``.

    Raises:
        PictureError: the picture cannot be decoded, or is not the one of the reading.
    """
    opened = open_colours(picture, page)
    if (opened.width, opened.height) != (reading.width, reading.height):
        raise PictureError(
            f"the reading is of a picture of {reading.width} × {reading.height} pixels, and this "
            f"one has {opened.width} × {opened.height}"
        )
    image, scale = Image.fromarray(opened.pixels), 1 / opened.scale
    factor = _enlargement(image, [digit.box.height * scale for digit in reading.digits])
    if factor > 1:
        size = (image.width * factor, image.height * factor)
        image = image.resize(size, Image.Resampling.NEAREST)
    scale *= factor

    thickness = max(2, round(max(image.size) / 600))
    sheet = Rectangle(0, 0, *image.size)
    boxes = [_outline(digit, scale, thickness, sheet) for digit in reading.digits]
    tags = _tags(reading.digits, boxes, sheet)

    canvas, left, top = _with_margin(image, [tag for _, _, tag in tags])
    draw = ImageDraw.Draw(canvas)
    boxes = [box.moved(left, top) for box in boxes]
    for box in boxes:  # first all of the white that sets boxes off from a dark picture
        draw.rectangle(_corners(box.grown(1)), outline=WHITE, width=thickness + 2)
    for digit, box in zip(reading.digits, boxes):
        draw.rectangle(_corners(box), outline=_colour(digit), width=thickness)
    for digit, (text, height, tag) in zip(reading.digits, tags):  # all of them, or none
        place = tag.moved(left, top)
        draw.rounded_rectangle(
            _corners(place), radius=height // 5, fill=_colour(digit), outline=WHITE
        )
        base = (place.top + place.bottom + text_size(text, height)[1]) / 2
        write(canvas, (place.left + place.right) / 2, base, text, height, WHITE, "ms")
    return canvas


def _enlargement(image: Image.Image, digit_heights: Sequence[float]) -> int:
    """Return how many times a picture is to be enlarged for the drawing to be legible."""
    longer = max(image.size)
    wanted = 2 * _TINY / longer if longer < _TINY else 1.0
    if digit_heights:
        wanted = max(wanted, _LEGIBLE_DIGIT / max(1.0, median(digit_heights)))
    return max(1, min(ceil(wanted), MAX_SIDE_DECODED // longer))


def _outline(digit: Digit, scale: float, thickness: int, page: Rectangle) -> Rectangle:
    """Return the outer edge of a digit's box, which leaves its ink free."""
    x, y, width, height = digit.box
    pad = thickness + 1
    left, top = floor(x * scale) - pad, floor(y * scale) - pad
    right, bottom = ceil((x + width) * scale) + pad, ceil((y + height) * scale) + pad
    # What lies on the picture's border is drawn within it; a box is never turned inside out.
    left, top = (min(max(0, side), end - 1) for side, end in zip((left, top), page[2:]))
    return Rectangle(
        left, top, max(left + 1, min(right, page.right)), max(top + 1, min(bottom, page.bottom))
    )


def _text_heights(
    digits: Sequence[Digit], boxes: Sequence[Rectangle], page: Rectangle
) -> list[int]:
    """Choose the height of each label's text: one for a line of writing, as its digits are high.

    It is lower where labels above the digits would touch each other or the line before.
    """
    most = max(20, max(page) // 45)
    rooms = _rooms_above(boxes)
    room = median(rooms) if rooms else inf
    lines: dict[int, list[int]] = {}
    for number, digit in enumerate(digits):
        lines.setdefault(digit.line, []).append(number)
    heights = [0] * len(digits)
    for line in lines.values():
        height = min(most, round(0.36 * median(boxes[number].height for number in line)))
        height = max(height, _LEAST_TEXT)
        sizes = [_tag_size(_text(digits[number], digits), height) for number in line]
        apart = [boxes[after].left - boxes[before].left for before, after in pairwise(line)]
        wide = median(apart) / max(width for width, _ in sizes) if apart else 1.0
        high = room / sizes[0][1]
        # Not much lower in a crowded line than in others: a label may go below its digit, too.
        share = min(1.0, max(0.7, wide), high)
        for number in line:
            heights[number] = max(_LEAST_TEXT, int(height * share))
    return heights


def _rooms_above(boxes: Sequence[Rectangle]) -> list[float]:
    """Return how high the gaps are between boxes and the next ones above them."""
    left, _, right, bottom = np.array(boxes).T
    rooms = []
    for box in boxes:
        above = (bottom <= box.top) & (left < box.right) & (box.left < right)
        if above.any():
            rooms.append(float(box.top - bottom[above].max()))
    return rooms


def _text(digit: Digit, digits: Sequence[Digit]) -> str:
    if len(digits) > _MANY:
        return answer(digit)
    return f"{answer(digit)}  {percent(digit.confidence)}"


def _is_too_small(boxes: Sequence[Rectangle]) -> bool:
    """Say whether labels would hide a page: their text is hardly lower than the digits are."""
    return len(boxes) > _MANY and median(box.height for box in boxes) < 3 * _LEAST_TEXT


def _tag_size(text: str, height: int) -> tuple[int, int]:
    width, digit_height = text_size(text, max(1, height))
    return width + round(0.6 * height) + 2, digit_height + round(0.5 * height) + 2


def _tags(
    digits: Sequence[Digit], boxes: Sequence[Rectangle], page: Rectangle
) -> list[tuple[str, int, Rectangle]]:
    """Place all labels: text, its height, and where."""
    if not digits or _is_too_small(boxes):
        return []
    texts = [_text(digit, digits) for digit in digits]
    heights = _text_heights(digits, boxes, page)
    longest = max(max(_tag_size(text, height)) for text, height in zip(texts, heights))
    sheet = Sheet((page.width, page.height), longest + 1, digits, boxes)
    tags: list[tuple[str, int, Rectangle]] = []
    for digit, box, full, height in zip(digits, boxes, texts, heights):
        # Where it is crowded, smaller; and where that does not help, the digit alone.
        for text, size in ((full, height), (full, _LEAST_TEXT), (answer(digit), height)):
            tag, is_free = sheet.place(box, _tag_size(text, size))
            if is_free:
                break
        tags.append((text, size, tag))
        sheet.take(tag.grown(1))
    return tags


def _with_margin(image: Image.Image, tags: Sequence[Rectangle]) -> tuple[Image.Image, int, int]:
    """Extend a picture on the sides where labels run out of it; return how far left and up."""
    beyond = [
        (-tag.left, -tag.top, tag.right - image.width, tag.bottom - image.height) for tag in tags
    ]
    furthest = [max([0, *distances]) for distances in zip(*beyond)] or [0] * 4
    left, top, right, bottom = (side + _GAP if side else 0 for side in furthest)
    canvas = Image.new("RGB", (image.width + left + right, image.height + top + bottom), WHITE)
    canvas.paste(image, (left, top))
    return canvas, left, top


def _corners(place: Rectangle) -> tuple[int, int, int, int]:
    """Return a rectangle as Pillow draws it, with its last row and column."""
    return place.left, place.top, place.right - 1, place.bottom - 1


def _colour(digit: Digit) -> Colour:
    return TRUSTED if digit.trusted else UNTRUSTED

"""How long a picture takes, side by side with RapidOCR in one run.

Three pictures, made from MNIST test digits: a drawing of 28×28 pixels, a photo of 1 megapixel with
ten digits, and the same at 12 megapixels. Both readers get the files' bytes, in turns.

RapidOCR is not needed: `pip install rapidocr-onnxruntime` to see it beside.

    python benchmarks/read.py
"""

import io
import time
from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt
from _common import rapidocr, report, summary
from PIL import Image

from inkdigits import Reader, load_mnist

REPEATS = {"drawing_28": 200, "photo_1_megapixel": 20, "photo_12_megapixels": 9}
DIGITS = 10


def main() -> None:
    reader = Reader()
    readers: dict[str, Callable[[bytes], str]] = {
        "inkdigits": lambda picture: reader.read(picture).text
    }
    others = rapidocr()
    figures: dict[str, object] = {}
    for name, (picture, wanted) in _pictures().items():
        if others:
            readers["rapidocr"] = others["rapidocr_line" if len(wanted) == 1 else "rapidocr"]
        times: dict[str, list[float]] = {who: [] for who in readers}
        texts = {who: read(picture) for who, read in readers.items()}  # warms up
        for repeat in range(REPEATS[name]):
            for who, read in readers.items():
                if who == "rapidocr" and repeat >= 5:
                    continue
                began = time.perf_counter()
                read(picture)
                times[who].append(1000 * (time.perf_counter() - began))
        figures[name] = {
            "wanted": wanted,
            **{who: {"text": texts[who], "milliseconds": summary(times[who])} for who in readers},
        }
    report("read", "A picture is read in milliseconds", figures)


def _pictures() -> dict[str, tuple[bytes, str]]:
    test = load_mnist()[1]
    photo = _photo(test.images[:DIGITS])
    text = "".join(map(str, test.require_labels()[:DIGITS]))
    large = cv2.resize(photo, (4000, 3000), interpolation=cv2.INTER_CUBIC)
    return {
        "drawing_28": (_encoded(255 - test.images[0], "PNG"), text[0]),
        "photo_1_megapixel": (_encoded(photo, "JPEG"), text),
        "photo_12_megapixels": (_encoded(large, "JPEG"), text),
    }


def _photo(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return a page of 1155×866 pixels in uneven light, with a line of digits on it."""
    rng = np.random.default_rng(0)
    page = 210 + np.linspace(-30, 30, 1155)[None, :] + rng.normal(0, 3, (866, 1155))
    for place, image in enumerate(images):
        digit = cv2.resize(image, (100, 100), interpolation=cv2.INTER_CUBIC)
        y, x = 380 + 12 * (place % 2), 20 + 112 * place
        page[y : y + 100, x : x + 100] -= 0.6 * digit
    blurred: npt.NDArray[np.uint8] = cv2.GaussianBlur(
        np.clip(page, 0, 255).astype(np.uint8), (0, 0), 1
    )
    return blurred


def _encoded(pixels: npt.NDArray[np.uint8], kind: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).convert("RGB").save(file, kind, quality=90)
    return file.getvalue()


if __name__ == "__main__":
    main()

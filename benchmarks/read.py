"""How long a picture takes, side by side with RapidOCR in one run.

Three pictures, made from MNIST test digits: a drawing of 28×28 pixels, a photo of 1 megapixel with
ten digits, and the same at 12 megapixels. Both readers get the files' bytes, in turns.

RapidOCR is not needed: `pip install rapidocr-onnxruntime` to see it beside.

    python benchmarks/read.py
"""

import time
from collections.abc import Callable

import cv2
from _common import rapidocr, report, summary

from inkdigits import Reader, load_mnist
from inkdigits.benchmark.pictures import DIGITS, drawing, encode, photo

REPEATS = {"drawing_28": 200, "photo_1_megapixel": 20, "photo_12_megapixels": 9}


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
    page = photo(test)
    text = "".join(map(str, test.require_labels()[:DIGITS]))
    large = cv2.resize(page, (4000, 3000), interpolation=cv2.INTER_CUBIC)
    return {
        "drawing_28": (encode(drawing(test), "PNG"), text[0]),
        "photo_1_megapixel": (encode(page, "JPEG"), text),
        "photo_12_megapixels": (encode(large, "JPEG"), text),
    }


if __name__ == "__main__":
    main()

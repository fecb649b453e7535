"""Claim: 98.8 % of USPS' digits are read right without any adaptation (n = 7,291).

They come from mail, have 16×16 pixels, white on black, without a margin, and are read as any other
picture is. USPS is not part of the project: give an NPZ file with its images `x` and labels `y`.

    python benchmarks/usps.py USPS.npz
"""

import argparse
from pathlib import Path

import numpy as np
from _common import report

from inkdigits import Reader


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    with np.load(parser.parse_args().file) as arrays:
        images, labels = arrays["x"], arrays["y"]
    reader = Reader()
    texts = [reader.read(image).text for image in images]
    right = [text == str(label) for text, label in zip(texts, labels, strict=True)]
    answered = [any(c.isdigit() for c in text) for text in texts]
    report(
        "usps",
        "USPS digits are read without adaptation",
        {
            "digits": len(labels),
            "right": float(np.mean(right)),
            "wrong": float(np.mean(np.array(answered) & ~np.array(right))),
            "not_answered": 1 - float(np.mean(answered)),
        },
    )


if __name__ == "__main__":
    main()

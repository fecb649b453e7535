"""What augmentation costs: an epoch of the reference CNN without and with each part of it.

python benchmarks/augmentation.py [--repeats 3] [--digits 20000]
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from _common import report, summary

from inkdigits import Augmentation, Recipe, load_mnist
from inkdigits.training.fit import fit

WAYS: dict[str, str | None] = {
    "none": None,
    "affine": "rotation=10,shift=2,zoom=0.1,shear=8",
    "elastic": "elastic=0.6",
    "thickness": "thickness=0.4",
    "standard": "standard",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--digits", type=int, default=20_000)
    arguments = parser.parse_args()
    digits = load_mnist()[0].take(np.arange(arguments.digits))
    fitting, validation = digits.split(0.05, seed=0)
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(arguments.repeats):
        for way, text in WAYS.items():
            augment = None if text is None else Augmentation.parse(text)
            with tempfile.TemporaryDirectory() as folder:
                recipe = Recipe(epochs=3, augment=augment)
                _, history = fit(recipe, fitting, validation, Path(folder))
            seconds[way] += [epoch.seconds for epoch in history[1:]]  # the first one compiles
    plain = summary(seconds["none"])["median"]
    report(
        "augmentation",
        "time of an epoch with augmentation, relative to one without",
        {
            "digits": len(fitting),
            "ratio_of_medians": {
                way: summary(values)["median"] / plain for way, values in seconds.items()
            },
            "epoch_seconds": {way: summary(values) for way, values in seconds.items()},
        },
    )


if __name__ == "__main__":
    main()

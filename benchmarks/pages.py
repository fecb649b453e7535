"""An oracle over synthesised pages: MNIST test digits, drawn anew on any paper, read back in order.

Nothing was chosen on these pages: what the reader does was tuned on pages of validation digits.

    python benchmarks/pages.py [--pages 3000]
"""

import argparse
import time
from collections import defaultdict

import numpy as np
from _common import report

from inkdigits import Reader, load_mnist
from inkdigits.synthesis import PageWriter

SEED = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=3000)
    count = parser.parse_args().pages

    writer, rng = PageWriter(load_mnist()[1]), np.random.default_rng(SEED)
    reader = Reader()
    tallies: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    seconds = 0.0
    for _ in range(count):
        page = writer.write(rng)
        began = time.perf_counter()
        text = reader.read(page.pixels).text
        seconds += time.perf_counter() - began
        wanted = page.text.replace("\n", "")
        errors = min(edit_distance(text.replace("\n", ""), wanted), len(wanted))
        for trait in ("all", *page.traits):
            tally = tallies[trait]
            tally[0] += 1
            tally[1] += errors == 0
            tally[2] += errors
            tally[3] += len(wanted)
    report(
        "pages",
        "Pages of known digits are given back, all digits and their order",
        {
            "pages": count,
            "seed": SEED,
            "milliseconds_a_page": 1000 * seconds / count,
            "by_trait": {
                trait: {
                    "pages": pages,
                    "exact": exact / pages,
                    "digit_error_rate": errors / max(digits, 1),
                }
                for trait, (pages, exact, errors, digits) in sorted(tallies.items())
            },
        },
    )


def edit_distance(a: str, b: str) -> int:
    """Return how many digits must be inserted, left out or changed to make one text the other."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (x != y))
    return row[-1]


if __name__ == "__main__":
    main()

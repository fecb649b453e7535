"""Real pictures that other people made: how many are read right, beside RapidOCR in the same run.

The pictures are not part of the project: most have no licence. Any folder will do that has a
`labels.csv` with the columns path, label (digits, `|` between lines of writing, `none` where there
is no digit), confusable (not empty where nobody can tell a mark from a digit) and source (who made
the picture). Figures are means over sources: a few people drew most of the pictures.

RapidOCR is not needed: `pip install rapidocr-onnxruntime` to see it beside.

    python benchmarks/pictures.py FOLDER
"""

import argparse
import csv
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from _common import rapidocr, report
from pages import edit_distance

from inkdigits import Reader


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder

    labels = read_labels(folder)
    reader = Reader()
    readers: dict[str, Callable[[Path], str]] = {"inkdigits": lambda path: reader.read(path).text}
    for name, read in rapidocr().items():
        readers[name] = lambda path, read=read: read(path.read_bytes())  # type: ignore[misc]
    report(
        "pictures",
        "Real pictures by people who never saw the program are read right",
        {
            "pictures": len(labels),
            "sources": len({label["source"] for label in labels}),
            **{
                who: score(labels, [reads(folder / label["path"]) for label in labels])
                for who, reads in readers.items()
            },
        },
    )


def read_labels(folder: Path) -> list[dict[str, str]]:
    """Return what a folder of pictures says of each."""
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def score(labels: list[dict[str, str]], texts: Iterable[str]) -> dict[str, Any]:
    """Compare what was read with the labels."""
    single: dict[str, list[str]] = defaultdict(list)
    several: dict[str, list[bool]] = defaultdict(list)
    false_reads: dict[bool, list[bool]] = {True: [], False: []}
    errors = digits = 0
    for label, text in zip(labels, texts, strict=True):
        read = "".join(c for c in text if c.isdigit() or c == "?")
        wanted = label["label"].replace("|", "")
        if wanted == "none":
            false_reads[bool(label["confusable"])].append(any(c.isdigit() for c in read))
        elif len(wanted) == 1:
            unanswered = not read.replace("?", "")
            outcome = "right" if read == wanted else "no answer" if unanswered else "wrong"
            single[label["source"]].append(outcome)
        else:
            several[label["source"]].append(read == wanted)
            errors += min(edit_distance(read, wanted), len(wanted))
            digits += len(wanted)
    return {
        "one_digit": {
            "pictures": sum(map(len, single.values())),
            **{
                name.replace(" ", "_"): _mean([_share(got, name) for got in single.values()])
                for name in ("right", "no answer", "wrong")
            },
        },
        "several_digits": {
            "pictures": sum(map(len, several.values())),
            "all_right": _mean([_share(got, True) for got in several.values()]),
            "digit_error_rate": errors / max(digits, 1),
        },
        **{
            name: {"pictures": len(reads), "false_reads": _share(reads, True)}
            for name, reads in (
                ("no_digit", false_reads[False]),
                ("no_digit_but_confusable", false_reads[True]),
            )
        },
    }


def _share(outcomes: list[Any], wanted: object) -> float:
    return sum(outcome == wanted for outcome in outcomes) / max(len(outcomes), 1)


def _mean(shares: list[float]) -> float:
    return sum(shares) / max(len(shares), 1)


if __name__ == "__main__":
    main()

"""Print the result tables of the README and of docs/reading.md from ``benchmarks/results/``.

python benchmarks/table.py
"""

import json
from typing import Any

from _common import RESULTS

Row = tuple[str, str, str]


def main() -> None:
    print(_markdown(["reading", "InkDigits", "RapidOCR"], reading()))
    print()
    print(_markdown(["training and classifying", "measured", "beside"], training()))
    print()
    print(_markdown(["errors", "best path", "fully convolutional"], ways()))


def reading() -> list[Row]:
    """Return what was measured of reading pictures."""
    pictures, usps, confidence, read, many, fuzz = (
        _read(name) for name in ("pictures", "usps", "confidence", "read", "many", "fuzz")
    )
    ours = pictures["inkdigits"]
    theirs = [pictures[who] for who in ("rapidocr", "rapidocr_line")]  # the better counts
    right = max(way["one_digit"]["right"] for way in theirs)
    all_right = max(way["several_digits"]["all_right"] for way in theirs)
    digit_errors = min(way["several_digits"]["digit_error_rate"] for way in theirs)
    one, several, none = ours["one_digit"], ours["several_digits"], ours["no_digit"]
    confusable = ours["no_digit_but_confusable"]
    mnist, small = confidence["mnist_test"], many["small"]
    rate = small["pictures_a_second"]["median"]
    return [
        (
            f"{one['pictures']} real pictures of one digit, mean by source",
            f"{one['right']:.1%} right, {one['wrong']:.2%} wrong, the rest not answered",
            f"{right:.1%} right",
        ),
        (
            f"{several['pictures']} of several digits: all right and in order",
            f"{several['all_right']:.0%}; {several['digit_error_rate']:.1%} of the digits wrong",
            f"{all_right:.0%}; {digit_errors:.0%} of the digits wrong",
        ),
        (
            f"{none['pictures']} without a digit: one is read",
            f"{none['false_reads']:.1%}",
            "",
        ),
        (
            f"{confusable['pictures']} of letters that may be digits, such as O and l: one is read",
            f"{confusable['false_reads']:.1%}",
            "",
        ),
        (
            f"USPS, {usps['digits']:,} pictures of 16×16 pixels without a margin",
            f"{usps['right']:.1%} right, {usps['wrong']:.1%} wrong",
            "",
        ),
        (
            f"MNIST's test set, {mnist['digits']:,} framed digits",
            f"{mnist['accuracy']:.2%}, calibration error {mnist['expected_calibration_error']:.1%}",
            "",
        ),
        *(
            (
                what,
                f"{read[name]['inkdigits']['milliseconds']['median']:.{places}f} ms",
                f"{read[name]['rapidocr']['milliseconds']['median']:.0f} ms",
            )
            for what, name, places in (
                ("A drawing of 28×28 pixels", "drawing_28", 1),
                ("A photo of 1 megapixel, ten digits", "photo_1_megapixel", 0),
                ("A photo of 12 megapixels, ten digits", "photo_12_megapixels", 0),
            )
        ),
        (
            f"A folder of {small['pictures']:,} pictures of 28×28 pixels",
            f"{rate:,.0f} a second, {small['peak_megabytes']['median']:.0f} MB",
            "",
        ),
        (
            f"{fuzz['files']:,} damaged files",
            f"{fuzz['files'] - len(fuzz['bad']):,} read or refused in a sentence",
            "",
        ),
    ]


def training() -> list[Row]:
    """Return what was measured of training, classifying and starting."""
    training, augmentation, classify, startup = (
        _read(name) for name in ("training", "augmentation", "classify", "startup")
    )
    seconds, megabytes = startup["seconds"], startup["peak_megabytes"]
    accuracy, plain = training["ours_test_accuracy"], training["plain_test_accuracy"]
    one, many = classify["one_digit_microseconds"], classify["digits_per_second"]
    predict = classify["keras_predict_one_digit_microseconds"]
    return [
        (
            "Reference CNN, MNIST test accuracy",
            f"{accuracy['mean']:.2%} ± {accuracy['standard_deviation']:.2%}, n = {accuracy['n']}",
            f"plain Keras {plain['mean']:.2%} ± {plain['standard_deviation']:.2%}",
        ),
        (
            f"Training it, {training['epochs']} epochs",
            f"{training['ours_seconds']['median']:.0f} s",
            f"{training['time_ratio']['mean']:.2f} × plain Keras",
        ),
        (
            "An epoch with standard augmentation",
            f"{augmentation['ratio_of_medians']['standard']:.2f} × one without",
            "",
        ),
        ("Memory in training", f"{startup['training_peak_megabytes']:.0f} MB", ""),
        (
            "One digit, reference CNN, `Reader.classify`",
            f"{one['median']:.0f} µs",
            f"`model.predict` {predict['median'] / 1000:.0f} ms",
        ),
        (
            "One digit, packaged network",
            f"{classify['packaged_one_digit_microseconds']['median']:.0f} µs",
            "",
        ),
        (
            "A picture of 320×240 pixels, `Reader.read`",
            f"{classify['read_picture_milliseconds']['median']:.1f} ms",
            "",
        ),
        ("Digits a second, reference CNN, in batches", f"{many['median']:,.0f}", ""),
        ("`import inkdigits`", f"{seconds['import']['median'] * 1000:.0f} ms", _bare(startup)),
        ("`inkdigits --help`", f"{seconds['help']['median']:.2f} s", ""),
        (
            "`inkdigits read one.png`, cold",
            f"{seconds['read']['median']:.2f} s, {megabytes['read']['median']:.0f} MB",
            "",
        ),
    ]


def ways() -> list[Row]:
    """Return what was measured of the two ways to read a row of digits."""
    both = _read("fully_convolutional")
    path, network = both["best_path"], both["fully_convolutional"]
    real = [way["real"] for way in (path, network)]
    pages = {"all": "all", "near": "digits near each other", "wide": "digits wide apart"}
    pages |= {name: name for name in ("touching", "boxed", "ruled", "squared", "shadow", "signs")}
    return [
        *(
            (
                f"{path['by_trait'][trait]['pages']} synthesised pages: {what}",
                *(f"{way['by_trait'][trait]['digit_error_rate']:.1%}" for way in (path, network)),
            )
            for trait, what in pages.items()
        ),
        (
            f"{real[0]['several_digits']['pictures']} real pictures of several digits",
            *(f"{way['several_digits']['digit_error_rate']:.1%}" for way in real),
        ),
        (
            f"{real[0]['one_digit']['pictures']} of one digit, mean by source",
            *(f"{1 - way['one_digit']['right']:.1%}" for way in real),
        ),
        (
            f"{real[0]['no_digit']['pictures']} without a digit: one is read",
            *(f"{way['no_digit']['false_reads']:.1%}" for way in real),
        ),
        (
            "a page takes",
            *(f"{way['milliseconds_a_page']:.0f} ms" for way in (path, network)),
        ),
    ]


def _markdown(head: list[str], rows: list[Row]) -> str:
    lines = [" | ".join(cells) for cells in (head, *rows)]
    return "\n".join(
        [f"| {lines[0]} |", "|---" * len(head) + "|", *(f"| {x} |" for x in lines[1:])]
    )


def _bare(startup: dict[str, Any]) -> str:
    return f"Python alone {startup['seconds']['python']['median'] * 1000:.0f} ms"


def _read(name: str) -> dict[str, Any]:
    result: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    return result


if __name__ == "__main__":
    main()

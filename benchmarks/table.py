"""Print the results table of the README from ``benchmarks/results/``.

python benchmarks/table.py
"""

import json
from typing import Any

from _common import RESULTS

__all__ = ["table"]


def table() -> str:
    """Return the results as a Markdown table."""
    training, augmentation, classify, startup = (
        _read(name) for name in ("training", "augmentation", "classify", "startup")
    )
    seconds, megabytes = startup["seconds"], startup["peak_megabytes"]
    accuracy, plain = training["ours_test_accuracy"], training["plain_test_accuracy"]
    one, many = classify["one_digit_microseconds"], classify["digits_per_second"]
    predict = classify["keras_predict_one_digit_microseconds"]
    rows = [
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
    lines = ["| | measured | beside |", "|---|---|---|"]
    lines += [f"| {what} | {measured} | {beside} |" for what, measured, beside in rows]
    return "\n".join(lines)


def _bare(startup: dict[str, Any]) -> str:
    return f"Python alone {startup['seconds']['python']['median'] * 1000:.0f} ms"


def _read(name: str) -> dict[str, Any]:
    result: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    return result


if __name__ == "__main__":
    print(table())

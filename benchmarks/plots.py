"""Draw the README's plots from ``benchmarks/results/``.

python benchmarks/plots.py
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from _common import RESULTS, read_result
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator, PercentFormatter

from inkdigits.evaluation.figures import ACCENT, INK, MUTED, figure, save, tidy

PICTURES = Path(__file__).parent.parent / "docs" / "pictures"


def main() -> None:
    # What is measured elsewhere than the README's figures stays there.
    folder = RESULTS if "INKDIGITS_RESULTS" in os.environ else PICTURES
    for name, file, draw in DRAWN:
        result = read_result(name)
        if result is not None:
            save(draw(result), folder / file)
            print(folder / file)


def time_to_accuracy(fast: dict[str, Any]) -> Figure:
    plot = figure(7, 4)
    axes = plot.subplots()
    for number, curve in enumerate(fast["plain_curves"]):
        seconds, accuracies = zip(*curve, strict=True)
        label = "plain Keras, reference CNN, epoch by epoch" if number == 0 else None
        axes.plot(seconds, accuracies, color=MUTED, marker="o", markersize=3.5, label=label)
    for name, what, color in (
        ("fast", "recipe fast", ACCENT),
        ("half_minute", "recipe half-minute", INK),
    ):
        seconds, accuracies = (
            fast[name][key]["values"] for key in ("fit_seconds", "test_accuracy")
        )
        label = f"{what}, {len(seconds)} seeds"
        axes.scatter(seconds, accuracies, s=14, color=color, alpha=0.7, linewidths=0, label=label)
    axes.set_xscale("log")
    axes.set_xticks([1, 2, 5, 10, 20, 50])
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.minorticks_off()
    axes.yaxis.set_major_locator(MultipleLocator(0.005))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=1))
    axes.set_xlabel("seconds in fit, two cores")
    axes.set_ylabel("MNIST test accuracy")
    axes.set_title("Time to accuracy", loc="left", fontweight="bold")
    axes.legend(frameon=False, loc="lower left")
    tidy(axes)
    return plot


def throughput(ways: dict[str, Any]) -> Figure:
    plot = figure(9, 3.8)
    left, right = plot.subplots(1, 2)
    for name, label, color, style in (
        ("onnx", "ONNX Runtime, float", INK, "-"),
        ("onnx_int8", "ONNX Runtime, int8", ACCENT, "-"),
        ("tensorflow_compiled", "TensorFlow, compiled", MUTED, "-"),
        ("keras_predict", "Keras predict", MUTED, "--"),
    ):
        rows = ways[name]
        batches = [row["batch"] for row in rows]
        latencies = [row["milliseconds"]["median"] for row in rows]
        rates = [row["digits_per_second"] for row in rows]
        shape = {"color": color, "linestyle": style, "marker": "o", "markersize": 3.5}
        left.plot(batches, latencies, label=label, **shape)
        right.plot(batches, rates, label=label, **shape)
    for axes, title, unit in ((left, "Latency", "ms"), (right, "Throughput", "digits a second")):
        axes.set_xscale("log", base=4)
        axes.set_yscale("log")
        axes.set_xticks([row["batch"] for row in ways["onnx"]])
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
        axes.set_xlabel("digits at once")
        axes.set_ylabel(unit)
        axes.set_title(title, loc="left", fontweight="bold")
        tidy(axes)
    left.legend(frameon=False)
    return plot


DRAWN: tuple[tuple[str, str, Callable[[dict[str, Any]], Figure]], ...] = (
    ("fast", "time-to-accuracy.png", time_to_accuracy),
    ("throughput", "throughput.png", throughput),
)

if __name__ == "__main__":
    main()

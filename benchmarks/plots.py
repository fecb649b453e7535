"""Draw the README's plots from ``benchmarks/results/``.

python benchmarks/plots.py
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from _common import RESULTS, read_result
from _published import SINGLE
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator, PercentFormatter

from inkdigits import Recipe
from inkdigits.evaluation.figures import ACCENT, INK, MUTED, figure, save, tidy
from inkdigits.networks import build

PICTURES = Path(__file__).parent.parent / "docs" / "pictures"

Results = dict[str, dict[str, Any]]
"""What was measured, by the name of the benchmark."""


def main() -> None:
    # What is measured elsewhere than the README's figures stays there.
    folder = RESULTS if "INKDIGITS_RESULTS" in os.environ else PICTURES
    for file, draw, names in DRAWN:
        results = {name: found for name in names if (found := read_result(name)) is not None}
        if results:
            save(draw(results), folder / file)
            print(folder / file)


def time_to_accuracy(results: Results) -> Figure:
    fast = results["fast"]
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
    axes.set_xlabel(f"seconds in fit, {fast['machine']['usable_processors']} processors")
    axes.set_ylabel("MNIST test accuracy")
    axes.set_title("Time to accuracy", loc="left", fontweight="bold")
    axes.legend(frameon=False, loc="lower left")
    tidy(axes)
    return plot


def throughput(results: Results) -> Figure:
    ways = results["throughput"]
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


def accuracy_against_parameters(results: Results) -> Figure:
    plot = figure(7, 4.2)
    axes = plot.subplots()
    ours = [
        (name, parameters(name), accuracy["mean"], accuracy["standard_deviation"])
        for name, accuracy in our_accuracies(results)
    ]
    theirs = [(one.name, one.parameters, one.accuracy, 0.0) for one in SINGLE]
    for points, marker, color, label in (
        (ours, "o", ACCENT, "InkDigits: mean and standard deviation over seeds"),
        (theirs, "s", MUTED, "published"),
    ):
        names, counts, means, spreads = zip(*points, strict=True)
        axes.errorbar(
            *(counts, means, spreads), fmt=marker, color=color, markersize=5, capsize=2, label=label
        )
        for name, *point in zip(names, counts, means, strict=True):
            beside = {"xytext": (8, -3), "textcoords": "offset points"}
            axes.annotate(name, point, **beside, fontsize=8, color=color)
    axes.set_xscale("log")
    axes.set_xlim(400, 1.2e7)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=1))
    axes.set_xlabel("parameters")
    axes.set_ylabel("MNIST test accuracy")
    axes.set_title("Accuracy against parameters", loc="left", fontweight="bold")
    axes.legend(frameon=False, loc="upper left", fontsize=8)
    tidy(axes)
    return plot


def our_accuracies(results: Results) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each recipe that was measured, with its accuracy."""
    if "training" in results:
        yield "reference", results["training"]["ours_test_accuracy"]
    if "fast" in results:
        yield "fast", results["fast"]["fast"]["test_accuracy"]
        yield "half-minute", results["fast"]["half_minute"]["test_accuracy"]
    if "tiny" in results:
        for name in ("tiniest", "tiny"):
            yield name, results["tiny"][name]["tflite"]["test_accuracy"]
    if "accurate" in results:
        yield "accurate", results["accurate"]["test_accuracy"]


def parameters(name: str) -> int:
    """Return how many parameters a recipe's network has."""
    recipe = Recipe() if name == "reference" else Recipe.load(name)
    return int(build(recipe.network, **recipe.options).count_params())


DRAWN: tuple[tuple[str, Callable[[Results], Figure], tuple[str, ...]], ...] = (
    ("time-to-accuracy.png", time_to_accuracy, ("fast",)),
    ("parameters.png", accuracy_against_parameters, ("training", "fast", "tiny", "accurate")),
    ("throughput.png", throughput, ("throughput",)),
)

if __name__ == "__main__":
    main()

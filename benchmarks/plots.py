"""Draw the README's plots from ``benchmarks/results/``.

python benchmarks/plots.py
"""

import json
from typing import Any

from _common import RESULTS
from matplotlib.ticker import FuncFormatter, PercentFormatter

from inkdigits.evaluation.figures import ACCENT, INK, MUTED, figure, save, tidy

PICTURES = RESULTS.parent.parent / "docs" / "pictures"

PUBLISHED = (
    # parameters, test accuracy, who, how the figure was come by
    (697, 0.9903, "697 parameters, best of 700 runs"),
    (3_470_000, 0.99699, "An et al. M3, mean of 30"),
)


def main() -> None:
    draw_time_to_accuracy(_read("fast"))
    draw_throughput(_read("throughput"))


def draw_time_to_accuracy(fast: dict[str, Any]) -> None:
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
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=1))
    axes.set_xlabel("seconds in fit, two cores")
    axes.set_ylabel("MNIST test accuracy")
    axes.set_title("Time to accuracy", loc="left", fontweight="bold")
    axes.legend(frameon=False, loc="lower right")
    tidy(axes)
    save(plot, PICTURES / "time-to-accuracy.png")


def draw_throughput(throughput: dict[str, Any]) -> None:
    plot = figure(9, 3.8)
    left, right = plot.subplots(1, 2)
    for name, label, color, style in (
        ("onnx", "ONNX Runtime, float", INK, "-"),
        ("onnx_int8", "ONNX Runtime, int8", ACCENT, "-"),
        ("tensorflow_compiled", "TensorFlow, compiled", MUTED, "-"),
        ("keras_predict", "Keras predict", MUTED, "--"),
    ):
        rows = throughput[name]
        batches = [row["batch"] for row in rows]
        latencies = [row["milliseconds"]["median"] for row in rows]
        rates = [row["digits_per_second"] for row in rows]
        shape = {"color": color, "linestyle": style, "marker": "o", "markersize": 3.5}
        left.plot(batches, latencies, label=label, **shape)
        right.plot(batches, rates, label=label, **shape)
    for axes, title, unit in ((left, "Latency", "ms"), (right, "Throughput", "digits a second")):
        axes.set_xscale("log", base=4)
        axes.set_yscale("log")
        axes.set_xticks([row["batch"] for row in throughput["onnx"]])
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
        axes.set_xlabel("digits at once")
        axes.set_ylabel(unit)
        axes.set_title(title, loc="left", fontweight="bold")
        tidy(axes)
    left.legend(frameon=False)
    save(plot, PICTURES / "throughput.png")


def _read(name: str) -> dict[str, Any]:
    result: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    return result


if __name__ == "__main__":
    main()

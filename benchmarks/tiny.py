"""Claim: 99.5 % in 13 kB of int8 weights, 99.0 % in 5 kB, as means over seeds.

The recipes ``tiny`` and ``tiniest`` as they are; each seed looks at the test set once, when it is
over. Then each network is exported in int8, to ONNX and to full-integer TensorFlow Lite, with
calibration digits of the training set, and the accuracy is that of the written file. The bytes are
of weights and biases in the ``.tflite`` file.

    python benchmarks/tiny.py [--seeds 5] [--runs runs/benchmarks]
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from _common import report, summary
from _runs import members, trained

from inkdigits import Run, load_mnist
from inkdigits.export import Format, Measured, Quantisation, export_as, measure

FORMATS = (Format.TFLITE, Format.ONNX)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--runs", type=Path, default=Path("runs", "benchmarks"))
    arguments = parser.parse_args()
    report(
        "tiny",
        "recipe tiny: 99.5 % or more in 13 kB of int8 weights; recipe tiniest: 99 % in 5 kB",
        {
            name: figures_of(trained(name, arguments.runs, arguments.seeds))
            for name in ("tiny", "tiniest")
        },
    )


def figures_of(run: Run) -> dict[str, Any]:
    singles = members(run)
    written = {form: [exported(single, form) for single in singles] for form in FORMATS}
    return {
        "parameters": singles[0].metrics["parameters"],
        "multiply_adds": singles[0].metrics["multiply_adds"],
        "fit_seconds": summary([single.metrics["seconds"] for single in singles]),
        "float_test_accuracy": summary([single.metrics["test_accuracy"] for single in singles]),
        **{
            str(form): {
                "test_accuracy": summary([file.accuracy for file in files]),
                "weight_bytes": files[0].weight_bytes,
                "file_bytes": files[0].bytes,
            }
            for form, files in written.items()
        },
    }


def exported(run: Run, form: Format) -> Measured:
    digits, test = load_mnist()
    network = run.network()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"tiny.{form}")
        export_as(network, path, run.card(run.metrics), form, Quantisation.INT8, digits)
        return measure(path, form, network, digits, test)


if __name__ == "__main__":
    main()

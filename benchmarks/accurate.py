"""Aim: 99.78 % on MNIST's test set as the mean over seeds of one network, 99.82 % of five.

And of one network that learned from those five.

The recipe ``accurate`` as it is: each seed trains on 58,800 digits for a number of epochs that was
chosen beforehand, keeps what the last epoch leaves, and looks at the test set once, when it is
over. The ensemble is the mean of the networks' probabilities. It takes two hours on two cores;
the runs stay in a folder, and the script goes on where it was cut off.

    python benchmarks/accurate.py [--seeds 5] [--taught 1] [--runs runs/benchmarks]
"""

import argparse
import itertools
from pathlib import Path

import numpy as np
from _common import report, summary
from _runs import members, trained

from inkdigits import Reader, load_mnist


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--taught", type=int, default=1)
    parser.add_argument("--runs", type=Path, default=Path("runs", "benchmarks"))
    arguments = parser.parse_args()
    if arguments.seeds < 2:
        parser.error("--seeds: an ensemble has two members or more")
    run = trained("accurate", arguments.runs, arguments.seeds)
    singles = members(run)
    test = load_mnist()[1]
    each = [Reader(single.model_path).classify(test.images) for single in singles]
    all_but_one = itertools.combinations(each, len(each) - 1)
    taught = members(trained("accurate", arguments.runs, arguments.taught, teacher=run))
    report(
        "accurate",
        "recipe accurate, one network, the mean of several, and one that learned from them",
        {
            "test_accuracy": summary([single.metrics["test_accuracy"] for single in singles]),
            "fit_seconds": summary([single.metrics["seconds"] for single in singles]),
            "parameters": singles[0].metrics["parameters"],
            "multiply_adds": singles[0].metrics["multiply_adds"],
            "epochs": singles[0].metrics["epochs"],
            "ensemble_of": len(singles),
            "ensemble_test_accuracy": run.metrics["test_accuracy"],
            "ensembles_without_one": summary(
                [accuracy(np.mean(some, axis=0), test.require_labels()) for some in all_but_one]
            ),
            "taught_test_accuracy": summary([single.metrics["test_accuracy"] for single in taught]),
            "taught_fit_seconds": summary([single.metrics["seconds"] for single in taught]),
        },
    )


def accuracy(probabilities: np.ndarray, labels: np.ndarray) -> float:
    return float(np.mean(probabilities.argmax(axis=1) == labels))


if __name__ == "__main__":
    main()

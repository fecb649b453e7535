"""Claim: the reference recipe takes at most 0.7 × the time of plain Keras, and is as accurate.

Both train the reference CNN for 12 epochs on the same 54,000 digits in one process, one after the
other, seed by seed. Plain Keras is ``model.fit(x, y, batch_size=128, epochs=12)`` with its
defaults, in float32, without validation. Ours validates and writes a checkpoint and the
history after each epoch too. Both are measured on the test set, once,
at the end.

    python benchmarks/training.py [--seeds 3] [--epochs 12]
"""

import argparse
import statistics
import time

from _common import report, summary
from _fits import accuracy, plain_keras, time_ours

from inkdigits import Dataset, Recipe, add_channel, load_mnist, one_hot, scale
from inkdigits.training.precision import settle_precision


def time_plain(fitting: Dataset, test: Dataset, epochs: int, seed: int) -> tuple[float, float]:
    network = plain_keras(seed)
    x, y = add_channel(scale(fitting.images)), one_hot(fitting.require_labels())
    start = time.perf_counter()
    network.fit(x, y, batch_size=128, epochs=epochs, verbose=0)
    return time.perf_counter() - start, accuracy(network, test)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=12)
    arguments = parser.parse_args()
    train, test = load_mnist()
    ours, plain = [], []
    for seed in range(arguments.seeds):
        recipe = Recipe(epochs=arguments.epochs, seed=seed)
        fitting, validation = recipe.split(train)
        ours.append(time_ours(recipe, fitting, validation, test))
        plain.append(time_plain(fitting, test, arguments.epochs, seed))
        print(f"seed {seed}: ours {ours[-1]}, plain {plain[-1]}", flush=True)
    ratios = [our[0] / their[0] for our, their in zip(ours, plain, strict=True)]
    report(
        "training",
        "reference recipe: at most 0.7 x the time of plain Keras, test accuracy 99.1 % or more",
        {
            "epochs": arguments.epochs,
            "precision": settle_precision(Recipe()).precision,
            "time_ratio": summary(ratios),
            "ours_seconds": summary([seconds for seconds, _ in ours]),
            "plain_seconds": summary([seconds for seconds, _ in plain]),
            "ours_test_accuracy": summary([score for _, score in ours]),
            "plain_test_accuracy": summary([score for _, score in plain]),
            "accuracy_difference": statistics.fmean(s for _, s in ours)
            - statistics.fmean(s for _, s in plain),
        },
    )


if __name__ == "__main__":
    main()

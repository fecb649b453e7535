"""Claim: ONNX Runtime classifies faster than Keras at every batch size.

One network, built as the packaged one is, in one process, turn by turn: our `Classifier` with the
``.onnx`` file in float and in int8, the same network in a compiled TensorFlow call, and Keras'
``model.predict``. Digits go in as bytes each time, and what each way needs to scale them counts.

    python benchmarks/throughput.py [--repeats 5]
"""

import argparse
import functools
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from _common import report, seconds_each, summary

from inkdigits import Recipe, add_channel, build, load_mnist, scale
from inkdigits._keras import keras
from inkdigits.export import export_onnx, quantise_onnx
from inkdigits.reading import Classifier, ModelCard

BATCHES = (1, 4, 16, 64, 256, 1024, 4096)
SECONDS = 0.3
"""About how long a way is called at a batch size, each time it has its turn."""

Call = Callable[[np.ndarray], object]


def ways(folder: Path) -> dict[str, Call]:
    recipe = Recipe.load("reader")
    network = build(recipe.network, **recipe.options)
    card = ModelCard.of_unknown("reader", network.count_params())
    export_onnx(network, folder / "float.onnx", card)
    quantise_onnx(folder / "float.onnx", folder / "int8.onnx", "int8")
    return {
        "onnx": Classifier(folder / "float.onnx"),
        "onnx_int8": Classifier(folder / "int8.onnx"),
        "tensorflow_compiled": _compiled(network),
        "keras_predict": lambda images: network.predict(
            add_channel(scale(images)), batch_size=1024, verbose=0
        ),
    }


def _compiled(network: keras.Model) -> Call:
    import tensorflow as tf

    call = tf.function(
        lambda images: network(images, training=False),
        input_signature=[tf.TensorSpec((None, 28, 28, 1), tf.float32)],
    )
    return lambda images: call(tf.constant(add_channel(scale(images)))).numpy()


def seconds_a_call(call: Call, images: np.ndarray) -> float:
    classify = functools.partial(call, images)
    count = max(1, min(2000, round(SECONDS / seconds_each(classify, calls=1))))
    return seconds_each(classify, calls=count)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    images = load_mnist()[1].images
    with tempfile.TemporaryDirectory() as folder:
        calls = ways(Path(folder))
        for call in calls.values():
            call(images[:2000])  # compile, and find the memory
        times: dict[str, dict[int, list[float]]] = {
            name: {n: [] for n in BATCHES} for name in calls
        }
        for _ in range(repeats):
            for batch in BATCHES:
                for name, call in calls.items():
                    times[name][batch].append(seconds_a_call(call, images[:batch]))
    report(
        "throughput",
        "the packaged network, by batch size: faster in ONNX Runtime than in Keras or TensorFlow",
        {
            name: [
                {
                    "batch": batch,
                    "milliseconds": summary([1e3 * value for value in values]),
                    "digits_per_second": batch / summary(values)["median"],
                }
                for batch, values in by_batch.items()
            ]
            for name, by_batch in times.items()
        },
    )


if __name__ == "__main__":
    main()

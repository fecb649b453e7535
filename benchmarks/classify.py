"""Claim: `Reader.classify` with the reference CNN takes at most 60 µs for one digit and does 50,000
a second in batches.

Beside it, the same network under Keras: `model.predict` and a compiled call, in the same process.
The packaged network, of five times as many multiply-adds, is timed too, and reading a whole picture
with it: a PNG of 320×240 pixels, from its bytes.

    python benchmarks/classify.py [--repeats 15]
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

from _common import report, seconds_each, summary

from inkdigits import Reader, add_channel, build, load_mnist, scale
from inkdigits._keras import keras
from inkdigits._processors import available_threads
from inkdigits.export import export_onnx
from inkdigits.reading import ModelCard

PICTURE = Path(__file__).parent.parent / "docs" / "pictures" / "seven.png"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=15)
    repeats = parser.parse_args().repeats

    images = load_mnist()[1].images
    picture = PICTURE.read_bytes()
    one, one_scaled = images[:1], add_channel(scale(images[:1]))
    network = build("reference")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "reference.onnx")
        export_onnx(network, path, ModelCard.of_unknown("reference", network.count_params()))
        reference = Reader(path)
    packaged = Reader()
    jitted = _compiled_call(network)

    figures: dict[str, list[float]] = {
        "one_digit_microseconds": [],
        "digits_per_second": [],
        "packaged_one_digit_microseconds": [],
        "packaged_digits_per_second": [],
        "read_picture_milliseconds": [],
        "keras_predict_one_digit_microseconds": [],
        "keras_compiled_one_digit_microseconds": [],
        "keras_predict_digits_per_second": [],
    }
    scaled = add_channel(scale(images))
    for _ in range(repeats):
        figures["one_digit_microseconds"].append(
            1e6 * seconds_each(lambda: reference.classify(one), calls=3000)
        )
        figures["digits_per_second"].append(
            len(images) / seconds_each(lambda: reference.classify(images), calls=3)
        )
        figures["packaged_one_digit_microseconds"].append(
            1e6 * seconds_each(lambda: packaged.classify(one), calls=500)
        )
        figures["packaged_digits_per_second"].append(
            len(images) / seconds_each(lambda: packaged.classify(images), calls=1)
        )
        figures["read_picture_milliseconds"].append(
            1e3 * seconds_each(lambda: packaged.read(picture), calls=50)
        )
        figures["keras_predict_one_digit_microseconds"].append(
            1e6 * seconds_each(lambda: network.predict(one_scaled, verbose=0), calls=5)
        )
        figures["keras_compiled_one_digit_microseconds"].append(
            1e6 * seconds_each(lambda: jitted(one_scaled), calls=300)
        )
        figures["keras_predict_digits_per_second"].append(
            len(images)
            / seconds_each(lambda: network.predict(scaled, batch_size=1000, verbose=0), calls=1)
        )
    report(
        "classify",
        "Reader.classify, reference CNN: at most 60 microseconds for one digit, 50,000 a second",
        {
            "threads": available_threads(),
            "predict_over_ours_one_digit": summary(figures["keras_predict_one_digit_microseconds"])[
                "median"
            ]
            / summary(figures["one_digit_microseconds"])["median"],
            "ours_over_predict_in_batches": summary(figures["digits_per_second"])["median"]
            / summary(figures["keras_predict_digits_per_second"])["median"],
            **{name: summary(values) for name, values in figures.items()},
        },
    )


def _compiled_call(network: keras.Model) -> Callable[[object], object]:
    import tensorflow as tf

    return tf.function(lambda images: network(images, training=False))


if __name__ == "__main__":
    main()

"""The other way to read many digits: one fully convolutional network over the whole page.

Claim: on synthesised pages (n = 400) it makes little more than half the errors of the shipped way,
a best path through cuts; on real pictures (n = 880) it makes more.

Trains a small network on synthesised pages of MNIST training digits: at every fourth pixel it says
which digit has its centre there, or that none has. The digits are the peaks of that map. It is
measured beside the shipped way (over-segmentation and a best path) on the same pages of validation
digits and, given a folder as `pictures.py` takes it, on real pictures.

    python benchmarks/fully_convolutional.py [--steps 3000] [--crops 12000] [--pages 400]
        [--real FOLDER]
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from _common import report
from pages import edit_distance
from pictures import read_labels, score

from inkdigits import Reader, load_mnist
from inkdigits._keras import keras
from inkdigits.reading import Box
from inkdigits.reading.ink import find_ink
from inkdigits.reading.lines import usual_height, write_in_lines
from inkdigits.reading.marks import find_marks
from inkdigits.reading.picture import decode
from inkdigits.synthesis import PageWriter, SyntheticPage

CELL = 4  # pixels: one answer for each square of this side
CROP = (96, 192)
HEIGHT = 24.0  # pixels: what digits are scaled to
NONE = 10
BATCH = 24


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--crops", type=int, default=12_000)
    parser.add_argument("--pages", type=int, default=400)
    parser.add_argument("--real", type=Path)
    asked = parser.parse_args()

    fitting, validation = load_mnist()[0].split(0.1, seed=0)
    began = time.perf_counter()
    network = train(PageWriter(fitting), asked.crops, asked.steps)
    seconds = time.perf_counter() - began

    writer, rng = PageWriter(validation), np.random.default_rng(40)
    pages = [page for page in (writer.write(rng) for _ in range(asked.pages)) if page.text]
    reader = Reader()
    ways: dict[str, Callable[[Any], str]] = {
        "fully_convolutional": lambda pixels: read(network, pixels, reader),
        "best_path": lambda pixels: "".join(str(d.digit) for d in reader.read(pixels).digits),
    }
    figures = {way: measure(read_page, pages) for way, read_page in ways.items()}
    if asked.real:
        labels = read_labels(asked.real)
        pictures = [decode(asked.real / label["path"]).pixels for label in labels]
        for way, read_page in ways.items():
            figures[way]["real"] = score(labels, map(read_page, pictures))
    report(
        "fully_convolutional",
        "A network that sees the whole page reads synthesised pages better, and real ones worse",
        {
            "pages": len(pages),
            "steps": asked.steps,
            "parameters": network.count_params(),
            "seconds_of_training": seconds,
            **figures,
        },
    )


def measure(read_page: Callable[[Any], str], pages: list[SyntheticPage]) -> dict[str, Any]:
    figures: dict[str, list[tuple[int, int]]] = {"all": []}
    began = time.perf_counter()
    for page in pages:
        wanted = page.text.replace("\n", "")
        errors = min(edit_distance(read_page(page.pixels), wanted), len(wanted))
        for trait in ("all", *page.traits):
            figures.setdefault(trait, []).append((errors, len(wanted)))
    return {
        "milliseconds_a_page": 1000 * (time.perf_counter() - began) / len(pages),
        "by_trait": {
            trait: {
                "pages": len(rows),
                "exact": float(np.mean([errors == 0 for errors, _ in rows])),
                "digit_error_rate": sum(e for e, _ in rows) / sum(n for _, n in rows),
            }
            for trait, rows in sorted(figures.items())
        },
    }


def build() -> keras.Model:
    layers = keras.layers
    x = image = keras.Input((None, None, 1))
    for filters, stride, dilation in (
        *((16, 1, 1), (32, 2, 1), (32, 1, 1), (64, 2, 1), (64, 1, 1)),
        *((96, 1, 2), (96, 1, 1), (96, 1, 2), (128, 1, 1)),
    ):
        x = layers.Conv2D(
            filters, 3, strides=stride, dilation_rate=dilation, padding="same", use_bias=False
        )(x)
        x = layers.BatchNormalization(momentum=0.97)(x)
        x = layers.Activation("relu")(x)
    return keras.Model(image, layers.Conv2D(NONE + 1, 1, dtype="float32")(x))


def train(writer: PageWriter, crops: int, steps: int) -> keras.Model:
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(3)
    images, labels, weights = (
        np.stack(part) for part in zip(*(sample(writer, rng) for _ in range(crops)), strict=True)
    )
    keras.config.set_dtype_policy("mixed_bfloat16")
    network = build()
    warm_up = steps // 5
    schedule = keras.optimizers.schedules.CosineDecay(
        2e-4, steps - warm_up, warmup_target=3e-3, warmup_steps=warm_up
    )
    network.compile(
        keras.optimizers.AdamW(schedule, weight_decay=0.01),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        steps_per_execution=8,
    )
    epochs = max(1, round(steps * BATCH / crops))
    network.fit(
        images[..., None] * np.float32(1 / 255), labels, BATCH, epochs, 2, sample_weight=weights
    )
    keras.config.set_dtype_policy("float32")
    in_float32 = build()
    in_float32.set_weights(network.get_weights())
    return in_float32


def sample(writer: PageWriter, rng: np.random.Generator) -> tuple[npt.NDArray[Any], ...]:
    """Return a crop of a page, what its cells show, and how much each cell counts."""
    page = writer.write(rng)
    while not page.boxes:
        page = writer.write(rng)
    zoom = HEIGHT * float(rng.uniform(0.7, 1.4)) / usual_height(page.boxes)
    ink = contrast(page.pixels, zoom)
    y0 = int(rng.integers(0, max(1, ink.shape[0] - CROP[0] + 1)))
    x0 = int(rng.integers(0, max(1, ink.shape[1] - CROP[1] + 1)))
    image = np.zeros(CROP, np.uint8)
    crop = ink[y0 : y0 + CROP[0], x0 : x0 + CROP[1]]
    image[: crop.shape[0], : crop.shape[1]] = crop
    cells = (CROP[0] // CELL, CROP[1] // CELL)
    labels, weights = np.full(cells, NONE, np.int32), np.ones(cells, np.float32)
    rows, columns = np.mgrid[: cells[0], : cells[1]]
    for box, digit in zip(page.boxes, page.text.replace("\n", ""), strict=True):
        x = ((box.x + box.width / 2) * zoom - x0) / CELL - 0.5
        y = ((box.y + box.height / 2) * zoom - y0) / CELL - 0.5
        size = usual_height([box]) * zoom / CELL
        away = np.hypot(rows - y, columns - x)
        centre = away <= max(0.16 * size, 0.8)
        weights[(away <= 0.32 * size) & (labels == NONE)] = 0
        labels[centre], weights[centre] = int(digit), 6
    return image, labels, weights


def contrast(pixels: npt.NDArray[np.uint8], zoom: float) -> npt.NDArray[np.uint8]:
    ink = find_ink(pixels)
    full = np.clip(ink.contrast * (255 / max(ink.full, 8.0)), 0, 255).astype(np.uint8)
    interpolation = cv2.INTER_AREA if zoom < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(full, None, fx=zoom, fy=zoom, interpolation=interpolation))


def read(network: keras.Model, pixels: npt.NDArray[np.uint8], reader: Reader) -> str:
    """Read a page: scale it by the size of its marks, find the peaks, put them in order.

    The reader helps to tell marks from ruled lines, which say nothing of how large digits are.
    """
    marks = find_marks(find_ink(pixels), reader._is_digit)
    if not marks:
        return ""
    ink = contrast(pixels, HEIGHT / usual_height([mark.box for mark in marks]))
    padded = np.pad(ink, [(0, -side % 8) for side in ink.shape])
    logits = keras.ops.convert_to_numpy(network(padded[None, :, :, None] * np.float32(1 / 255)))[0]
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    chance = exponentials / exponentials.sum(axis=-1, keepdims=True)
    seen = cv2.GaussianBlur((1 - chance[..., NONE]).astype(np.float32), (0, 0), 0.7)
    boxes, digits = [], []
    apart = round(0.3 * HEIGHT / CELL)
    while seen.max() > 0.35:
        y, x = np.unravel_index(int(seen.argmax()), seen.shape)
        near = chance[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2, :NONE]
        digits.append(int(near.sum(axis=(0, 1)).argmax()))
        half = HEIGHT / CELL / 2
        boxes.append(Box(int(x - half * 0.7), int(y - half), int(half * 1.4), int(2 * half)))
        seen[max(0, y - 2 * apart) : y + 2 * apart + 1, max(0, x - apart) : x + apart + 1] = 0
    return "".join(str(digits[i]) for line in write_in_lines(boxes) for i in line)


if __name__ == "__main__":
    main()

"""Another network, augmentation, a schedule: a recipe says it all, and can be kept in a file."""

import numpy as np

from inkdigits import Augmentation, Recipe, load_mnist, train

recipe = Recipe(
    network="resnet",
    options={"filters": [8, 16], "blocks": 1, "activation": "relu"},
    epochs=2,
    learning_rate=0.004,
    schedule="one-cycle",
    augment=Augmentation(rotation=12, shift=2, thickness=0),
    ema=0.98,
    patience=5,
)
recipe.save("mine.toml")
assert Recipe.load("mine.toml") == recipe

digits, test = load_mnist()  # and only some of it, so that this takes a moment
run = train(Recipe.load("mine.toml"), digits.take(np.arange(2_000)), test=test)
print(run.folder, run.metrics["test_accuracy"])

"""The steps behind `train`, one by one, with plain Keras in between."""

import numpy as np

from inkdigits import add_channel, build, evaluate, load_mnist, one_hot, scale

digits, test = load_mnist()
fitting, validation = digits.take(np.arange(6_000)).split(0.1, seed=0)

x, y = add_channel(scale(fitting.images)), one_hot(fitting.require_labels())
print(x.shape, x.dtype, y.shape)  # (5400, 28, 28, 1) float32 (5400, 10)

network = build("reference", dropout=0.4)
network.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
network.fit(x, y, batch_size=128, epochs=2, verbose=2)


def classify(images):
    return network.predict(add_channel(scale(images)), verbose=0)


print(f"validation accuracy {evaluate(classify, validation).accuracy:.2%}")

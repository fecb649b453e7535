"""Train the reference CNN, look at what came of it, and read with it."""

import numpy as np

from inkdigits import Reader, Recipe, evaluate, load_mnist, train

digits, test = load_mnist()
digits = digits.take(np.arange(6_000))  # a tenth, to be quick; leave this out for the real thing
recipe = Recipe(epochs=3, seed=1)

run = train(recipe, digits, test=test, folder="runs/example")
print(run.metrics["test_accuracy"], run.history[-1].val_accuracy)

reader = Reader(run.model_path)
print(evaluate(reader.classify, test).confusion_matrix)
network = run.network()  # the Keras model, for whatever Keras can do
network.summary()

assert run.metrics["test_accuracy"] > 0.9

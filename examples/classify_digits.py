"""Classify digits that are framed as MNIST's are: thousands at a time."""

from inkdigits import Reader, evaluate, load_mnist

_, test = load_mnist()
reader = Reader()
probabilities = reader.classify(test.images)  # uint8 (10000, 28, 28) to float32 (10000, 10)
print(probabilities[0].argmax(), probabilities[0].max())

# `evaluate` takes any such function: yours, too.
evaluation = evaluate(reader.classify, test)
print(f"accuracy {evaluation.accuracy:.2%}, loss {evaluation.loss:.4f}")
print("most confidently wrong:", evaluation.misread(5))

assert evaluation.accuracy > 0.99

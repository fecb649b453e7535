"""One file that any ONNX runtime can use, and that says what it is."""

from inkdigits import Reader, build, export_onnx
from inkdigits.reading import ModelCard

network = build("vgg", filters=[8, 16])  # trained, usually
card = ModelCard.of_unknown("my network", parameters=network.count_params())
difference = export_onnx(network, "mine.onnx", card)
print(f"within {difference:.1e} of Keras on 1,000 digits")

reader = Reader("mine.onnx")
print(reader.card)

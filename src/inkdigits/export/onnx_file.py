"""Export a network to one ``.onnx`` file that says what it is, and check it against Keras."""

import logging
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx

from inkdigits._files import scratch
from inkdigits._keras import keras
from inkdigits.datasets import Dataset, load_mnist
from inkdigits.errors import ModelError
from inkdigits.export.checked import cannot_be_done, write_checked
from inkdigits.export.formats import Quantisation
from inkdigits.export.operations import teach_operations
from inkdigits.export.quantise import put_card, quantise_onnx
from inkdigits.networks import as_classifier, gives_logits
from inkdigits.networks.saved import save_network
from inkdigits.reading import Classifier, ModelCard
from inkdigits.reading.classifier import Classify
from inkdigits.reading.model_file import MAX_BYTES

__all__ = ["check_size", "export_onnx", "load", "weights", "write"]

_CHECKED_DIGITS = 1_000
_MAX_DIFFERENCE = 1e-4
_GRAPH_BYTES = 1 << 20  # more than what a file holds besides its weights


def export_onnx(network: keras.Model, path: str | Path, card: ModelCard) -> float:
    """Export a network of digits to ``.onnx``, and compare it with Keras on 1,000 MNIST digits.

    The file takes `images`, float32 ``(N, 28, 28, 1)``, 0 to 1, and gives `probabilities` or
    `logits` ``(N, 10)``, as the network does; its metadata is the card. Nothing is left at `path`
    unless the comparison holds.

    Args:
        network: in float32.
        path: of the file.
        card: what the file shall say about itself.

    Returns:
        The greatest difference between a probability of Keras' and one of the file's.

    Raises:
        ModelError: the file would differ from Keras by more than 1e-4, a layer has no form in ONNX,
            or the network gives no probabilities.
        OSError: the disk refuses.
    """
    difference = 0.0

    def convert(temporary: Path) -> None:
        try:
            _convert(network, temporary, card)
        except (OSError, MemoryError, ModelError):
            raise
        except Exception as error:  # the converter raises whatever its parts raise
            raise cannot_be_done(path, "ONNX", error) from error

    def compare(temporary: Path) -> None:
        nonlocal difference
        difference = _compare(network, temporary)
        if not difference <= _MAX_DIFFERENCE:
            raise ModelError(
                f"{path} was not written: its probabilities differ from Keras' by "
                f"{difference:.2g}, more than {_MAX_DIFFERENCE:g}"
            )

    write_checked(Path(path), convert, compare)
    return difference


def check_size(parameters: int) -> None:
    """Make sure that a network's ``.onnx`` file will be read, before the network is trained.

    Args:
        parameters: of the network, of all its members together.

    Raises:
        ModelError: the file would be larger than `MAX_BYTES`.
    """
    if 4 * parameters + _GRAPH_BYTES > MAX_BYTES:
        raise ModelError(
            f"a network of {parameters:,} parameters would make an .onnx file larger than "
            f"{MAX_BYTES >> 20} MiB, which is not read; make it smaller, or have fewer members"
        )


def write(
    network: keras.Model, path: Path, card: ModelCard, quantise: Quantisation, dataset: Dataset
) -> None:
    """Write a network to a ``.onnx`` file, as `Exporter` says."""
    if quantise is Quantisation.NONE:
        export_onnx(network, path, card)
        return
    with scratch() as folder:
        whole = folder / path.name
        try:
            export_onnx(network, whole, card)
        except ModelError as error:  # it names a file that nobody knows
            raise ModelError(str(error).replace(str(whole), str(path))) from error
        quantise_onnx(whole, path, quantise, dataset)


def load(path: Path) -> Classify:
    """Load a ``.onnx`` file to classify with, as `Exporter` says."""
    return Classifier(path)


def weights(path: Path) -> Iterator[int]:
    """Yield the bytes of the weights in a ``.onnx`` file, as `Exporter` says."""
    graph = onnx.load(path).graph
    scales = {
        name
        for node in graph.node
        if node.op_type in ("QuantizeLinear", "DequantizeLinear")
        for name in node.input[1:]
    }
    for tensor in graph.initializer:
        is_shape = tensor.data_type == onnx.TensorProto.INT64
        if tensor.dims and tensor.name not in scales and not is_shape:
            yield onnx.numpy_helper.to_array(tensor).nbytes


def _convert(network: keras.Model, path: Path, card: ModelCard) -> None:
    if keras.backend.backend() == "tensorflow":
        _export(network, path)
    else:
        _export_in_tensorflow(network, path)
    model = onnx.load(path)
    _rename_output(model.graph, "logits" if gives_logits(network) else "probabilities")
    _fold_shapes(model)
    put_card(model, card)
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString())


def _export(network: keras.Model, path: Path) -> None:
    signature = [keras.InputSpec(shape=(None, 28, 28, 1), dtype="float32", name="images")]
    logging.getLogger("tf2onnx").setLevel(logging.CRITICAL)
    teach_operations()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # Keras asks NumPy for a name it dropped
        network.export(path, format="onnx", input_signature=signature, verbose=False)


def _export_in_tensorflow(network: keras.Model, path: Path) -> None:
    """Export from another backend: Keras' way from TensorFlow is the one that is known to be sound.

    From JAX it needs a converter whose max-pooling ONNX Runtime refuses.
    """
    saved = path.with_suffix(".keras")
    save_network(network, saved)
    code = (
        "import sys; from pathlib import Path;"
        "from inkdigits.export.onnx_file import _export;"
        "from inkdigits.networks.saved import load_network;"
        "_export(load_network(Path(sys.argv[1])), Path(sys.argv[2]))"
    )
    process = subprocess.run(  # noqa: S603  (our own code in our own Python)
        [sys.executable, "-c", code, str(saved), str(path)],
        env={**os.environ, "KERAS_BACKEND": "tensorflow"},
        capture_output=True,
        text=True,
        check=False,
    )
    if process.returncode:
        why = (process.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise ModelError(f"the network could not be exported through TensorFlow: {why}")


def _rename_output(graph: onnx.GraphProto, name: str) -> None:
    before = graph.output[0].name
    graph.output[0].name = name
    for node in graph.node:
        for names in (node.input, node.output):
            for position, value in enumerate(names):
                if value == before:
                    names[position] = name


def _fold_shapes(model: onnx.ModelProto) -> None:
    """Give each Reshape a constant shape where all but the batch is known.

    The converter lets Flatten work its shape out anew at each call: six small steps, a tenth of the
    time that one digit takes.
    """
    graph = model.graph
    inferred = onnx.shape_inference.infer_shapes(model, data_prop=True).graph.value_info
    sizes = {
        value.name: [axis.dim_value for axis in value.type.tensor_type.shape.dim]
        for value in inferred
    }
    constants = {tensor.name for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type != "Reshape" or node.input[1] in constants:
            continue
        batch, *others = sizes.get(node.output[0], [0, 0])
        if batch == 0 and all(others):
            name = f"{node.output[0]}_shape"
            shape = np.array([-1, *others], np.int64)
            graph.initializer.append(onnx.numpy_helper.from_array(shape, name))
            node.input[1] = name
    _remove_unused(graph)


def _remove_unused(graph: onnx.GraphProto) -> None:
    """Remove what no output depends on."""
    needed = {output.name for output in graph.output}
    for node in reversed(graph.node):  # nodes stand in the order they run in
        if needed.intersection(node.output):
            needed.update(node.input)
    nodes = [node for node in graph.node if needed.intersection(node.output)]
    tensors = [tensor for tensor in graph.initializer if tensor.name in needed]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend(tensors)


def _compare(network: keras.Model, path: Path) -> float:
    images = load_mnist()[0].images[:_CHECKED_DIGITS]
    ours = Classifier(path)(images)
    return float(np.abs(ours - as_classifier(network)(images)).max())

"""Count the bytes of the weights in a file, whatever its format."""

from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

from inkdigits._quiet import silenced
from inkdigits.errors import import_extra
from inkdigits.export.formats import Format

__all__ = ["weight_bytes"]


def weight_bytes(path: Path, form: Format) -> int:
    """Return the bytes of the weights and biases in an exported file.

    What only says how to read them does not count: names, shapes, scales, the card.

    Args:
        path: of a file that InkDigits exported.
        form: its format.
    """
    match form:
        case Format.ONNX:
            return sum(_of_onnx(path))
        case Format.TFLITE:
            return sum(_of_tflite(path))
        case Format.SAVED_MODEL:
            return sum(_of_saved_model(path))
        case Format.KERAS:
            from inkdigits.networks.saved import load_network

            return sum(weights.nbytes for weights in load_network(path).get_weights())


def _of_onnx(path: Path) -> Iterator[int]:
    import onnx

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


def _of_tflite(path: Path) -> Iterator[int]:
    schema: Any = import_extra("ai_edge_litert.schema_py_generated")
    model = schema.ModelT.InitFromPackedBuf(path.read_bytes(), 0)
    for tensor in model.subgraphs[0].tensors:
        data, quantised = model.buffers[tensor.buffer].data, tensor.quantization
        is_scaled = quantised is not None and quantised.scale is not None
        is_shape = tensor.type == schema.TensorType.INT32 and not is_scaled
        if data is not None and not is_shape:
            yield len(data)


def _of_saved_model(path: Path) -> Iterator[int]:
    import tensorflow as tf

    with silenced():
        checkpoint = tf.train.load_checkpoint(str(path / "variables" / "variables"))
    shapes = checkpoint.get_variable_to_shape_map()
    for name, dtype in checkpoint.get_variable_to_dtype_map().items():
        if dtype.is_floating:  # or else the state of a dropout's generator, or the file's own notes
            yield prod(shapes[name]) * dtype.size

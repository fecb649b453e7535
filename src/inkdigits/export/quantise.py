"""Round the weights of an ``.onnx`` file to 8 bits: a quarter of the size."""

import contextlib
import errno
import logging
import os
import shutil
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx

from inkdigits._files import scratch
from inkdigits.datasets import Dataset, add_channel, scale
from inkdigits.errors import ModelError
from inkdigits.export.calibration import some_digits
from inkdigits.export.checked import check_probabilities, write_checked
from inkdigits.export.formats import Quantisation
from inkdigits.reading import Classifier, ModelCard

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["put_card", "quantise_onnx"]

_BATCH = 100
_COPIES = 4  # of a model that ONNX Runtime has on the disk at once, while it quantises


def quantise_onnx(
    source: str | Path,
    path: str | Path,
    quantise: Quantisation | str,
    dataset: Dataset | None = None,
) -> None:
    """Write a quantised copy of an ``.onnx`` file that InkDigits exported.

    ``int8`` rounds weights and activations (static, QDQ: each channel of the weights has its own
    scale, and zero stays zero). Its weights take 7 of the 8 bits, because x86 processors without
    VNNI add pairs of products in 16 bits, which two of 8 bits overflow: so the file answers alike
    everywhere. What dense layers give stays in float, and so does a softmax, and what follows one:
    probabilities in steps of 1/256 would not sum to 1.

    ``dynamic`` rounds only the weights in the file; each call measures its own activations. So it
    needs no digits, but an answer depends a little on which digits are classified together, and
    it is slower than float. Weights are unsigned: ONNX Runtime takes several times as long for
    signed ones.

    Input, outputs and card stay as they are, but for the card's `quantisation`.

    Args:
        source: an ``.onnx`` file in float32.
        path: of the new file, written whole or not at all.
        quantise: ``int8`` or ``dynamic``.
        dataset: 1,000 of its digits tell ``int8`` how large activations become; MNIST's training
            set by default. Test digits shall stay unseen.

    Example:
        >>> quantise_onnx("model.onnx", "model-int8.onnx", "int8")  # doctest: +SKIP

    Raises:
        ModelError: `source` is no sound model, is quantised already, or cannot be quantised.
        OSError: the disk refuses.
        ValueError: `quantise` is neither.

    Source: B. Jacob et al., "Quantization and Training of Neural Networks for Efficient
    Integer-Arithmetic-Only Inference", 2018.
    """
    how = Quantisation(quantise)
    if how is Quantisation.NONE:
        raise ValueError("quantise must be dynamic or int8")
    source, path = Path(source), Path(path)
    card = Classifier(source).card  # refuses what is not sound
    if card.quantisation != Quantisation.NONE:
        raise ModelError(f"{source} is quantised already: {card.quantisation}")
    try:
        with scratch() as folder, _quietly():
            model = _quantised(source.read_bytes(), folder, how, dataset)
    except (OSError, ModelError):
        raise
    except Exception as error:  # ONNX Runtime's own kinds share no narrower base
        why = str(error).strip().split("\n", 1)[0]
        raise ModelError(f"{path} was not written: ONNX Runtime cannot: {why}") from error
    put_card(model, replace(card, quantisation=str(how)))
    write_checked(
        path,
        lambda temporary: temporary.write_bytes(model.SerializeToString()),
        lambda written: check_probabilities(Classifier(written), written),
    )


def put_card(model: onnx.ModelProto, card: ModelCard) -> None:
    """Have a model say what it is."""
    model.producer_name, model.producer_version = "InkDigits", card.version
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, card.to_metadata())


def _quantised(
    model: bytes, folder: Path, how: Quantisation, dataset: Dataset | None
) -> onnx.ModelProto:
    from onnxruntime import quantization
    from onnxruntime.quantization.shape_inference import quant_pre_process

    if shutil.disk_usage(folder).free < _COPIES * len(model):  # a full disk truncates them unseen
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    whole, prepared, path = (folder / f"{name}.onnx" for name in ("whole", "prepared", "quantised"))
    whole.write_bytes(model)
    quant_pre_process(whole, prepared, skip_symbolic_shape=True)
    if how is Quantisation.DYNAMIC:
        quantization.quantize_dynamic(prepared, path, weight_type=quantization.QuantType.QUInt8)
    else:
        quantization.quantize_static(
            prepared,
            path,
            _Batches(dataset),
            per_channel=True,
            reduce_range=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
            nodes_to_exclude=_of_probabilities(onnx.load(prepared).graph),
            extra_options={"OpTypesToExcludeOutputQuantization": ["Gemm", "MatMul"]},
        )
    return onnx.load(path)


def _of_probabilities(graph: onnx.GraphProto) -> list[str]:
    """Name each softmax, and whatever works on what one gives."""
    probabilities: set[str] = set()
    names = []
    for node in graph.node:  # they stand in the order they run in
        if node.op_type == "Softmax" or probabilities.intersection(node.input):
            probabilities.update(node.output)
            names.append(node.name)
    return names


class _Batches:
    """Digits as ONNX Runtime asks for them: a batch a call, then `None`."""

    def __init__(self, dataset: Dataset | None) -> None:
        images = add_channel(scale(some_digits(dataset)))
        self._batches = iter(np.array_split(images, -(-len(images) // _BATCH)))

    def get_next(self) -> "dict[str, npt.NDArray[np.float32]] | None":
        batch = next(self._batches, None)
        return None if batch is None else {"images": batch}


@contextlib.contextmanager
def _quietly() -> Iterator[Any]:
    """Keep ONNX Runtime's advice to itself, and from giving the whole program a log."""
    root, nowhere = logging.getLogger(), logging.NullHandler()
    root.addHandler(nowhere)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            root.removeHandler(nowhere)

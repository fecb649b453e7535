"""Round the weights of an ``.onnx`` file to 8 bits: a quarter of the size."""

import contextlib
import logging
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx

from inkdigits._files import write_through
from inkdigits.datasets import Dataset, add_channel, scale
from inkdigits.errors import ModelError
from inkdigits.export.calibration import some_digits
from inkdigits.export.formats import Quantisation
from inkdigits.reading import Classifier, ModelCard

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["quantise_onnx"]

_BATCH = 100


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
    everywhere. What dense layers give stays in float, and so does a softmax: probabilities in steps
    of 1/256 would not sum to 1.

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
    source = Path(source)
    card = Classifier(source).card  # refuses what is not sound
    if card.quantisation != Quantisation.NONE:
        raise ModelError(f"{source} is quantised already: {card.quantisation}")
    card = replace(card, quantisation=str(how))

    def write(temporary: Path) -> None:
        try:
            with _quietly():
                _quantise(source.read_bytes(), temporary, how, dataset)
        except (OSError, ModelError):
            raise
        except Exception as error:  # ONNX Runtime's own kinds share no narrower base
            why = str(error).strip().split("\n", 1)[0]
            raise ModelError(f"{path} was not written: ONNX Runtime cannot: {why}") from error
        _put_card(temporary, card)

    write_through(Path(path), write)


def _quantise(model: bytes, path: Path, how: Quantisation, dataset: Dataset | None) -> None:
    from onnxruntime import quantization
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with tempfile.TemporaryDirectory() as folder:
        whole, prepared = Path(folder) / "whole.onnx", Path(folder) / "prepared.onnx"
        whole.write_bytes(model)
        quant_pre_process(whole, prepared, skip_symbolic_shape=True)
        if how is Quantisation.DYNAMIC:
            quantization.quantize_dynamic(prepared, path, weight_type=quantization.QuantType.QUInt8)
            return
        nodes = onnx.load(prepared).graph.node
        quantization.quantize_static(
            prepared,
            path,
            _Batches(dataset),
            per_channel=True,
            reduce_range=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
            nodes_to_exclude=[node.name for node in nodes if node.op_type == "Softmax"],
            extra_options={"OpTypesToExcludeOutputQuantization": ["Gemm", "MatMul"]},
        )


class _Batches:
    """Digits as ONNX Runtime asks for them: a batch a call, then `None`."""

    def __init__(self, dataset: Dataset | None) -> None:
        images = add_channel(scale(some_digits(dataset)))
        self._batches = iter(np.array_split(images, -(-len(images) // _BATCH)))

    def get_next(self) -> "dict[str, npt.NDArray[np.float32]] | None":
        batch = next(self._batches, None)
        return None if batch is None else {"images": batch}


def _put_card(path: Path, card: ModelCard) -> None:
    """Write the card into a file, and make sure that the reader takes it."""
    model = onnx.load_model_from_string(path.read_bytes())
    model.producer_name, model.producer_version = "InkDigits", card.version
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, card.to_metadata())
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    Classifier(path)


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

"""A network is *exported*: a Keras model in, one file of any *format* out.

It may be *quantised*, for which some digits are its *calibration*; the written file is *measured*.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inkdigits.export.formats import Format, Quantisation, export_as
    from inkdigits.export.measured import Measured, measure
    from inkdigits.export.onnx_file import check_size, export_onnx
    from inkdigits.export.quantise import quantise_onnx
    from inkdigits.export.saved_model import export_saved_model
    from inkdigits.export.tflite_classifier import TfliteClassifier
    from inkdigits.export.tflite_file import export_tflite

__all__ = [
    "Format",
    "Measured",
    "Quantisation",
    "TfliteClassifier",
    "check_size",
    "export_as",
    "export_onnx",
    "export_saved_model",
    "export_tflite",
    "measure",
    "quantise_onnx",
]

_FILE_OF = {
    "Format": "formats",
    "Measured": "measured",
    "Quantisation": "formats",
    "TfliteClassifier": "tflite_classifier",
    "check_size": "onnx_file",
    "export_as": "formats",
    "export_onnx": "onnx_file",
    "export_saved_model": "saved_model",
    "export_tflite": "tflite_file",
    "measure": "measured",
    "quantise_onnx": "quantise",
}


def __getattr__(name: str) -> Any:
    if name not in _FILE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_FILE_OF[name]}"), name)

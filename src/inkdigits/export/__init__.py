"""A network is *exported*: a Keras model in, one file of any *format* out.

It may be *quantised*, for which some digits are its *calibration*; the written file is *measured*.
"""

from typing import TYPE_CHECKING

from inkdigits._lazy import lazy

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

__getattr__ = lazy(
    __name__,
    {
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
    },
)

"""A network is *exported*: a Keras model in, one self-describing file out."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inkdigits.export.onnx_file import export_onnx

__all__ = ["export_onnx"]


def __getattr__(name: str) -> Any:
    if name == "export_onnx":  # needs Keras
        from inkdigits.export.onnx_file import export_onnx

        return export_onnx
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""Operations of TensorFlow that the converter to ONNX does not know, in terms of those it does."""

from importlib import import_module
from typing import Any

import numpy as np

__all__ = ["teach_operations"]


def teach_operations() -> None:
    """Teach the converter what the activations gelu and celu are made of."""
    tf_op: Any = import_module("tf2onnx.handler").tf_op
    tf_op("Erfc").register_compat_handler(_erfc, _SINCE)
    tf_op("Expm1").register_compat_handler(_expm1, _SINCE)


_SINCE = 9  # Erf came with this version of ONNX' operations


def _erfc(graph: Any, node: Any, **_: Any) -> None:
    """Make erfc(x) = 1 - erf(x)."""
    node.type = "Erf"
    (y,) = node.output
    _subtract(graph, node, _one(graph, node), y)


def _expm1(graph: Any, node: Any, **_: Any) -> None:
    """Make expm1(x) = exp(x) - 1."""
    node.type = "Exp"
    (y,) = node.output
    _subtract(graph, node, y, _one(graph, node))


def _one(graph: Any, node: Any) -> Any:
    return graph.make_const(f"{node.name}_one", np.array(1, np.float32)).output[0]


def _subtract(graph: Any, node: Any, *terms: Any) -> None:
    name = f"{node.name}_difference"
    graph.insert_new_node_on_output("Sub", node.output[0], name=name, inputs=list(terms))

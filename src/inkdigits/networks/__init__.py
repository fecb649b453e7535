"""A network is *built*: a name and options in, an uncompiled Keras model out."""

from inkdigits.networks.average import average
from inkdigits.networks.classify import as_classifier, gives_logits
from inkdigits.networks.cost import count_multiply_adds
from inkdigits.networks.heads import heads
from inkdigits.networks.registry import build, describe, names, options

__all__ = [
    "as_classifier",
    "average",
    "build",
    "count_multiply_adds",
    "describe",
    "gives_logits",
    "heads",
    "names",
    "options",
]

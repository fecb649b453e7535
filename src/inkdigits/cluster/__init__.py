"""The same on many machines: pictures are *read*, and recipes *tuned*, by Ray on a cluster."""

from typing import TYPE_CHECKING

from inkdigits._lazy import lazy

if TYPE_CHECKING:
    from inkdigits.cluster.bulk import read_parts
    from inkdigits.cluster.connect import connected
    from inkdigits.cluster.parts import Part, parts_of
    from inkdigits.cluster.study import search_on_cluster

__all__ = ["Part", "connected", "parts_of", "read_parts", "search_on_cluster"]

__getattr__ = lazy(
    __name__,
    {
        "Part": "parts",
        "connected": "connect",
        "parts_of": "parts",
        "read_parts": "bulk",
        "search_on_cluster": "study",
    },
)

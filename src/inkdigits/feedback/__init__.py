"""*Corrections*, which say what a digit is, are kept in a *database* at an *address*.

What needs SQLAlchemy is loaded on first use: a service is ready before it needs its database.
"""

from typing import TYPE_CHECKING

from inkdigits._lazy import lazy
from inkdigits.feedback.correction import Correction
from inkdigits.feedback.held_out import is_held_out

if TYPE_CHECKING:
    from inkdigits.feedback.address import default_url
    from inkdigits.feedback.database import Feedback
    from inkdigits.feedback.load import load_corrections

__all__ = ["Correction", "Feedback", "default_url", "is_held_out", "load_corrections"]

__getattr__ = lazy(
    __name__,
    {
        "Feedback": "database",
        "default_url": "address",
        "load_corrections": "load",
    },
)

"""*Corrections*, which say what a digit is, are kept in a *database* at an *address*."""

from inkdigits.feedback.address import default_url
from inkdigits.feedback.correction import Correction
from inkdigits.feedback.database import Feedback
from inkdigits.feedback.held_out import is_held_out, load_corrections

__all__ = ["Correction", "Feedback", "default_url", "is_held_out", "load_corrections"]

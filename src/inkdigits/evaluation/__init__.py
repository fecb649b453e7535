"""A classifier is *evaluated*: any function from images to probabilities in, figures out."""

from inkdigits.evaluation.calibration import fit_temperature
from inkdigits.evaluation.ensemble import averaged
from inkdigits.evaluation.evaluate import Classify, Evaluation, PerDigit, evaluate
from inkdigits.evaluation.rejection import choose_threshold
from inkdigits.evaluation.report import write_report

__all__ = [
    "Classify",
    "Evaluation",
    "PerDigit",
    "averaged",
    "choose_threshold",
    "evaluate",
    "fit_temperature",
    "write_report",
]

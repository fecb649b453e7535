"""Handwriting is *synthesised*: digits are *thinned*, *drawn* anew, made *marks* and *pages*."""

from inkdigits.synthesis.marks import NOT_A_DIGIT, Marks, simulate
from inkdigits.synthesis.pages import PageWriter, SyntheticPage

__all__ = ["NOT_A_DIGIT", "Marks", "PageWriter", "SyntheticPage", "simulate"]

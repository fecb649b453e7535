"""The other way to read many digits: one fully convolutional network over the whole page.

Trains a small network on synthesised pages of MNIST training digits: at every fourth pixel it says
which digit has its centre there, or that none has. Its digits are the peaks of that map. It is then
measured on the same synthesised pages of validation digits as the shipped way (over-segmentation
and a best path, `Reader`). docs/reading.md compares the two.

    python benchmarks/fully_convolutional.py --steps 4000
"""

import argparse
import time

import numpy as np

from _common import machine, save  # isort: skip
from inkdigits import Reader, load_mnist
from inkdigits._keras import keras
from inkdigits.reading.ink import find_ink
from inkdigits.reading.lines import write_in_lines
from inkdigits.reading.marks import find_marks
from inkdigits.reading.result import Box
from inkdigits.synthesis import PageWriter, SyntheticPage

"""Feed images and their labels to Keras batch by batch, in an order that can be repeated."""

from math import ceil

import numpy as np
import numpy.typing as npt

from inkdigits._keras import keras
from inkdigits.datasets import Dataset, add_channel, one_hot, scale
from inkdigits.datasets.dataset import DIGITS, Images, Labels
from inkdigits.synthesis import Marks

__all__ = ["Batches"]


class Batches(keras.utils.PyDataset):
    """Batches of ``(images float32 (batch, 28, 28, 1), labels float32 (batch, 10))``.

    Simulated marks have 11 columns of labels: the last is for what is no digit. The images stay
    uint8 in memory; only a batch at a time is preprocessed.

    Args:
        data: digits with labels, or simulated marks.
        batch: images a batch; the last batch of an epoch may be smaller.
        seed: shuffle every epoch, each in an order that depends on the seed and the epoch's number
            alone, so that a run that was cut off goes on as if it had not been; `None` not to
            shuffle.
    """

    def __init__(self, data: Dataset | Marks, batch: int, *, seed: int | None = None) -> None:
        super().__init__()
        self._images: Images = data.images
        self._labels: Labels
        if isinstance(data, Dataset):
            self._labels, self._classes = data.require_labels(), DIGITS
        else:
            self._labels, self._classes = data.labels, DIGITS + 1
        self._batch = batch
        self._seed = seed
        self._order = np.arange(len(self._images))

    def __len__(self) -> int:
        return ceil(len(self._images) / self._batch)

    def __getitem__(self, index: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        rows = self._order[index * self._batch : (index + 1) * self._batch]
        return add_channel(scale(self._images[rows])), one_hot(self._labels[rows], self._classes)

    def begin_epoch(self, epoch: int) -> None:
        """Shuffle for the epoch of this number.

        Keras' own `on_epoch_end` cannot count epochs: Keras also calls it when it only takes a
        look at the data.
        """
        if self._seed is not None:
            rng = np.random.default_rng([self._seed, epoch])
            self._order = rng.permutation(len(self._images))

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
        size: images a batch; the last batch of an epoch may be smaller.
        seed: shuffle every epoch, each in an order that depends on the seed and the epoch's number
            alone, so that a run that was cut off goes on as if it had not been; `None` not to
            shuffle.
        shares: that each batch is divided into. Where they do not come out equal, the few digits
            that are left over at the end of an epoch are left out of it.

    Attributes:
        images: all of them, uint8 ``(count, 28, 28)``.
        labels: uint8 ``(count,)``.
        classes: number of columns of the labels.
        size: images a batch.
        order: int32 ``(count,)``: where in the data the images of this epoch stand.
    """

    def __init__(
        self, data: Dataset | Marks, size: int, *, seed: int | None = None, shares: int = 1
    ) -> None:
        super().__init__()
        self.images: Images = data.images
        self.labels: Labels
        if isinstance(data, Dataset):
            self.labels, self.classes = data.require_labels(), DIGITS
        else:
            self.labels, self.classes = data.labels, DIGITS + 1
        self.size = size
        self._seed = seed
        self._count = len(self.images) - len(self.images) % shares
        self.order: npt.NDArray[np.int32] = np.arange(self._count, dtype=np.int32)

    def __len__(self) -> int:
        return ceil(len(self.order) / self.size)

    def __getitem__(self, index: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        rows = self.order[index * self.size : (index + 1) * self.size]
        return add_channel(scale(self.images[rows])), one_hot(self.labels[rows], self.classes)

    def begin_epoch(self, epoch: int) -> None:
        """Shuffle for the epoch of this number.

        Keras' own `on_epoch_end` cannot count epochs: Keras also calls it when it only takes a
        look at the data.
        """
        if self._seed is not None:
            rng = np.random.default_rng([self._seed, epoch])
            self.order = rng.permutation(len(self.images))[: self._count].astype(np.int32)

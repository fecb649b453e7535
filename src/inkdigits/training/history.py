"""The history of a training run: one row an epoch."""

import csv
import io
from itertools import zip_longest
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from inkdigits._files import write_text
from inkdigits.errors import RunError

__all__ = ["Epoch", "best_epoch", "mean_history", "read_history", "should_stop", "write_history"]


_ABSURD = 1e12


class Epoch(NamedTuple):
    """What one epoch came to. Loss and accuracy are means over the epoch's batches."""

    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float
    seconds: float


def best_epoch(history: list[Epoch]) -> int:
    """Return the index of the epoch with the lowest validation loss, the first of equals."""
    return min(range(len(history)), key=lambda index: history[index].val_loss)


def mean_history(histories: list[list[Epoch]]) -> list[Epoch]:
    """Return the mean of several histories, epoch by epoch; the seconds are added up.

    Of some that stopped early, the others go on.
    """
    means = []
    for epoch in zip_longest(*histories):
        rows = [row for row in epoch if row is not None]
        mean = Epoch(*(fmean(values) for values in zip(*rows)))
        means.append(mean._replace(seconds=sum(row.seconds for row in rows)))
    return means


def should_stop(history: list[Epoch], patience: int | None) -> bool:
    """Tell whether the last `patience` epochs have all failed to better an earlier one."""
    if patience is None or not history:
        return False
    return len(history) - 1 - best_epoch(history) >= patience


def write_history(path: Path, history: list[Epoch]) -> None:
    """Write the history as CSV, counting epochs from 1."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["epoch", *Epoch._fields])
    for number, epoch in enumerate(history, 1):
        writer.writerow([number, *(f"{value:.6g}" for value in epoch)])
    write_text(path, table.getvalue())


def read_history(path: Path) -> list[Epoch]:
    """Read what `write_history` wrote; an empty list where there is no file yet.

    Raises:
        RunError: the file is damaged.
    """
    if not path.exists():
        return []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            history = [
                Epoch(**{field: float(row[field]) for field in Epoch._fields})
                for row in csv.DictReader(file)
            ]
        if not all(abs(value) < _ABSURD for epoch in history for value in epoch):
            raise ValueError("a figure is no number")
        return history
    except (OSError, csv.Error, KeyError, TypeError, ValueError) as error:
        raise RunError(f"{path} is damaged: {error}") from error

"""Show a run's progress: one live bar an epoch, and nothing where nobody watches."""

from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from inkdigits._keras import keras
from inkdigits.training.history import Epoch

__all__ = ["LiveBar"]


class LiveBar(keras.callbacks.Callback):
    """A bar on the standard error: share done, loss, accuracy, validation, seconds left.

    Args:
        epochs: of the whole run.
        history: of the run so far, kept up to date by somebody else.
    """

    def __init__(self, epochs: int, history: list[Epoch]) -> None:
        super().__init__()
        self._epochs = epochs
        self._history = history
        self._console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("epoch {task.fields[epoch]:>3}/{task.fields[epochs]}"),
            BarColumn(bar_width=24),
            TaskProgressColumn(),
            TextColumn("{task.fields[figures]}"),
            console=self._console,
            disable=not self._console.is_terminal,
            transient=True,
        )

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def on_train_begin(self, logs: Any = None) -> None:
        self._task = self._bar.add_task(
            "", total=self.params["steps"], epoch=0, epochs=self._epochs, figures=""
        )

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._bar.reset(self._task, epoch=epoch + 1, epochs=self._epochs, figures="")

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        loss, accuracy = float(logs["loss"]), float(logs["accuracy"])
        self._bar.update(
            self._task,
            # Keras looks in only every few steps, and past the end at the last.
            completed=min(batch + 1, self.params["steps"]),
            figures=f"loss {loss:.4f} · accuracy {accuracy:.2%} · {self._time_left()}",
        )

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if not self._bar.disable:
            last = self._history[-1]
            self._console.print(
                f"epoch {epoch + 1:>3}/{self._epochs}  loss {last.loss:.4f}  "
                f"accuracy {last.accuracy:.2%}  validation {last.val_loss:.4f}  "
                f"{last.val_accuracy:.2%}  {last.seconds:.1f} s",
                highlight=False,
            )

    def _time_left(self) -> str:
        task = self._bar.tasks[self._task]
        share = task.percentage / 100
        if self._history:
            epoch_seconds = self._history[-1].seconds
        elif share:
            epoch_seconds = (task.elapsed or 0.0) / share
        else:
            return ""
        epochs_left = self._epochs - task.fields["epoch"] + 1 - share
        return f"{epochs_left * epoch_seconds:.0f} s left"

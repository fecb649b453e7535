"""Write a study's trials down for TensorBoard's tab of hyperparameters."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from inkdigits._files import write_folder
from inkdigits.tuning.outcome import accuracy_of

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

__all__ = ["write_trials"]


def write_trials(trials: "Sequence[FrozenTrial]", folder: Path) -> None:
    """Write each trial's hyperparameters and accuracies, in place of what the folder holds.

    Raises:
        OSError: the disk refuses.
    """
    shutil.rmtree(folder, ignore_errors=True)
    write_folder(folder, lambda temporary: _write(trials, temporary))


def _write(trials: "Sequence[FrozenTrial]", folder: Path) -> None:
    from tensorboardX import SummaryWriter

    folder.mkdir()
    for trial in trials:
        accuracy = accuracy_of(trial)
        if accuracy is None:
            continue
        with SummaryWriter(str(folder / f"trial-{trial.number:04d}")) as writer:
            for step, value in trial.intermediate_values.items():
                writer.add_scalar("accuracy/validation", value, step)
            outcome = {"outcome/accuracy": accuracy}
            if "multiply-adds" in trial.user_attrs:
                outcome["outcome/multiply_adds"] = trial.user_attrs["multiply-adds"]
            writer.add_hparams(dict(trial.params), outcome, name=".")

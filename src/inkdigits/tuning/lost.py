"""Trials whose processes died, which are done again."""

import time
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial

__all__ = ["GRACE_SECONDS", "RETRIES", "LostTrials", "requeue_running"]

GRACE_SECONDS = 20
"""Without a sign of life, until a trial is taken to be lost."""

RETRIES = 3
"""Of a trial that is lost again and again."""


class LostTrials:
    """Has the trials of a study that are lost done again.

    Args:
        study: whose processes give signs of life.
        now: the time in seconds, which only moves forward.
    """

    def __init__(self, study: "Study", now: Callable[[], float] = time.monotonic) -> None:
        self._study = study
        self._now = now
        self._running_since: dict[int, float] = {}

    def requeue(self) -> None:
        """Look once; to be called again and again."""
        from optuna.storages import fail_stale_trials

        self._give_first_signs()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it calls itself experimental
            fail_stale_trials(self._study)

    def _give_first_signs(self) -> None:
        """Give the sign of life that a process was killed before it gave.

        Optuna takes a trial to be lost by the age of its last sign, so one that never gave any
        would run for ever. A process that lives has given its first one long before.
        """
        # Optuna's own fail_stale_trials asks for both as privately.
        storage: Any = self._study._storage  # noqa: SLF001
        for trial in _running(self._study):
            since = self._running_since.setdefault(trial.number, self._now())
            if self._now() - since > GRACE_SECONDS:
                self._running_since[trial.number] = float("inf")  # once is enough
                storage.record_heartbeat(trial._trial_id)  # noqa: SLF001


def requeue_running(study: "Study") -> None:
    """Have trials that still run done again: nobody else is at work on this study."""
    from optuna.storages import RetryHeartbeatStaleTrialCallback
    from optuna.trial import TrialState

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it calls itself experimental
        again = RetryHeartbeatStaleTrialCallback(RETRIES)
    for trial in _running(study):
        study.tell(trial.number, state=TrialState.FAIL)
        again(study, trial)


def _running(study: "Study") -> "list[FrozenTrial]":
    from optuna.trial import TrialState

    return study.get_trials(states=[TrialState.RUNNING])

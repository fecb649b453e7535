"""Carry a study out on a Ray cluster: Ray Tune begins the trials, Optuna chooses what they try."""

import os
import shutil
import tempfile
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inkdigits._text import abbreviated
from inkdigits.errors import ClusterError, InkDigitsError, import_extra
from inkdigits.tuning.lost import RETRIES, requeue_running
from inkdigits.tuning.outcome import Outcome, write_outcome
from inkdigits.tuning.plan import Plan
from inkdigits.tuning.storage import count_left, default_url, open_study
from inkdigits.tuning.study import Watch, study_folder

if TYPE_CHECKING:
    from optuna import Study

    from inkdigits.datasets import Dataset

__all__ = ["search_on_cluster"]

_ACCURACY = "accuracy"
_TROUBLE = "trouble"
_STEP = "training_iteration"  # as Ray counts reports


def search_on_cluster(
    plan: Plan,
    folder: Path,
    dataset: "Dataset",
    *,
    processors: int,
    storage: str | None = None,
    trials: int = 30,
    timeout: float | None = None,
    jobs: int | None = None,
    watch: Watch = lambda trials: None,
) -> Outcome:
    """Carry out a study on the connected cluster, or go on with it.

    The study's database is used by this process alone; what the cluster's machines share is the
    folder, for the checkpoints of trials whose workers die.

    Args:
        plan: what to search and how.
        folder: of the study, as of `inkdigits.tuning.search`; all machines must reach it.
        dataset: the training set, which is handed to the machines.
        processors: that the cluster has.
        storage: URL of the database.
        trials: that the study shall have in the end.
        timeout: seconds after which trials are ended.
        jobs: trials side by side; by default one a processor.
        watch: told how it goes.

    Raises:
        TuningError: as of `inkdigits.tuning.search`.
        ClusterError: the cluster fails.
    """
    import_extra("ray.tune")
    study_folder(folder)
    url = default_url(folder) if storage is None else storage
    trials = plan.most_trials(trials)
    side_by_side = jobs or processors
    trainable = _trainable(plan, dataset, max(1, processors // side_by_side))
    with open_study(url, folder.resolve().name, plan) as study:
        requeue_running(study)  # of this process when it was killed
        while (left := count_left(study, trials)) > 0:
            start = time.monotonic()
            _fit(
                trainable,
                study,
                plan,
                folder,
                watch,
                num_samples=left,
                max_concurrent_trials=side_by_side,
                time_budget_s=timeout,
            )
            if timeout is not None and (timeout := timeout - (time.monotonic() - start)) <= 0:
                break
            if count_left(study, trials) == left:
                raise ClusterError("the cluster carried no trial out; see the logs of Ray")
        return write_outcome(study, plan, folder)


def _trainable(plan: Plan, dataset: "Dataset", processors: int) -> Any:
    """Return a trial as Ray carries it out: the digits go to each machine once."""
    from ray import tune

    trial = tune.with_parameters(
        _trial,
        plan=plan.model_dump(mode="json"),
        images=dataset.images,
        labels=dataset.require_labels(),
    )
    return tune.with_resources(trial, {"cpu": processors})


def _fit(
    trainable: Any, study: "Study", plan: Plan, folder: Path, watch: Watch, **limits: Any
) -> None:
    """Have Ray carry trials out, within the limits that its `TuneConfig` takes."""
    from ray import tune

    with (
        warnings.catch_warnings(),
        tempfile.TemporaryDirectory(prefix=".ray-", dir=folder) as scratch,
    ):
        warnings.simplefilter("ignore")
        tune.Tuner(
            trainable,
            tune_config=tune.TuneConfig(
                search_alg=_search(study, plan), scheduler=_scheduler(plan), **limits
            ),
            run_config=tune.RunConfig(
                name="trials",
                storage_path=str(Path(scratch).resolve()),
                failure_config=tune.FailureConfig(max_failures=RETRIES),
                callbacks=[_watching(study, watch)],
                verbose=0,
            ),
        ).fit()
    watch(study.get_trials(deepcopy=False))


def _search(study: "Study", plan: Plan) -> Any:
    """Return Ray's search by Optuna, which also tells our study what ended early or failed."""
    from ray.tune.search.optuna import OptunaSearch

    class Search(OptunaSearch):  # type: ignore[misc]
        def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
            if _TROUBLE not in result:
                super().on_trial_result(trial_id, result)

        def on_trial_complete(
            self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
        ) -> None:
            trial = self._ot_trials[trial_id]
            for name in ("multiply-adds", "parameters", "seconds"):
                if result and name in result:
                    trial.set_user_attr(name, result[name])
            if error or not result or _TROUBLE in result:
                why = result[_TROUBLE] if result and _TROUBLE in result else "its worker died"
                trial.set_user_attr("error", why)
                super().on_trial_complete(trial_id, None, error=True)
            else:
                whole = result[_STEP] >= plan.steps
                super().on_trial_complete(trial_id, result if whole else None)

    metrics = [_ACCURACY] if plan.against is None else [_ACCURACY, plan.against]
    modes = ["max", "min"][: len(metrics)]
    return Search(
        space=plan.search_space.suggest,
        metric=metrics[0] if len(metrics) == 1 else metrics,
        mode=modes[0] if len(modes) == 1 else modes,
        sampler=study.sampler,
        storage=study._storage,  # noqa: SLF001  (Optuna gives it out nowhere else)
        study_name=study.study_name,
    )


def _scheduler(plan: Plan) -> Any:
    from ray.tune import schedulers

    by = {"metric": _ACCURACY, "mode": "max", "time_attr": _STEP}
    if plan.method == "hyperband":
        return schedulers.ASHAScheduler(**by, grace_period=1, reduction_factor=3, max_t=plan.steps)
    if plan.method == "grid" or plan.against is not None:
        return None
    return schedulers.MedianStoppingRule(**by, grace_period=1, min_samples_required=5)


def _watching(study: "Study", watch: Watch) -> Any:
    from ray.tune import Callback

    class Watching(Callback):  # type: ignore[misc]
        def on_step_end(self, *_: Any, **__: Any) -> None:
            watch(study.get_trials(deepcopy=False))

    return Watching()


def _trial(config: dict[str, Any], plan: dict[str, Any], images: Any, labels: Any) -> None:
    """Carry a trial out in a worker, from its last checkpoint on."""
    from ray import tune

    os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ.get("OMP_NUM_THREADS", "1")
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    from inkdigits.datasets import Dataset
    from inkdigits.tuning.trial import cost_of, run_trial

    study = Plan.of(**plan)
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        before = tune.get_checkpoint()
        if before is not None:
            with before.as_directory() as kept:
                shutil.copytree(kept, folder, dirs_exist_ok=True)
        try:
            cost = cost_of(study.trial_recipe(config))

            def report(step: int, accuracy: float) -> None:
                figures = {_ACCURACY: accuracy, "seconds": time.monotonic() - start, **cost}
                tune.report(figures, checkpoint=tune.Checkpoint.from_directory(place))

            run_trial(study, config, Dataset(images, labels, "training set"), folder, report)
        except InkDigitsError as error:
            tune.report({_TROUBLE: str(error), _ACCURACY: 0.0})
        except (ValueError, TypeError, ArithmeticError) as error:  # Keras', of odd parameters
            tune.report({_TROUBLE: abbreviated(error), _ACCURACY: 0.0})

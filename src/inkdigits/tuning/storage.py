"""Where a study is kept: a database that several processes, on several machines, may share."""

import logging
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inkdigits.errors import TuningError, import_extra
from inkdigits.tuning.lost import GRACE_SECONDS, RETRIES
from inkdigits.tuning.plan import Plan

if TYPE_CHECKING:
    from optuna import Study
    from optuna.storages import RDBStorage
    from optuna.trial import FrozenTrial, Trial
    from sqlalchemy import Connection

__all__ = [
    "count_left",
    "counted",
    "default_url",
    "first_number",
    "open_study",
    "renew_sampler",
]

_HEARTBEAT_SECONDS = 3
_ATTEMPTS = 6
_LOCKED_SECONDS = 60  # that SQLite waits for another process
_PLAN = "plan"
_DRIVERS = {"postgres": "postgresql+pg8000", "postgresql": "postgresql+pg8000"}
_EXPECTED = "write sqlite:///study.db or postgresql://user:password@host/database"


def default_url(folder: Path) -> str:
    """Return the URL of the database in a study's folder."""
    path = str((folder / "study.db").resolve())
    return "sqlite:///" + path.replace("%", "%25").replace("?", "%3F")


@contextmanager
def open_study(url: str, name: str, plan: Plan) -> "Iterator[Study]":
    """Open a study, or begin it; its connections are closed in the end.

    Raises:
        TuningError: the database cannot be reached, now or later, or holds a study of this name
            that is another.
        MissingExtraError: Optuna or the database's driver is not installed.
    """
    optuna = import_extra("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)  # it is said once, below
    with _plainly(url), _storage_at(url) as storage:
        directions = ["maximize"] if plan.against is None else ["maximize", "minimize"]
        try:
            study: Study = optuna.create_study(
                storage=storage, study_name=name, directions=directions, load_if_exists=True
            )
        except ValueError as error:  # other directions
            raise _another(name, "objectives") from error
        now = plan.model_dump(mode="json")
        before = study.user_attrs.get(_PLAN)
        if before is None:
            study.set_user_attr(_PLAN, now)
            own = plan.search_space.own_params()
            if own is not None and plan.method != "grid":
                study.enqueue_trial(own, skip_if_exists=True)
        elif before != now:
            changed = sorted(field for field in now if before.get(field) != now[field])
            raise _another(name, " and ".join(changed))
        study.sampler, study.pruner = _sampler(plan, study), _pruner(plan)
        yield study


def renew_sampler(study: "Study", plan: Plan) -> None:
    """Give a study a sampler for its next trial.

    What it draws depends on the seed and on how many trials have begun, so that a study that goes
    on does not draw what it drew before.
    """
    study.sampler = _sampler(plan, study)


def counted(trials: "Sequence[FrozenTrial]") -> "list[FrozenTrial]":
    """Leave out trials whose processes died and that are done again under another number."""
    again = {number for trial in trials for number in trial.system_attrs.get("retry_history", [])}
    return [trial for trial in trials if trial.number not in again]


def first_number(trial: "Trial") -> int:
    """Return the number of a trial, or of the one whose process died and that it does again."""
    own = next(one for one in trial.study.get_trials(deepcopy=False) if one.number == trial.number)
    number: int = own.system_attrs.get("failed_trial", own.number)
    return number


def count_left(study: "Study", trials: int) -> int:
    """Count the trials that are to begin, of so many that the study shall have."""
    every = counted(study.get_trials(deepcopy=False))
    return max(0, trials - sum(trial.state.name != "WAITING" for trial in every))


@contextmanager
def _storage_at(url: str) -> "Iterator[RDBStorage]":
    from sqlalchemy import event

    storage = _storage(_with_driver(url))
    if storage.engine.dialect.name == "sqlite":
        event.listen(storage.engine, "begin", _lock)
    try:
        yield storage
    finally:
        storage.remove_session()
        storage.engine.dispose()


def _lock(connection: "Connection") -> None:
    """Have others wait until a transaction of SQLite's is over.

    Else it locks only when it writes: two processes that look whether a trial waits, or is lost,
    would both take it.
    """
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _storage(url: str) -> "RDBStorage":
    """Return the storage at a URL, whose tables another process may be making."""
    from sqlalchemy.exc import DBAPIError

    connect = {"timeout": _LOCKED_SECONDS} if url.startswith("sqlite") else {}
    engine = {"connect_args": connect, "pool_pre_ping": True}
    for attempt in range(1, _ATTEMPTS):
        try:
            return _made(url, engine)
        except DBAPIError:
            time.sleep(0.1 * 2**attempt)
        except TypeError as error:  # of the driver, which takes what the URL says as arguments
            raise TuningError(
                f"the database's driver cannot use the URL ({error}): {_EXPECTED}"
            ) from error
    return _made(url, engine)


def _made(url: str, engine: dict[str, Any]) -> "RDBStorage":
    from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # heartbeats call themselves experimental
        return RDBStorage(
            url,
            engine,
            heartbeat_interval=_HEARTBEAT_SECONDS,
            grace_period=GRACE_SECONDS,
            heartbeat_stale_trial_callback=RetryHeartbeatStaleTrialCallback(
                RETRIES, inherit_intermediate_values=True
            ),
        )


def _with_driver(url: str) -> str:
    from sqlalchemy import make_url

    parsed = make_url(url)
    if parsed.database in (None, "", ":memory:"):
        # In memory it would be another one in each process, and gone in the end.
        raise TuningError(f"the URL names no database to keep a study in: {_EXPECTED}")
    driver = _DRIVERS.get(parsed.drivername, parsed.drivername)
    return parsed.set(drivername=driver).render_as_string(hide_password=False)


@contextmanager
def _plainly(url: str) -> Iterator[None]:
    """Say plainly what a database refuses, without the password that its URL may hold."""
    from optuna.exceptions import StorageInternalError
    from sqlalchemy import exc, make_url

    try:
        yield
    except (exc.ArgumentError, exc.NoSuchModuleError) as error:
        raise TuningError(f"that is no URL of a database: {_EXPECTED}") from error
    except (exc.SQLAlchemyError, StorageInternalError) as error:
        refused = error.__cause__ if isinstance(error, StorageInternalError) else error
        why = str(getattr(refused, "orig", None) or refused).splitlines()[0]
        place = make_url(url).render_as_string(hide_password=True)
        raise TuningError(f"the study's database {place} refuses: {why}") from error


def _another(name: str, what: str) -> TuningError:
    return TuningError(
        f"there is another study {name} already, with another {what}: choose another --out, or go "
        "on with it by the options that it began with"
    )


def _sampler(plan: Plan, study: "Study") -> Any:
    from optuna import samplers

    begun = sum(trial.state.name != "WAITING" for trial in study.get_trials(deepcopy=False))
    seed = (plan.seed * 1_000_003 + begun) % 2**32
    if plan.method == "grid":
        return samplers.GridSampler(plan.search_space.grid(), seed=plan.seed)
    if plan.method == "random":
        return samplers.RandomSampler(seed)
    return samplers.TPESampler(seed=seed)


def _pruner(plan: Plan) -> Any:
    from optuna import pruners

    if plan.method == "hyperband":
        return pruners.HyperbandPruner(min_resource=1, max_resource=plan.steps)
    if plan.method == "grid" or plan.against is not None:  # Optuna prunes by one figure only
        return pruners.NopPruner()
    # Some do not start fast and end well, so the upper two thirds go on.
    return pruners.PercentilePruner(100 * 2 / 3, n_startup_trials=5)

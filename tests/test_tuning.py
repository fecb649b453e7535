"""Studies as they are carried out: by processes that share a database, and some of which die."""

import csv
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import tomllib
import uuid
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inkdigits import Dataset, Recipe, Run
from inkdigits.datasets import load_parts
from inkdigits.errors import TuningError
from inkdigits.tuning import Plan, search
from inkdigits.tuning.lost import RETRIES, LostTrials
from inkdigits.tuning.storage import counted, default_url, open_study, renew_sampler
from inkdigits.tuning.trial import run_trial

SPACE = """
[learning_rate]
low = 0.001
high = 0.02
log = true

[options.filters]
low = [2, 2]
high = [6, 8]
step = 2

[options.dense]
choices = [8, 16]
"""
RECIPE = """
epochs = 3
batch = 64
options = { filters = [2, 2], dense = 8 }
"""
STUDY = """
import sys
from pathlib import Path
from inkdigits.tuning import Plan, search

plan, folder, data, storage, trials, jobs = sys.argv[1:]
plan = Plan.model_validate_json(plan)
how = {"storage": storage or None, "trials": int(trials), "jobs": int(jobs)}
search(plan, Path(folder), data=data, **how)
"""
"""A study in a process of its own, to be killed or to share a database."""

POSTGRES = os.environ.get("INKDIGITS_TEST_POSTGRES")


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory, some_digits: Dataset) -> Path:
    """A file of 1,500 digits to learn from, 300 of them to test on."""
    path = tmp_path_factory.mktemp("digits") / "digits.npz"
    images, labels = some_digits.images, some_digits.require_labels()
    np.savez(
        path,
        x_train=images[:1500],
        y_train=labels[:1500],
        x_test=images[1500:1800],
        y_test=labels[1500:1800],
    )
    return path


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("space") / "space.toml"
    path.write_text(SPACE, encoding="utf-8")
    return path


def command(digits: Path, space: Path, out: Path, *more: str) -> list[str]:
    recipe = space.with_name("recipe.toml")
    recipe.write_text(RECIPE, encoding="utf-8")
    words = ["--data", str(digits), "--space", str(space), "--recipe", str(recipe)]
    words += ["--epochs", "2", "--out", str(out)]
    return [sys.executable, "-m", "inkdigits", "tune", *words, *more]


def tuned(digits: Path, space: Path, out: Path, *more: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command(digits, space, out, *more), capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stderr
    return done


def started(
    plan: Plan, folder: Path, digits: Path, *, storage: str = "", trials: int, jobs: int = 1
) -> subprocess.Popen[str]:
    words = [str(folder), str(digits), storage, str(trials), str(jobs)]
    return subprocess.Popen(
        [sys.executable, "-c", STUDY, plan.model_dump_json(), *words],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )


def table(out: Path) -> list[dict[str, str]]:
    with (out / "trials.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def plan_for(dataset: Dataset, **changes: Any) -> Plan:
    fields = {
        "recipe": Recipe(**tomllib.loads(RECIPE)),
        "space": {"learning_rate": {"choices": [0.001, 0.003, 0.01]}},
        "epochs": 1,
        "data_sha256": dataset.fingerprint,
    }
    return Plan.of(**{**fields, **changes})


def plan_in(out: Path) -> Plan:
    """The plan that a study's database holds."""
    with closing(sqlite3.connect(out / "study.db")) as database:
        ((value,),) = database.execute("SELECT value_json FROM study_user_attributes")
    return Plan.of(**json.loads(value))


def age_signs_of_life(out: Path) -> None:
    """Have a study's trials look as if their processes had died a while ago."""
    with closing(sqlite3.connect(out / "study.db")) as database, database:
        database.execute(
            "UPDATE trial_heartbeats SET heartbeat = datetime(heartbeat, '-21 seconds')"
        )


def wait_for(condition: Any, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, digits: Path, space: Path) -> Path:
    """A study of four trials, two at a time."""
    out = tmp_path_factory.mktemp("studies") / "first"
    done = tuned(digits, space, out, "--trials", "4", "--jobs", "2")
    assert "best of 4 trials" in done.stdout
    assert len([line for line in done.stderr.splitlines() if line.startswith("trial ")]) == 4
    return out


def test_a_study_leaves_recipe_table_plots_and_logs(study: Path) -> None:
    rows = table(study)
    assert [int(row["trial"]) for row in rows] == [0, 1, 2, 3]
    assert {row["state"] for row in rows} <= {"complete", "pruned"}
    (best,) = (row for row in rows if row["best"])
    assert float(best["accuracy"]) == max(float(row["accuracy"]) for row in rows)
    recipe = Recipe.load(study / "best.toml")
    assert recipe.epochs == 3  # of the recipe, not of a trial
    assert recipe.learning_rate == pytest.approx(float(best["learning_rate"]), rel=1e-4)
    assert recipe.options["filters"] == [
        int(best["options.filters.1"]),
        int(best["options.filters.2"]),
    ]
    for name in ("history", "parallel"):
        with Image.open(study / "plots" / f"{name}.png") as plot:
            assert len(plot.getcolors(1 << 20) or []) > 20
    assert len(list((study / "tensorboard").glob("trial-*/events*"))) == 4
    assert not list((study / "checkpoints").glob("*"))


def test_the_winner_is_trained_again_and_then_measured(study: Path) -> None:
    (best,) = (row for row in table(study) if row["best"])
    run = Run(study / f"trial-{best['trial']}")
    recipe = Recipe.load(study / "best.toml")
    assert run.recipe == recipe.model_copy(update={"precision": run.recipe.precision})
    assert run.metrics["test_accuracy"] is not None
    assert len(run.history) == 3


def test_a_study_that_is_done_stays_and_goes_on_for_more(
    study: Path, digits: Path, space: Path
) -> None:
    before = table(study)
    tuned(digits, space, study, "--trials", "4", "--jobs", "2")
    assert table(study) == before
    search(plan_in(study), study, data=str(digits), trials=5)
    after = table(study)
    assert [row["accuracy"] for row in after][:4] == [row["accuracy"] for row in before]
    assert len(after) == 5


def test_another_study_of_the_same_name_is_refused(study: Path) -> None:
    plan = plan_in(study).model_copy(update={"epochs": 3})
    with pytest.raises(TuningError, match="another study first already, with another epochs"):
        search(plan, study)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_study_that_is_killed_goes_on(tmp_path: Path, digits: Path) -> None:
    out = tmp_path / "killed"
    plan = plan_for(load_parts(digits)[0], epochs=3)
    process = started(plan, out, digits, trials=2)
    database = out / "study.db"
    wait_for(database.exists)

    def amid() -> bool:
        with closing(sqlite3.connect(database)) as connection:
            try:
                alive = connection.execute(
                    "SELECT number FROM trials JOIN trial_heartbeats USING (trial_id) "
                    "WHERE state = 'RUNNING' AND number > 0"
                ).fetchall()
            except sqlite3.OperationalError:  # no tables yet
                return False
        return bool(alive)

    wait_for(amid)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    search(plan, out, data=str(digits), trials=2)
    rows = table(out)
    assert len(rows) == 2
    assert {row["state"] for row in rows} <= {"complete", "pruned"}
    with open_study(default_url(out), "killed", plan) as study:
        firsts = [t.system_attrs.get("failed_trial", t.number) for t in counted(study.trials)]
    assert len(set(firsts)) == 2  # nothing is there twice


def test_a_trial_whose_process_died_before_its_first_sign_of_life_is_done_again(
    tmp_path: Path, some_digits: Dataset
) -> None:
    with open_study(default_url(tmp_path), "study", plan_for(some_digits)) as study:
        with pytest.warns(match="Heartbeat of storage"):
            study.ask()  # what a process does first of all
        seconds = 0.0
        lost = LostTrials(study, lambda: seconds)
        for later in (0.0, 10.0, 21.0):
            seconds = later
            lost.requeue()
            assert [trial.state.name for trial in study.trials] == ["RUNNING"]
        age_signs_of_life(tmp_path)
        lost.requeue()
        assert [trial.state.name for trial in study.trials] == ["FAIL", "WAITING"]


def test_a_lost_trial_is_done_again_once_however_many_processes_see_it(
    tmp_path: Path, some_digits: Dataset
) -> None:
    url, plan, rounds, looks = default_url(tmp_path), plan_for(some_digits), 2 * (RETRIES + 1), 4
    together = threading.Barrier(looks)

    def look() -> None:
        with open_study(url, "study", plan) as study:
            for _ in range(rounds):
                if together.wait(60) == 0:
                    with pytest.warns(match="Heartbeat of storage"):
                        trial = study.ask()
                    study._storage.record_heartbeat(trial._trial_id)
                    age_signs_of_life(tmp_path)
                together.wait(60)
                LostTrials(study).requeue()

    with open_study(url, "study", plan), ThreadPoolExecutor(looks) as threads:
        for thread in [threads.submit(look) for _ in range(looks)]:
            thread.result()
    with closing(sqlite3.connect(tmp_path / "study.db")) as database:
        again = database.execute(
            "SELECT value_json FROM trial_system_attributes WHERE key = 'retry_history'"
        ).fetchall()
    assert len(again) == len(set(again)) == 2 * RETRIES  # each trial, until it is given up


def test_trials_that_are_done_again_before_they_chose_choose_what_none_has(
    tmp_path: Path, some_digits: Dataset
) -> None:
    plan = plan_for(some_digits, space=tomllib.loads(SPACE))
    with open_study(default_url(tmp_path), "study", plan) as study:
        for _ in range(4):
            study.enqueue_trial({})
        rates = []
        for _ in range(8):
            renew_sampler(study, plan)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # heartbeats call themselves experimental
                rates.append(plan.search_space.suggest(study.ask())["learning_rate"])
    assert len(set(rates)) == 8


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_two_processes_share_a_study(tmp_path: Path, digits: Path, database: str) -> None:
    if database == "postgres" and POSTGRES is None:
        pytest.skip("INKDIGITS_TEST_POSTGRES names no server")
    name = f"shared-{uuid.uuid4().hex[:8]}"
    # Two machines: a folder each, and the database in common.
    folders = [tmp_path / side / name for side in "ab"]
    url = POSTGRES or "" if database == "postgres" else f"sqlite:///{tmp_path / 'shared.db'}"
    plan = plan_for(load_parts(digits)[0])
    process = started(plan, folders[0], digits, storage=url, trials=4)
    search(plan, folders[1], data=str(digits), storage=url, trials=4)
    _, errors = process.communicate(timeout=200)
    assert process.returncode == 0, errors
    tables = [table(out) for out in folders]
    assert tables[0] == tables[1]
    assert len(tables[0]) in (4, 5)  # both may begin the last one
    assert all(row["state"] in ("complete", "pruned") for row in tables[0])
    assert (folders[0] / "best.toml").read_text() == (folders[1] / "best.toml").read_text()


def test_a_grid_is_gone_through_once_though_trials_fail(tmp_path: Path, digits: Path) -> None:
    out = tmp_path / "grid"
    space = {"learning_rate": {"choices": [0.01, 1e30]}, "batch": {"choices": [64, 128]}}
    plan = plan_for(load_parts(digits)[0], method="grid", space=space, against="parameters")
    search(plan, out, data=str(digits))
    rows = table(out)
    points = {(row["learning_rate"], row["batch"]) for row in rows}
    assert len(rows) == len(points) == 4
    for row in rows:
        if row["learning_rate"] == "0.01":
            assert row["state"] == "complete"
        else:
            assert row["state"] == "fail"
            assert "training diverged" in row["error"]
    front = [row for row in rows if row["best"]]
    assert front
    assert (out / "plots" / "pareto.png").exists()
    assert len(list((out / "pareto").glob("*.toml"))) == len(front)


def test_folds_are_validated_on_in_turn(tmp_path: Path, some_digits: Dataset) -> None:
    dataset = some_digits.take(np.arange(600))
    plan = plan_for(dataset, folds=3)
    reports: list[tuple[int, float]] = []
    result = run_trial(
        plan,
        {"learning_rate": 0.01},
        dataset,
        tmp_path,
        lambda step, accuracy: reports.append((step, accuracy)),
    )
    assert [step for step, _ in reports] == [1, 2, 3]
    assert result.accuracy == reports[-1][1]


def test_a_trial_is_judged_by_the_validation_part(tmp_path: Path, some_digits: Dataset) -> None:
    from inkdigits.training.fit import fit

    dataset = some_digits.take(np.arange(600))
    plan = plan_for(dataset, epochs=2)
    reports: list[float] = []
    result = run_trial(
        plan,
        {"learning_rate": 0.01},
        dataset,
        tmp_path / "trial",
        lambda _, accuracy: reports.append(accuracy),
    )
    recipe = plan.trial_recipe({"learning_rate": 0.01})
    (tmp_path / "run").mkdir()
    _, history = fit(recipe, *recipe.split(dataset), tmp_path / "run")
    assert reports == pytest.approx([epoch.val_accuracy for epoch in history])
    assert result.accuracy == pytest.approx(history[-1].val_accuracy)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("nonsense", "that is no URL of a database"),
        ("dragons://nowhere/study", "that is no URL of a database"),
        ("sqlite://", "names no database to keep a study in"),
        ("postgresql://127.0.0.1:1/none", "argument: 'user'"),
        ("postgresql://me:secret@127.0.0.1:1/none?sslmode=require", "argument 'sslmode'"),
        ("sqlite:////absent/folder/study.db", "refuses: unable to open"),
        ("postgresql://me:secret@127.0.0.1:1/none", "refuses"),
    ],
)
def test_a_database_that_cannot_be_reached_is_named(
    tmp_path: Path, some_digits: Dataset, url: str, sentence: str
) -> None:
    with pytest.raises(TuningError, match=sentence) as caught:
        search(plan_for(some_digits), tmp_path / "study", storage=url)
    assert "secret" not in str(caught.value)


def test_a_study_needs_the_digits_that_it_began_with(
    tmp_path: Path, some_digits: Dataset, digits: Path
) -> None:
    plan = plan_for(some_digits)  # and the file holds others
    with pytest.raises(TuningError, match="began with other digits"):
        search(plan, tmp_path / "study", data=str(digits), trials=1)


def test_the_recipe_itself_is_the_first_trial(tmp_path: Path, some_digits: Dataset) -> None:
    plan = plan_for(some_digits)
    for _ in range(2):  # adds it but once
        with open_study(default_url(tmp_path), "study", plan) as study:
            (waiting,) = study.trials
    assert waiting.state.name == "WAITING"
    assert waiting.system_attrs["fixed_params"] == {"learning_rate": 0.001}


def test_plots_show_what_mattered(tmp_path: Path, some_digits: Dataset) -> None:
    import optuna

    from inkdigits.tuning.plots import _importances, write_plots

    space = {
        "learning_rate": {"low": 0.001, "high": 0.1, "log": True},
        "options": {
            "dropout": {"low": 0.1, "high": 0.6},
            "activation": {"choices": ["relu", "elu"]},
        },
    }
    plan = plan_for(some_digits, space=space)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(0))
    for _ in range(40):
        trial = study.ask()
        rate = plan.search_space.suggest(trial)["learning_rate"]
        study.tell(trial, 0.99 - (rate - 0.02) ** 2)
    write_plots(study, plan, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        "history.png",
        "importance.png",
        "parallel.png",
    }
    importances = _importances(study)
    assert sum(importances.values()) == pytest.approx(1)
    assert next(iter(importances)) == "learning_rate"

"""A study of the reference CNN: how long it takes, and whether its best recipe is better.

The study sees the training set alone. Its best recipe and the default one are then trained with the
same seeds, and each of these runs is measured on the test set, once.

    python benchmarks/tune.py [--trials 30] [--jobs 2] [--seeds 3] [--folder FOLDER]
"""

import argparse
import contextlib
import csv
import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from _common import report, summary
from _runs import members, trained


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where to keep the study and the runs")
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp())
    found = study(folder / "study", arguments.trials, arguments.jobs)
    with (Path(found["folder"]) / "trials.csv").open(encoding="utf-8") as file:
        trials = list(csv.DictReader(file))
    best = folder / "best.toml"
    shutil.copy(found["recipe"], best)
    default = folder / "default.toml"
    default.write_text("", encoding="utf-8")  # the reference CNN's, with no change
    figures = {
        name: figures_of(recipe, folder / "runs", arguments.seeds)
        for name, recipe in (("default", default), ("best", best))
    }
    report(
        "tune",
        "a study of the reference CNN, and its best recipe against the default one",
        {
            "trials": found["trials"],
            "ended_early": sum(trial["state"] == "pruned" for trial in trials),
            "jobs": arguments.jobs,
            "study_seconds": study_seconds(Path(found["folder"]) / "study.db"),
            "validation_accuracy": found["validation_accuracy"],
            "recipe": best.read_text(encoding="utf-8"),
            **figures,
        },
    )


def study(folder: Path, trials: int, jobs: int) -> dict[str, Any]:
    """Carry out the study with the command line, as anybody would."""
    words = ["--trials", str(trials), "--jobs", str(jobs), "--out", str(folder), "--json"]
    command = [sys.executable, "-m", "inkdigits", "tune", *words]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    found: dict[str, Any] = json.loads(output)
    return found


def study_seconds(database: Path) -> float:
    """Return the time from the first trial's beginning to the last one's end."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        words = connection.execute(
            "SELECT MIN(datetime_start), MAX(datetime_complete) FROM trials"
        ).fetchone()
    began, ended = map(datetime.fromisoformat, words)
    return round((ended - began).total_seconds(), 1)


def figures_of(recipe: Path, runs: Path, seeds: int) -> dict[str, object]:
    """Train a recipe with so many seeds."""
    runs.mkdir(exist_ok=True)
    metrics = [run.metrics for run in members(trained(str(recipe), runs, seeds))]
    return {
        "test_accuracy": summary([figures["test_accuracy"] for figures in metrics]),
        "multiply_adds": metrics[0]["multiply_adds"],
        "parameters": metrics[0]["parameters"],
    }


if __name__ == "__main__":
    main()

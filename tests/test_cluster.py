"""A Ray cluster of two nodes on this machine: what dies, what is bad, what goes on."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from inkdigits import Dataset, Recipe
from inkdigits.cluster import connected, parts_of, read_parts, search_on_cluster
from inkdigits.cluster.parts import PICTURES, Item, items_of_url
from inkdigits.errors import ClusterError
from inkdigits.tuning import Plan
from tests.conftest import Cli

if sys.platform == "win32":
    pytest.skip("Ray's clusters for tests need Unix", allow_module_level=True)

MANY = 5000
BAD = 2345
"""Which of the many is no picture."""

pytestmark = pytest.mark.timeout(280)


@pytest.fixture(scope="module")
def cluster() -> Iterator[int]:
    """Two nodes of a processor each, to which this process is connected."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from inkdigits.cluster.connect import set_environment

        set_environment()
        from ray.cluster_utils import Cluster

        nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
        nodes.add_node(num_cpus=1)
        with connected(nodes.address) as processors:
            yield processors
        nodes.shutdown()


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory, mnist: tuple[Dataset, Dataset]) -> Path:
    """A folder of 5,000 pictures, one of which is none."""
    folder = tmp_path_factory.mktemp("many") / "pictures"
    folder.mkdir()
    for number in range(MANY):
        Image.fromarray(255 - mnist[1].images[number]).save(folder / f"{number:05}.png")
    (folder / f"{BAD:05}.png").write_bytes(b"no picture")
    return folder


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory, pictures: Path) -> Path:
    """Six of them, in two folders."""
    folder = tmp_path_factory.mktemp("few") / "scans"
    for number in range(6):
        place = folder / "ab"[number % 2]
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number}.png").write_bytes((pictures / f"{number:05}.png").read_bytes())
    (folder / "notes.txt").write_text("no picture, and not to be read")
    return folder


def rows(folder: Path) -> list[dict[str, Any]]:
    read: list[dict[str, Any]] = pq.read_table(folder).to_pylist()
    return read


def items(folder: Path) -> list[Item]:
    return [Item(str(path)) for path in sorted(folder.rglob("*.png"))]


@pytest.fixture(scope="module")
def few_digits(tmp_path_factory: pytest.TempPathFactory, cluster: int, few: Path) -> list[Any]:
    """What is read of the six, a list of digits each."""
    out = tmp_path_factory.mktemp("few-readings") / "out"
    read_parts(parts_of(items(few)), str(out), workers=1)
    return [row["digits"] for row in rows(out)]


def pids(name: str) -> list[int]:
    """Return the processes whose command line holds a name."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if name.encode() in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
    return found


def test_a_cluster_that_is_not_there_is_named(few: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "inkdigits", "read", str(few), "--engine", "ray"]
    words += ["--out", str(tmp_path / "out"), "--address", "auto"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 1
    assert "no cluster can be reached at auto" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1"])
def test_an_address_where_nobody_answers_is_named_at_once(address: str) -> None:
    with (
        pytest.raises(ClusterError, match=f"no cluster can be reached at {address}: "),
        connected(address),
    ):
        pass


def test_two_nodes_read_as_one_machine_does_though_a_worker_is_killed(
    tmp_path: Path, cluster: int, pictures: Path, cli: Cli
) -> None:
    assert cluster == 2
    out = tmp_path / "readings"
    parts = parts_of(items(pictures))
    assert [part.pictures for part in parts] == [PICTURES] * (MANY // PICTURES)
    killed: list[int] = []

    def kill_one(*_: int) -> None:
        if not killed and (found := pids("ray::MapWorker")):
            killed.append(found[0])
            os.kill(found[0], signal.SIGKILL)

    summary = read_parts(parts, str(out), workers=2, progress=kill_one)
    assert killed, "no worker was there to be killed"
    assert summary.failed == 1
    whole = tmp_path / "whole.parquet"
    assert cli("read", str(pictures), "--out", str(whole)).exit_code == 1  # of the bad one
    assert pq.read_table(out).equals(pq.read_table(whole))
    (bad,) = (row for row in rows(out) if row["error"])
    assert bad["path"].endswith(f"{BAD:05}.png")
    assert not list(out.glob("_writing-*"))


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="only Linux shows its processes so")
def test_a_picture_that_ends_its_process_costs_that_picture(
    tmp_path: Path, cluster: int, few: Path
) -> None:
    stopped = threading.Event()

    def kill_readers() -> None:
        while not stopped.is_set():
            for pid in pids("inkdigits.reading.worker"):
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)

    killer = threading.Thread(target=kill_readers)
    killer.start()
    try:
        read_parts(parts_of(items(few)), str(tmp_path / "out"), workers=1)
    finally:
        stopped.set()
        killer.join()
    assert len(rows(tmp_path / "out")) == 6  # each once, whatever became of it


def test_parts_that_are_done_are_not_read_again(tmp_path: Path, cluster: int, few: Path) -> None:
    every = items(few)
    parts = parts_of([item for item in every for _ in range(200)])  # three parts
    out = tmp_path / "out"
    read_parts(parts, str(out), workers=2)
    before = {path.name: path.stat().st_mtime_ns for path in out.glob("part-*")}
    (out / parts[1].name).unlink()
    (out / "_writing-0-part").write_bytes(b"of a kill")
    summary = read_parts(parts, str(out), workers=2, resume=True)
    assert summary.pages == parts[1].pictures
    assert summary.parts == len(parts) - 1
    after = {path.name: path.stat().st_mtime_ns for path in out.glob("part-*")}
    assert {name for name in before if before[name] != after[name]} == {parts[1].name}
    assert len(rows(out)) == sum(part.pictures for part in parts)
    assert not (out / "_writing-0-part").exists()
    with pytest.raises(ClusterError, match="exists already; remove it, or go on with it by"):
        read_parts(parts, str(out), workers=2)
    with pytest.raises(ClusterError, match="began with other pictures, or with another model"):
        read_parts(parts[1:], str(out), workers=2, resume=True)
    other = tmp_path / "other"
    other.mkdir()
    (other / "letter.txt").write_text("mine")
    with pytest.raises(ClusterError, match="holds something else"):
        read_parts(parts, str(other), workers=2, resume=True)
    assert [path.name for path in other.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("kind", ["bytes", "struct"])
def test_parquet_files_with_the_bytes_of_pictures(
    tmp_path: Path, few: Path, few_digits: list[Any], kind: str
) -> None:
    content = [Path(item.where).read_bytes() for item in items(few)] + [b"no picture", None]
    names = [f"scan {number}" for number in range(len(content))]
    column = content if kind == "bytes" else [None if c is None else {"bytes": c} for c in content]
    file = tmp_path / "scans.parquet"
    pq.write_table(pa.table({"path": names, "image": column}), file, row_group_size=3)
    parts = parts_of([Item(str(file))])
    assert [part.pictures for part in parts] == [3, 3, 2]
    summary = read_parts(parts, str(tmp_path / "out"), workers=2)
    assert (summary.pages, summary.failed) == (8, 2)
    found = rows(tmp_path / "out")
    assert [row["path"] for row in found] == names
    assert [row["digits"] for row in found[:6]] == few_digits


def test_a_parquet_file_without_pictures_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "numbers.parquet"
    pq.write_table(pa.table({"a": [1], "b": ["x"]}), file)
    with pytest.raises(ClusterError, match="no column with the bytes of picture files; it has a"):
        parts_of([Item(str(file))])
    file.write_bytes(b"no Parquet")
    with pytest.raises(ClusterError, match=r"numbers\.parquet cannot be reached"):
        parts_of([Item(str(file))])


def is_png(name: str) -> bool:
    return name.endswith(".png")


def test_urls_of_folders_patterns_and_files_in_archives(
    tmp_path: Path, few: Path, few_digits: list[Any]
) -> None:
    archive = tmp_path / "scans.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for item in items(few):
            file.write(item.where, Path(item.where).relative_to(few.parent).as_posix())
    url = few.as_uri()
    folder = list(items_of_url(url, is_png))
    assert [item.where for item in folder] == [
        f"{url}/{n}.png" for n in ["a/0", "a/2", "a/4", "b/1", "b/3", "b/5"]
    ]
    some = list(items_of_url(f"{url}/b/*.png", is_png))
    assert [item.where for item in some] == [f"{url}/b/{n}.png" for n in "135"]
    zipped = list(items_of_url(f"zip://scans::{archive.as_uri()}", is_png))
    assert len(zipped) == 6
    out = tmp_path / "out"
    read_parts(parts_of([*folder, *zipped]), out.as_uri(), workers=1)
    assert [row["digits"] for row in rows(out)] == 2 * few_digits
    for absent, sentence in (
        (f"{url}/absent.png", "does not exist"),
        (f"{url}/*.gif", "holds no pictures"),
        ("gopher://example/scans", "cannot be reached"),
    ):
        with pytest.raises(ClusterError, match=sentence):
            list(items_of_url(absent, is_png))


def test_a_study_runs_on_two_nodes_though_a_worker_is_killed(
    tmp_path: Path, cluster: int, some_digits: Dataset
) -> None:
    dataset = some_digits.take(np.arange(1200))
    plan = Plan.of(
        recipe=Recipe(epochs=3, batch=64, options={"filters": [2, 2], "dense": 8}),
        space={"learning_rate": {"low": 0.001, "high": 0.02, "log": True}},
        epochs=3,
        data_sha256=dataset.fingerprint,
    )
    folder, killed = tmp_path / "study", list[int]()

    def kill_one(trials: Any) -> None:
        amid = any(trial.state.name == "RUNNING" and trial.last_step for trial in trials)
        if amid and not killed and (found := pids("ray::ImplicitFunc")):
            killed.append(found[0])
            os.kill(found[0], signal.SIGKILL)

    outcome = search_on_cluster(plan, folder, dataset, processors=cluster, trials=2, watch=kill_one)
    assert killed, "no worker was there to be killed"
    with sqlite3.connect(folder / "study.db") as connection:
        states = Counter(state for (state,) in connection.execute("SELECT state FROM trials"))
    assert states["COMPLETE"] + states["PRUNED"] == 2
    assert states.total() == 2
    assert outcome.trials == 2
    assert Recipe.load(outcome.recipe_path).learning_rate == outcome.recipe.learning_rate
    assert not list(folder.glob(".ray-*"))


def test_the_command_line_starts_a_cluster_of_its_own(tmp_path: Path, few: Path) -> None:
    out = tmp_path / "out"
    words = [sys.executable, "-m", "inkdigits", "read", str(few), "--engine", "ray"]
    done = subprocess.run(
        [*words, "--out", str(out), "--threads", "1"],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "read 6 pictures" in done.stderr
    assert len(rows(out)) == 6


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--engine", "spark", "--out", "x"], "--engine takes ray"),
        (["--engine", "ray"], "give --out"),
        (["--engine", "ray", "--out", "x", "--json"], "writes Parquet files"),
        (["--address", "auto"], "give --engine ray"),
    ],
)
def test_options_that_do_not_go_together(cli: Cli, words: list[str], sentence: str) -> None:
    result = cli("read", "seven.png", *words)
    assert result.exit_code == 2
    assert sentence in " ".join(result.stderr.split())

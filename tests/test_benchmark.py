"""The speed of this machine: figures that are figures, on a base install too, and a plain table."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from inkdigits import Dataset, Reader, Run
from inkdigits.benchmark import STEPS, machine, measure_speed, time_calls, versions
from inkdigits.benchmark.pictures import DIGITS, drawing, encode, photo
from inkdigits.benchmark.training import measure_training
from inkdigits.cli._speeds import print_speeds

from .conftest import Cli
from .test_cli import sentence

ROOT = Path(__file__).parent.parent


def check(speeds: dict[str, Any]) -> None:
    """Check what must hold on any machine, however busy."""
    assert list(speeds) == [
        "model", "threads", "classifying", "reading", "training", "machine", "versions"
    ]  # fmt: skip
    assert speeds["threads"] == speeds["machine"]["usable_processors"] >= 1
    assert [row["batch"] for row in speeds["classifying"]] == [1, 8, 64, 512, 4096]
    for row in speeds["classifying"]:
        assert row["n"] >= 3
        assert 1 < row["median_microseconds"] <= row["percentile_95_microseconds"]
        seconds = row["median_microseconds"] / 1e6
        assert row["digits_per_second"] == pytest.approx(row["batch"] / seconds)
    first, *_, last = speeds["classifying"]
    assert last["median_microseconds"] > 50 * first["median_microseconds"]
    small, large = speeds["reading"]
    assert (small["digits"], large["digits"]) == (1, 10)
    assert (large["width"], large["height"]) == (1155, 866)
    assert 0.05 < small["median_milliseconds"] < large["median_milliseconds"]
    assert large["n"] >= 3


def test_groups_of_steps_are_timed_by_the_images_in_them() -> None:
    from inkdigits._keras import keras
    from inkdigits.benchmark.steps import StepTimes

    times = StepTimes(images=2048, seconds=0)  # no warm-up either
    times.set_model(keras.Sequential())
    times.set_params({"steps": 5})
    times.on_epoch_begin(0)
    for group in range(5):
        time.sleep(0.1)
        times.on_train_batch_end(group)
    # The first has nothing before it, and the last may be smaller.
    assert len(times.seconds_an_image) == 3
    for seconds in times.seconds_an_image:
        assert 0.1 / 2048 <= seconds < 1 / 2048
    assert times.model.stop_training


@pytest.fixture(scope="module")
def speeds() -> dict[str, Any]:
    steps: list[str] = []
    measured = measure_speed(Reader(), seconds=0.1, announce=steps.append)
    assert len(steps) == len(set(steps)) == STEPS
    return measured


def test_everything_is_measured(speeds: dict[str, Any]) -> None:
    check(speeds)
    assert speeds["model"] == {"name": "reader", "parameters": Reader().card.parameters}
    training = speeds["training"]
    assert training["network"] == "reference"
    assert training["precision"] in ("float32", "bfloat16")
    assert training["images"] == 54_000
    assert training["n"] >= 1
    assert training["images_per_second"] > 100
    assert training["epoch_seconds"] * training["images_per_second"] == pytest.approx(54_000)
    assert json.loads(json.dumps(speeds)) == speeds


def test_a_base_install_measures_all_but_training(tmp_path: Path, trained: Run) -> None:
    """Neither the program nor the processes it starts find what `train` brings."""
    (tmp_path / "sitecustomize.py").write_text(
        "from tests.conftest import block_imports\n"
        "blocked = block_imports('keras', 'tensorflow', 'jax', 'torch', 'matplotlib', 'onnx')\n"
        "blocked.__enter__()\n"
        "import atexit; atexit.register(blocked.__exit__, None, None, None)\n"
    )
    path = os.pathsep.join([str(tmp_path), str(ROOT), os.environ.get("PYTHONPATH", "")])
    process = subprocess.run(
        [
            *(sys.executable, "-m", "inkdigits", "benchmark", "--json"),
            *("--model", trained.folder, "--out", "speed.json"),
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.stderr == ""
    assert process.returncode == 0
    measured = json.loads(process.stdout)
    check(measured)
    assert measured["model"]["name"] == "reference"
    assert measured["training"] == {
        "not_measured": 'this needs keras, which is not installed: pip install "inkdigits[train]"'
    }
    assert json.loads((tmp_path / "speed.json").read_text("utf-8")) == measured


def table(speeds: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> str:
    print_speeds(speeds)
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 80
    return text


def test_the_table_has_a_row_each(
    speeds: dict[str, Any], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = table(speeds, capsys)
    # Rows are set in below what they are about.
    assert re.findall(r"^  (\S.*?)  ", text, re.MULTILINE) == [
        "1 digit",
        "8 digits at once",
        "64 digits at once",
        "512 digits at once",
        "4,096 digits at once",
        "drawing of 1 digit, 28×28",
        "photo of 10 digits, 1155×866",
        f"an epoch, in {speeds['training']['precision']}",
    ]
    assert speeds["machine"]["processor"] in text.replace("\n", " ")
    for name, version in speeds["versions"].items():
        assert f"{name} {version}" in text.replace("\n", " ")


def test_units_suit_the_figures_and_brackets_stay(
    speeds: dict[str, Any], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    one = {
        "batch": 1,
        "median_microseconds": 999.6,
        "percentile_95_microseconds": 12_345_678.9,
        "digits_per_second": 123_456.7,
        "n": 100_000,
    }
    picture = {
        **speeds["reading"][1],
        "median_milliseconds": 18.256,
        "percentile_95_milliseconds": 0.0421,
    }
    reason = 'this needs keras, which is not installed: pip install "inkdigits[train]"'
    text = table(
        {
            **speeds,
            "classifying": [one],
            "reading": [picture],
            "training": {"not_measured": reason},
        },
        capsys,
    )
    (line,) = (line for line in text.splitlines() if "  1 digit" in line)
    assert line.split()[2:] == ["1.00", "ms", "12.3", "s", "123,457", "100,000"]
    (line,) = (line for line in text.splitlines() if "photo" in line)
    assert line.split()[5:9] == ["18.3", "ms", "42.1", "µs"]
    assert f"  {reason}" in text.splitlines()


def test_training_that_fails_costs_its_own_figure_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("KERAS_BACKEND", "theano")
        assert measure_training(1) == {
            "not_measured": "KERAS_BACKEND is theano; it may be tensorflow, jax, torch"
        }
    (tmp_path / "keras.py").write_text("raise RuntimeError('no such instruction')")
    monkeypatch.syspath_prepend(tmp_path)
    assert measure_training(1) == {
        "not_measured": "the training ended with exit code 1: RuntimeError: no such instruction"
    }


def test_what_cannot_be_written_or_loaded_is_said_before_measuring(
    cli: Cli, tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    start = time.monotonic()
    missing = str(Path("nowhere", "speed.json"))
    assert sentence(cli("benchmark", "--out", missing)) == (
        f"inkdigits: --out {missing}: there is no folder nowhere; make it first"
    )
    assert "folder is not a file" in sentence(cli("benchmark", "--out", "folder"))
    assert "there is no model file nowhere.onnx" in sentence(
        cli("benchmark", "--model", "nowhere.onnx")
    )
    assert time.monotonic() - start < 10
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals of this kind")
def test_a_terminal_shows_what_is_measured_and_ctrl_c_stops_it(tmp_path: Path) -> None:
    import pty

    screen, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "inkdigits", "benchmark", "--out", "speed.json"],
        cwd=tmp_path,
        stdout=terminal,
        stderr=terminal,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "80"},
    )
    os.close(terminal)
    shown = b""
    stopped = False
    with contextlib.suppress(OSError):  # how Linux says that the other end is closed
        while chunk := os.read(screen, 65536):
            shown += chunk
            if not stopped and b"classifying, 8 at once" in shown:
                process.send_signal(signal.SIGINT)
                stopped = True
    os.close(screen)
    text = shown.decode()
    assert process.wait() == 1, text
    assert "1/8" in text
    assert text.rstrip().endswith("inkdigits: stopped")
    assert "Traceback" not in text
    assert not (tmp_path / "speed.json").exists()


def test_a_call_is_timed_when_it_is_warm() -> None:
    calls = 0

    def slow_at_first() -> None:
        nonlocal calls
        calls += 1
        time.sleep(0.5 if calls == 1 else 0.01)

    timing = time_calls(slow_at_first, seconds=0.2)
    assert 3 <= timing.n <= 20
    assert timing.n < calls
    assert 0.01 <= timing.median <= timing.percentile_95 < 0.5


def test_a_call_that_takes_longer_than_its_time_is_timed_three_times() -> None:
    timing = time_calls(lambda: time.sleep(0.05), seconds=0.01)
    assert timing.n == 3
    assert timing.median >= 0.05


def test_the_pictures_can_be_read(mnist: tuple[Dataset, Dataset]) -> None:
    """What is timed is reading, and not finding nothing."""
    test = mnist[1]
    labels = "".join(map(str, test.require_labels()[:DIGITS]))
    reader = Reader()
    assert reader.read(encode(drawing(test), "PNG")).text == labels[0]
    assert reader.read(encode(photo(test), "JPEG")).text == labels


def test_the_machine_is_described() -> None:
    facts = machine()
    assert facts["processor"]
    assert 1 <= facts["usable_processors"] <= facts["processors"]
    assert facts["memory_bytes"] is None or facts["memory_bytes"] > 1e8
    assert versions(["numpy", "no-such-package"]).keys() == {"inkdigits", "numpy"}

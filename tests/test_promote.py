"""Promoting: only what is better goes in service, whole or not at all, and there is a way back."""

import json
import os
import re
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from inkdigits import Dataset, Reader
from inkdigits.datasets import load_mnist
from inkdigits.errors import ServiceError
from inkdigits.feedback import Correction, Feedback, is_held_out
from inkdigits.reading.model_file import DEFAULT_MODEL
from inkdigits.service import in_service, promotion
from inkdigits.service.in_service import (
    Figures,
    Promotion,
    Score,
    changing,
    current_model,
    put_in_service,
    read_in_service,
    roll_back,
)

from .conftest import Cli

DEADLINE = 120  # seconds, for what takes a few
FAINT = 8  # so much fainter than MNIST's digits, some are taken for none


def sentence(result: object) -> str:
    assert result.exit_code == 1, result.output  # type: ignore[attr-defined]
    (line,) = result.stderr.splitlines()  # type: ignore[attr-defined]
    assert line.startswith("inkdigits: ")
    return str(line)


def bolder(path: Path, by: float | np.ndarray, **card: str) -> Path:
    """Write the packaged model such that it holds more marks for digits: right, where they are.

    Args:
        path: to write to.
        by: what is added to the logits, of which that of "not a digit" stays 0.
        card: metadata to change.
    """
    model = onnx.load(DEFAULT_MODEL)
    (last,) = [node for node in model.graph.node if "logits" in node.output]
    last.output[:] = ["before"]
    model.graph.initializer.append(numpy_helper.from_array(np.float32(by), "boldness"))
    model.graph.node.append(helper.make_node("Add", ["before", "boldness"], ["logits"]))
    for entry in model.metadata_props:
        entry.value = card.get(entry.key, entry.value)
    onnx.save(model, path)
    return path


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    sizes = {"shy": -2.0, "same": 0.0, "bold": 4.0, "bolder": 8.0}
    found = {name: bolder(folder / f"{name}.onnx", by) for name, by in sizes.items()}
    return {**found, "closed": bolder(folder / "closed.onnx", 0, open_set="false")}


@pytest.fixture(scope="module")
def database(
    mnist: tuple[Dataset, Dataset], tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Dataset]:
    """A database of faint digits that are held out, and one that is not; and those held out."""
    faint = mnist[1].take(np.arange(200))
    given = [
        Correction(image // FAINT, int(digit))
        for image, digit in zip(faint.images, faint.require_labels(), strict=True)
    ]
    held_out = [one for one in given if is_held_out(one.id)]
    url = f"sqlite:///{tmp_path_factory.mktemp('database') / 'corrections.db'}"
    with Feedback(url) as feedback:
        for one in [*held_out, next(one for one in given if not is_held_out(one.id))]:
            feedback.add(one)
    images = np.stack([one.image for one in held_out])
    return url, Dataset(images, np.array([one.digit for one in held_out]), "held out")


@pytest.fixture(autouse=True)
def home(database: tuple[str, Dataset], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("INKDIGITS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("INKDIGITS_DATABASE", database[0])
    return tmp_path / "home"


def serve(model: Path, home: Path) -> Path:
    """Put a model in service as if it had been measured."""
    score = Score(right=1, digits=2)
    figures = Figures(mnist=score, corrections=score)
    content = model.read_bytes()
    with changing(home):
        promoted = Promotion(
            sha256=sha256(content).hexdigest(),
            source=str(model),
            promoted_at="2026-01-02T03:04:05Z",
            figures=figures,
            before=figures,
        )
        put_in_service(home, content, promoted)
    path = current_model(home)
    assert path is not None
    assert path.read_bytes() == content
    return path


def right(model: Path, digits: Dataset) -> int:
    """Count what is right by another way than promoting does: with "not a digit" as a column."""
    probabilities = Reader(model).classify_marks(digits.images)
    none = 1 - probabilities.sum(axis=1, keepdims=True)
    answers = np.concatenate([probabilities, none], axis=1).argmax(axis=1)
    return int((answers == digits.require_labels()).sum())


def test_a_better_model_goes_in_service_and_back(
    cli: Cli,
    home: Path,
    models: dict[str, Path],
    mnist: tuple[Dataset, Dataset],
    database: tuple[str, Dataset],
) -> None:
    assert current_model(home) is None
    done = cli("promote", models["bold"])
    assert done.exit_code == 0, done.output
    faint = database[1]
    expected = {
        "packaged": f"{right(DEFAULT_MODEL, faint)} of {len(faint)}",
        "bold": f"{right(models['bold'], mnist[1]):,} of 10,000",
    }
    header, packaged, candidate, _, now = done.stdout.splitlines()
    assert header.split("  ")[-1] == "held-out corrections"
    assert packaged.startswith("in service (packaged) ")
    assert packaged.endswith(expected["packaged"])
    assert candidate.startswith(f"{models['bold']} ")
    assert expected["bold"] in candidate
    assert now.endswith(
        "bold.onnx is in service now; inkdigits promote --rollback returns to the one before"
    )
    bold = current_model(home)
    assert bold is not None
    assert bold.read_bytes() == models["bold"].read_bytes()

    done = cli("promote", models["bolder"], "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    digest = sha256(models["bolder"].read_bytes()).hexdigest()
    assert (said["promoted"], said["sha256"]) == (True, digest)
    assert said["in_service"]["corrections"]["right"] < said["candidate"]["corrections"]["right"]
    assert said["in_service"]["mnist"]["right"] <= said["candidate"]["mnist"]["right"]
    assert current_model(home) == bold.with_name(f"{digest}.onnx")
    record = read_in_service(home)
    assert record.model is not None
    assert record.model.source == str(models["bolder"])
    assert record.model.figures.model_dump() == said["candidate"]
    assert [one.sha256 for one in record.previous] == [bold.stem]

    back = cli("promote", "--rollback")
    assert back.exit_code == 0, back.output
    assert f"from {models['bold']}, is in service again" in back.stdout
    assert current_model(home) == bold
    back = cli("promote", "--rollback", "--json")
    assert json.loads(back.stdout)["packaged"] is True
    assert current_model(home) is None
    assert "the packaged model is in service, and there is none before" in sentence(
        cli("promote", "--rollback")
    )
    record = read_in_service(home)
    assert [one.source for one in record.withdrawn] == [
        str(models["bolder"]),
        str(models["bold"]),
    ]
    assert len(list(bold.parent.iterdir())) == 2  # old models are kept


def test_a_model_that_is_no_better_stays_out(
    cli: Cli, home: Path, models: dict[str, Path], tmp_path: Path
) -> None:
    said = sentence(cli("promote", models["same"], "--json"))
    assert "same.onnx is not put in service: it gets no more of the held-out corrections" in said
    assert "fewer" not in said
    worse = cli("promote", models["shy"], "--json")
    assert json.loads(worse.stdout)["promoted"] is False
    said = sentence(worse)
    assert "gets fewer of MNIST's test digits right (9,9" in said
    assert ", and gets no more of the held-out corrections right (" in said
    assert current_model(home) is None

    # Who says that everything is a 3 is right about the threes.
    threes = bolder(tmp_path / "threes.onnx", 30 * np.eye(10, dtype=np.float32)[3])
    url = f"sqlite:///{tmp_path / 'threes.db'}"
    with Feedback(url) as feedback:
        images = (np.full((28, 28), brightness, np.uint8) for brightness in range(256))
        given = (Correction(image, 3) for image in images)
        feedback.add(next(one for one in given if is_held_out(one.id)))
    said = sentence(cli("promote", threes, "--database", url, "--json"))
    assert "it gets fewer of MNIST's test digits right (1," in said
    assert "corrections" not in said
    assert current_model(home) is None


def test_without_anything_to_measure_on_nothing_is_promoted(
    cli: Cli, home: Path, models: dict[str, Path], tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'few.db'}"
    promote = ["promote", models["bold"], "--database", url]
    said = sentence(cli(*promote))
    assert "there are 0 corrections, none of them among the fifth that is held out" in said
    assert "at least one of those is needed" in said
    with Feedback(url) as feedback:
        given = (Correction(np.full((28, 28), i, np.uint8), 3) for i in range(256))
        feedback.add(next(one for one in given if not is_held_out(one.id)))
    assert "there is 1 correction, none of them" in sentence(cli(*promote))
    assert not home.exists()


def test_the_model_in_service_does_not_take_its_own_place(
    cli: Cli, home: Path, models: dict[str, Path]
) -> None:
    assert "reader.onnx is in service already" in sentence(cli("promote", DEFAULT_MODEL))
    serve(models["bold"], home)
    assert "bold.onnx is in service already" in sentence(cli("promote", models["bold"]))


def test_a_run_that_knows_the_held_out_corrections_is_refused(
    cli: Cli, models: dict[str, Path], database: tuple[str, Dataset], tmp_path: Path
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "recipe.json").write_text("{}")
    (run / "model.onnx").write_bytes(models["bold"].read_bytes())
    held_out = database[1]
    np.savez(run / "also.npz", x=held_out.images[:3], y=held_out.require_labels()[:3])
    said = sentence(cli("promote", run))
    assert f"learned from 3 of the {len(held_out)} corrections that are held out" in said
    np.savez(run / "also.npz", x=held_out.images[:3] + 1, y=held_out.require_labels()[:3])
    assert cli("promote", run, "--json").exit_code == 0


def test_whoever_forgets_what_is_no_digit_is_told(
    cli: Cli, home: Path, models: dict[str, Path]
) -> None:
    done = cli("promote", models["closed"], "--json")
    assert done.exit_code == 0, done.output
    assert "takes every mark for a digit, as the model before did not" in done.stderr
    assert current_model(home) is not None


def test_of_two_that_promote_at_once_one_does(home: Path, models: dict[str, Path]) -> None:
    processes = [start(models["bold"]) for _ in range(2)]
    errors = [process.communicate(timeout=DEADLINE)[1] for process in processes]
    first, second = sorted(process.returncode for process in processes)
    assert (first, second) == (0, 1)
    assert re.search("is in service already|is no longer in service", "".join(errors))
    assert len(read_in_service(home).previous) == 0


def test_a_rollback_does_not_wait_for_a_promotion_that_measures(
    cli: Cli, home: Path, models: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(models["bold"], home)

    def load_after_a_rollback() -> tuple[Dataset, Dataset]:
        assert roll_back(home) is None
        return load_mnist()

    monkeypatch.setattr(promotion, "load_mnist", load_after_a_rollback)
    said = sentence(cli("promote", models["bolder"], "--json"))
    assert "was measured against a model that is no longer in service; promote it again" in said
    assert current_model(home) is None
    assert [one.source for one in read_in_service(home).withdrawn] == [str(models["bold"])]


def test_a_change_that_takes_too_long_is_not_waited_for(
    cli: Cli, home: Path, models: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(models["bold"], home)
    monkeypatch.setattr(in_service, "_PATIENCE", 0.1)
    with changing(home):
        said = sentence(cli("promote", "--rollback"))
    assert "another inkdigits promote is changing the model in service; try again" in said
    assert current_model(home) is not None


def test_a_kill_leaves_the_old_model_in_service(
    cli: Cli, home: Path, models: dict[str, Path]
) -> None:
    old = serve(models["bold"], home)
    content = models["bolder"].read_bytes()
    new = old.with_name(f"{sha256(content).hexdigest()}.onnx")
    lock = home / "service" / ".lock"
    lock.unlink(missing_ok=True)
    process = start(models["bolder"])
    deadline = time.monotonic() + DEADLINE
    while not lock.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()  # as it changes the model
    process.communicate(timeout=DEADLINE)
    # If this test was held up for seconds, it may have come to its end.
    assert current_model(home) in (old, new)
    if current_model(home) == new:
        assert cli("promote", "--rollback").exit_code == 0

    # As a kill leaves it between the model and the record.
    new.write_bytes(content[:-99])
    leftover = home / "service" / ".writing-1"
    leftover.mkdir()
    assert current_model(home) == old
    assert cli("promote", models["bolder"], "--json").exit_code == 0
    assert current_model(home) == new
    assert new.read_bytes() == content
    assert not leftover.exists()


def test_a_disk_that_refuses_leaves_the_old_model_in_service(
    cli: Cli, home: Path, models: dict[str, Path]
) -> None:
    (home / "service").mkdir(parents=True)
    (home / "service" / "models").write_text("in the way")
    assert "models: File exists" in sentence(cli("promote", models["bold"], "--json"))
    assert current_model(home) is None


def test_what_is_damaged_is_said_plainly(cli: Cli, home: Path, models: dict[str, Path]) -> None:
    first, second = serve(models["bold"], home), serve(models["bolder"], home)
    record = home / "service" / "in_service.json"
    whole = record.read_text()
    for damage in ("", "[]", "{", whole[:-9], whole.replace(first.stem, "../../x"), "[" * 99_999):
        record.write_text(damage)
        with pytest.raises(ServiceError, match=r"in_service\.json is damaged: move it away"):
            current_model(home)
    assert "in_service.json is damaged" in sentence(cli("promote", models["same"]))
    assert "in_service.json is damaged" in sentence(cli("promote", "--rollback"))
    record.write_text(whole)

    second.unlink()
    said = sentence(cli("promote", models["same"]))
    assert f"{second}, is not there any more: inkdigits promote --rollback returns" in said
    content = first.read_bytes()
    first.write_bytes(content[:-1])
    assert f"{first} is damaged" in sentence(cli("promote", "--rollback"))
    assert record.read_text() == whole
    first.write_bytes(content)
    assert cli("promote", "--rollback").exit_code == 0
    assert current_model(home) == first


@pytest.mark.parametrize("name", ["in_service.json", "models"])
def test_what_cannot_be_read_is_said_plainly(
    home: Path, models: dict[str, Path], name: str
) -> None:
    serve(models["bold"], home)
    in_the_way = home / "service" / name
    in_the_way.rename(in_the_way.with_name("aside"))
    try:
        in_the_way.symlink_to(in_the_way)
    except OSError:
        pytest.skip("this user may not make links")
    with pytest.raises(ServiceError, match=r"cannot be read: \w"):
        current_model(home)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_model_that_may_not_be_read_is_said_plainly(home: Path, models: dict[str, Path]) -> None:
    folder = serve(models["bold"], home).parent
    folder.chmod(0)
    try:
        with pytest.raises(ServiceError, match="cannot be read: Permission denied"):
            current_model(home)
    finally:
        folder.chmod(0o700)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "give the run to put in service, or --rollback"),
        (["runs/x", "--rollback"], "give the run to put in service, or --rollback"),
        (["--rollback", "--database", "sqlite:///x.db"], "leave out --database"),
    ],
)
def test_what_is_asked_must_make_sense(cli: Cli, arguments: list[str], says: str) -> None:
    result = cli("promote", *arguments)
    assert result.exit_code == 2
    assert says in " ".join(result.stderr.replace("│", " ").split())


def start(model: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "inkdigits", "promote", str(model), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )

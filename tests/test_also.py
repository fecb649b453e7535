"""Learning from a few more digits, such as corrections: all of them, and measured on none."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from inkdigits import Dataset, Reader, Recipe, Run, load, resume, train
from inkdigits.errors import DataError, RunError
from inkdigits.feedback import Correction, Feedback, is_held_out
from inkdigits.synthesis import Marks
from inkdigits.training.also import joined, repeats

from .conftest import Cli

SMALL = {
    "options": {"filters": [8, 8], "dense": 32},
    "epochs": 4,
    "batch": 32,
    "learning_rate": 0.003,
    "precision": "float32",
}
SIGN = np.kron(np.indices((7, 7)).sum(axis=0) % 2 * 255, np.ones((4, 4))).astype(np.uint8)
"""A chessboard, of which no network knows what it is before it is told."""


def sentence(result: object) -> str:
    assert result.exit_code == 1, result.output  # type: ignore[attr-defined]
    *_, line = result.stderr.splitlines()  # type: ignore[attr-defined]
    return str(line)


@pytest.fixture(scope="module")
def digits(mnist: tuple[Dataset, Dataset]) -> Dataset:
    return mnist[0].take(np.arange(600), "some digits")


@pytest.fixture(scope="module")
def signs() -> Dataset:
    """Five signs, hardly different, that are to be read as 3."""
    images = np.stack([SIGN] * 5)
    images[:, 0, 0] = np.arange(5)
    return Dataset(images, np.full(5, 3), "signs")


@pytest.fixture(scope="module")
def run(digits: Dataset, signs: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("runs") / "also"
    return train(Recipe.of(SMALL), digits, also=signs, folder=folder)


def begun(run: Run, folder: Path) -> Run:
    """Return a copy of a run as if it had been killed in its first epoch."""
    folder.mkdir()
    for name in ("recipe.json", "also.npz"):
        shutil.copy(run.folder / name, folder)
    return Run(folder)


@pytest.mark.parametrize(
    ("also", "others", "times"), [(150, 54_000, 19), (12, 54_000, 20), (9_000, 54_000, 1)]
)
def test_a_few_come_more_often_but_not_too_often(also: int, others: int, times: int) -> None:
    assert repeats(also, others) == times


def test_they_are_added_to_what_is_learned(digits: Dataset, signs: Dataset) -> None:
    both = joined(digits, signs)
    assert isinstance(both, Dataset)
    np.testing.assert_array_equal(both.images[:600], digits.images)
    np.testing.assert_array_equal(both.images[600:], np.tile(signs.images, (6, 1, 1)))
    assert both.require_labels()[600:].tolist() == [3] * 30

    marks = Marks(digits.images, np.full(600, 10, np.uint8))
    more = joined(marks, signs)
    assert isinstance(more, Marks)
    assert more.labels.tolist() == [10] * 600 + [3] * 30
    np.testing.assert_array_equal(more.images, both.images)


def test_a_network_learns_them_and_the_run_says_so(
    run: Run, digits: Dataset, signs: Dataset
) -> None:
    reader = Reader(run.model_path)
    assert reader.classify(signs.images).argmax(axis=1).tolist() == [3] * 5
    assert run.metrics["digits"] == 60  # the validation part has none of them
    provenance = json.loads((run.folder / "recipe.json").read_text())["provenance"]
    assert provenance["also"] == {
        "name": "signs",
        "digits": 5,
        "sha256": signs.fingerprint,
        "path": None,
    }
    assert provenance["training_data"]["sha256"] == digits.fingerprint
    assert load(run.folder / "also.npz").fingerprint == signs.fingerprint
    assert reader.card.training_data == "some digits + signs"
    assert reader.card.training_data_sha256 == f"{digits.fingerprint}+{signs.fingerprint}"


def test_a_resumed_run_goes_on_with_the_digits_it_keeps(
    run: Run, digits: Dataset, tmp_path: Path
) -> None:
    resumed = resume(begun(run, tmp_path / "broken").folder, digits)
    for mine, theirs in zip(
        resumed.network().get_weights(), run.network().get_weights(), strict=True
    ):
        np.testing.assert_array_equal(mine, theirs)


def test_digits_that_are_gone_or_damaged_are_refused(
    run: Run, digits: Dataset, signs: Dataset, tmp_path: Path
) -> None:
    broken = begun(run, tmp_path / "broken").folder
    kept = broken / "also.npz"
    whole = kept.read_bytes()
    other = signs.images.copy()
    other[0, 0, 0] = 99
    for damage, says in (
        (kept.unlink, "No such file"),
        (lambda: kept.write_bytes(whole[:-99]), "is not a sound NPZ archive"),
        (lambda: np.savez(kept, x=other, y=signs.require_labels()), "is damaged or holds other"),
        (lambda: np.savez(kept, x=signs.images), "is damaged or holds other"),
        (lambda: np.savez(kept, x_test=signs.images), "is damaged or holds other"),
    ):
        damage()
        with pytest.raises(RunError, match=says) as caught:
            resume(broken, digits)
        assert str(kept) in str(caught.value)
        assert "cannot go on without the digits it began with: train anew" in str(caught.value)
    assert not (broken / "model.keras").exists()


def test_what_is_measured_on_is_not_learned_from(
    digits: Dataset, some_test_digits: Dataset, signs: Dataset, tmp_path: Path
) -> None:
    recipe = Recipe.of({**SMALL, "epochs": 1})
    fitting, validation = recipe.split(digits)
    parts = validation, some_test_digits, signs, fitting
    mixed = Dataset(
        np.concatenate([part.images[:3] for part in parts]),
        np.concatenate([part.require_labels()[:3] for part in parts]),
        "mixed",
    )
    run = train(recipe, digits, test=some_test_digits, also=mixed, folder=tmp_path / "run")
    kept = load(run.folder / "also.npz")
    np.testing.assert_array_equal(kept.images, mixed.images[6:])
    np.testing.assert_array_equal(kept.labels, mixed.labels[6:])

    with pytest.raises(DataError, match="all of some test digits is among the digits to measure"):
        train(
            recipe,
            digits,
            test=some_test_digits,
            also=some_test_digits.take(np.arange(5)),
            folder=tmp_path / "other",
        )
    unlabelled = Dataset(signs.images, None, "signs")
    with pytest.raises(DataError, match="signs has no labels"):
        train(recipe, digits, also=unlabelled, folder=tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_each_member_learns_them(run: Run, digits: Dataset, signs: Dataset, tmp_path: Path) -> None:
    recipe = run.recipe.model_copy(update={"members": 2})
    pair = Run.create(tmp_path / "pair", recipe, digits, None, signs)
    first, second = (pair.folder / f"member-{number}" for number in (1, 2))
    shutil.copytree(run.folder, first)
    second.mkdir()  # as if killed before the recipe was written
    shutil.copy(run.folder / "also.npz", second)
    resume(pair.folder, digits)
    assert load(second / "also.npz").fingerprint == signs.fingerprint
    for folder in (pair.folder, first, second):
        images = Reader(folder / "model.onnx").classify(signs.images)
        assert images.argmax(axis=1).tolist() == [3] * 5

    for folder in (pair.folder, second):
        (folder / "metrics.json").unlink()
    (second / "also.npz").unlink()
    with pytest.raises(RunError, match=r"cannot go on .*; remove .*member-2, and"):
        resume(pair.folder, digits)
    shutil.rmtree(second)
    Run.create(second, Recipe.of(SMALL), digits, None)
    with pytest.raises(RunError, match=r"began with other further digits .*; remove .*member-2"):
        resume(pair.folder, digits)


def test_they_join_simulated_digits(
    digits: Dataset, signs: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    simulate = {"originals": 1, "copies": 1, "negatives": 0}
    recipe = Recipe.of({**SMALL, "epochs": 1, "simulate": simulate})
    few = digits.take(np.arange(300), "few digits")
    train(recipe, few, also=signs, folder=tmp_path / "run", progress=True)
    said = re.search(r"from 5 of signs, too: (\d+) of (\d+) images", capsys.readouterr().err)
    assert said is not None
    theirs, all_of_them = int(said[1]), int(said[2])
    assert all_of_them > 450
    assert theirs / all_of_them == pytest.approx(1 / 20, abs=0.005)


def test_the_command_learns_from_corrections(
    cli: Cli, digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("INKDIGITS_DATABASE", raising=False)
    monkeypatch.setenv("INKDIGITS_HOME", str(tmp_path / "home"))
    np.savez(tmp_path / "digits.npz", x=digits.images, y=digits.labels)
    url = f"sqlite:///{tmp_path / 'corrections.db'}"
    options = ["--data", "digits.npz", "--epochs", 1, "--option", "filters=4,4", "--json"]

    with Feedback(url) as feedback:
        given = [Correction(np.full((28, 28), 40 + i, np.uint8), i % 10) for i in range(30)]
        learned = [one for one in given if not is_held_out(one.id)]
        held_out = [one for one in given if is_held_out(one.id)]
        assert held_out
        feedback.add(held_out[0])
        nothing = cli("train", "--also", "feedback", "--database", url, *options)
        assert "there are no corrections to learn from yet" in sentence(nothing)
        assert not Path("runs").exists()
        for one in given:
            feedback.add(one)
        done = cli("train", "--also", "feedback", "--database", url, *options)
        assert done.exit_code == 0, done.output
        feedback.delete_all()
    assert f"learning from {len(learned)} of corrections, too: " in done.stderr
    folder = Path(json.loads(done.stdout)["folder"])
    kept = load(folder / "also.npz")
    assert kept.images[:, 0, 0].tolist() == [int(one.image[0, 0]) for one in learned]
    assert kept.require_labels().tolist() == [one.digit for one in learned]

    again = cli("train", "--resume", folder, "--also", "feedback")
    assert again.exit_code == 2
    assert "keeps its recipe" in again.stderr


def test_the_command_learns_from_other_digits(
    cli: Cli, digits: Dataset, signs: Dataset, tmp_path: Path
) -> None:
    np.savez(tmp_path / "digits.npz", x=digits.images, y=digits.labels)
    np.savez(tmp_path / "signs.npz", x=signs.images, y=signs.labels)
    options = ["--data", "digits.npz", "--epochs", 1, "--option", "filters=4,4", "--json"]
    done = cli("train", *options, "--also", "signs.npz")
    assert done.exit_code == 0, done.output
    assert "learning from 5 of signs.npz, too: 30 of 570 images in an epoch" in done.stderr
    assert "nobody.npz does not exist" in sentence(cli("train", *options, "--also", "nobody.npz"))
    wrong = cli("train", *options, "--also", "signs.npz", "--database", "sqlite:///x.db")
    assert wrong.exit_code == 2
    assert "--also feedback" in wrong.stderr

"""Several networks as one: trained together, or measured together."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from inkdigits import Dataset, Reader, Recipe, Run, resume, train
from inkdigits._keras import keras
from inkdigits.errors import ModelError, RecipeError, RunError
from inkdigits.networks import average, build, count_multiply_adds, gives_logits
from inkdigits.training.history import Epoch, mean_history

SMALL = {"options": {"filters": [4, 4], "dense": 8}, "epochs": 2, "validation": 0.1}


@pytest.fixture(scope="module")
def pair(some_digits: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Run:
    recipe = Recipe.of({**SMALL, "members": 2, "seed": 5})
    return train(recipe, some_digits, folder=tmp_path_factory.mktemp("runs") / "pair")


def test_an_ensemble_is_the_mean_of_its_members(pair: Run, some_test_digits: Dataset) -> None:
    images = some_test_digits.images[:100]
    members = [Run(pair.folder / f"member-{number}") for number in (1, 2)]
    assert [member.recipe.seed for member in members] == [5, 6]
    theirs = [Reader(member.model_path).classify(images) for member in members]
    assert not np.allclose(theirs[0], theirs[1], atol=0.01)
    ours = Reader(pair.model_path).classify(images)
    np.testing.assert_allclose(ours, np.mean(theirs, axis=0), atol=1e-5)
    assert pair.metrics["parameters"] == 2 * members[0].metrics["parameters"]
    assert pair.metrics["multiply_adds"] == 2 * members[0].metrics["multiply_adds"]
    assert count_multiply_adds(pair.network()) == pair.metrics["multiply_adds"]
    assert [row.loss for row in pair.history] == pytest.approx(
        [np.mean([a.loss, b.loss]) for a, b in zip(members[0].history, members[1].history)],
        rel=1e-4,
    )


def test_an_ensemble_that_was_cut_off_trains_only_what_is_missing(
    pair: Run, some_digits: Dataset, tmp_path: Path
) -> None:
    recipe = pair.recipe
    broken = Run.create(tmp_path / "broken", recipe, some_digits, None)
    first = recipe.model_copy(update={"members": 1})
    done = train(first, some_digits, folder=broken.folder / "member-1")
    before = done.model_path.stat().st_mtime_ns
    resume(broken.folder, some_digits)
    assert done.model_path.stat().st_mtime_ns == before
    for mine, theirs in zip(broken.network().get_weights(), pair.network().get_weights()):
        np.testing.assert_array_equal(mine, theirs)


def test_a_damaged_member_is_named_with_the_way_out(
    pair: Run, some_digits: Dataset, tmp_path: Path
) -> None:
    broken = Run(shutil.copytree(pair.folder, tmp_path / "broken"))
    (broken.folder / "metrics.json").unlink()
    weights = broken.folder / "member-2" / "model.keras"
    whole = weights.read_bytes()
    for damage in (whole[:-99], None):
        weights.write_bytes(damage) if damage else weights.unlink()
        with pytest.raises(RunError, match=r"damaged.*; remove .*member-2, and") as caught:
            resume(broken.folder, some_digits)
        assert f"--resume {broken.folder}" in str(caught.value)
    shutil.rmtree(broken.folder / "member-2")
    assert resume(broken.folder, some_digits).metrics["parameters"] == pair.metrics["parameters"]


def test_networks_that_know_what_is_no_digit_stay_so_in_an_average() -> None:
    networks = [build("reader", filters=[2, 2, 2]) for _ in range(2)]
    images = np.random.default_rng(0).random((3, 28, 28, 1), np.float32)
    logits = np.mean([keras.ops.convert_to_numpy(network(images)) for network in networks], axis=0)
    open_set = average(networks, open_set=True)
    assert gives_logits(open_set)
    np.testing.assert_allclose(open_set(images), logits, atol=1e-5)
    closed = average(networks)
    assert not gives_logits(closed)
    np.testing.assert_allclose(np.sum(closed(images), axis=1), 1, atol=1e-5)


def test_a_mean_history_goes_on_where_some_stopped_early() -> None:
    long = [Epoch(1.0, 0.5, 1.2, 0.4, 3.0), Epoch(0.5, 0.7, 0.8, 0.6, 3.0)]
    short = [Epoch(3.0, 0.1, 3.2, 0.2, 1.0)]
    assert mean_history([long, short]) == [
        pytest.approx(Epoch(2.0, 0.3, 2.2, 0.3, 4.0)),
        pytest.approx(long[1]),
    ]


def test_a_network_learns_from_a_teacher(
    trained: Run, some_digits: Dataset, tmp_path: Path
) -> None:
    """Of labels that say nothing, only the teacher can tell it the digits."""
    rng = np.random.default_rng(0)
    wrong = Dataset(some_digits.images, rng.permutation(some_digits.require_labels()), "wrong")
    plain = Recipe(epochs=3, batch=32)
    taught = plain.model_copy(update={"teacher": str(trained.folder)})
    plain_run, taught_run = (
        train(recipe, wrong, test=some_digits, folder=tmp_path / name)
        for name, recipe in (("plain", plain), ("taught", taught))
    )
    assert plain_run.metrics["test_accuracy"] < 0.3
    assert taught_run.metrics["test_accuracy"] > 0.6
    assert taught_run.metrics["parameters"] == trained.metrics["parameters"]

    (taught_run.folder / "metrics.json").unlink()
    (tmp_path / "teacher").mkdir()
    for name in ("recipe.json", "model.keras", "metrics.json"):
        shutil.copy(trained.folder / name, tmp_path / "teacher")
    with (tmp_path / "teacher" / "model.keras").open("ab") as file:
        file.write(b" ")
    recipe_file = taught_run.folder / "recipe.json"
    text = recipe_file.read_text("utf-8")
    recipe_file.write_text(
        text.replace(json.dumps(str(trained.folder)), json.dumps(str(tmp_path / "teacher"))),
        "utf-8",
    )
    with pytest.raises(RunError, match="began with another teacher"):
        resume(taught_run.folder, wrong, test=some_digits)


def test_a_teacher_must_be_a_finished_run(some_digits: Dataset, tmp_path: Path) -> None:
    recipe = Recipe.of({**SMALL, "teacher": str(tmp_path / "nobody")})
    with pytest.raises(RunError, match="nobody is no run folder"):
        train(recipe, some_digits, folder=tmp_path / "run")
    unfinished = Run.create(tmp_path / "unfinished", Recipe.of(SMALL), some_digits, None)
    recipe = Recipe.of({**SMALL, "teacher": str(unfinished.folder)})
    with pytest.raises(RunError, match="is not finished"):
        train(recipe, some_digits, folder=tmp_path / "run")
    (unfinished.folder / "model.keras").write_bytes(b"PK")
    (unfinished.folder / "metrics.json").touch()
    with pytest.raises(ModelError, match=r"is not a sound \.keras file"):
        train(recipe, some_digits, folder=tmp_path / "run")
    recipe = Recipe.of({**SMALL, "network": "reader", "options": {}, "simulate": {}})
    with pytest.raises(RecipeError, match="leave it out"):
        train(recipe.model_copy(update={"teacher": "x"}), some_digits, folder=tmp_path / "run")
    assert not (tmp_path / "run").exists()

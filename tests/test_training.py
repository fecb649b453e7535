"""Training: what a run leaves behind, repeating it, stopping it in the middle and going on."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import inkdigits
from inkdigits import Dataset, Recipe, Run, resume, train
from inkdigits._keras import keras
from inkdigits.errors import DataError, ModelError, RecipeError, RunError
from inkdigits.networks import as_classifier
from inkdigits.reading.classifier import softmax
from inkdigits.training.alone import alone_in
from inkdigits.training.averaging import AverageWeights
from inkdigits.training.batches import Batches
from inkdigits.training.fit import build_for, fit
from inkdigits.training.history import Epoch, best_epoch, should_stop
from inkdigits.training.precision import POLICIES, settle_precision
from inkdigits.training.prepare import simulated_fitting, simulated_validation
from inkdigits.training.recipe import Simulation
from inkdigits.training.schedule import learning_rate
from inkdigits.training.tensorboard import EpochScalars

Mnist = tuple[Dataset, Dataset]


def without_seconds(history: list[Epoch]) -> list[tuple[float, ...]]:
    return [epoch[:-1] for epoch in history]


def outcome(run: Run) -> dict[str, object]:
    """All of a run's metrics that must not depend on how fast the machine was."""
    return {key: value for key, value in run.metrics.items() if key != "seconds"}


def test_a_run_folder_holds_what_the_contract_says(trained: Run) -> None:
    files = {
        path.relative_to(trained.folder).as_posix()
        for path in trained.folder.rglob("*")
        if path.is_file() and path.parent.name != "tensorboard"
    }
    assert files == {
        "recipe.json",
        "model.keras",
        "model.onnx",
        "history.csv",
        "metrics.json",
        *(f"plots/{name}.png" for name in ("history", "confusion", "misread", "reliability")),
    }
    assert list((trained.folder / "tensorboard").glob("events.*"))
    header, *rows = (trained.folder / "history.csv").read_text().splitlines()
    assert header == "epoch,loss,accuracy,val_loss,val_accuracy,seconds"
    assert [row.split(",")[0] for row in rows] == ["1", "2"]
    assert len(trained.history) == 2
    for path in (trained.folder / "plots").iterdir():
        assert path.read_bytes().startswith(b"\x89PNG")


def test_metrics_are_those_of_the_model_on_the_test_set(
    trained: Run, some_test_digits: Dataset
) -> None:
    from inkdigits import Reader, evaluate

    metrics = trained.metrics
    evaluation = evaluate(Reader(trained.model_path).classify, some_test_digits)
    assert metrics["test_accuracy"] == metrics["accuracy"] == pytest.approx(evaluation.accuracy)
    assert metrics["test_loss"] == pytest.approx(evaluation.loss, rel=1e-3)
    assert metrics["digits"] == 1000
    assert metrics["parameters"] == 225_034
    assert metrics["epochs"] == 2
    assert metrics["seconds"] > 0
    assert [row["digit"] for row in metrics["per_digit"]] == list(range(10))
    assert metrics["test_accuracy"] > 0.6


def test_a_recipe_is_written_down_with_all_that_repeats_it(
    trained: Run, some_digits: Dataset
) -> None:
    written = json.loads((trained.folder / "recipe.json").read_text())
    assert Recipe.load(trained.folder / "recipe.json") == trained.recipe
    provenance = written["provenance"]
    assert provenance["training_data"]["sha256"] == some_digits.fingerprint
    assert written["precision"] in ("float32", "bfloat16")  # what auto came to here
    assert {
        *("inkdigits", "python", "keras", "numpy"),
        *("opencv", "pillow", "matplotlib"),  # they draw simulated marks
    } <= set(provenance["versions"])


def test_the_same_seed_gives_the_same_result(some_digits: Dataset, tmp_path: Path) -> None:
    results = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        recipe = Recipe(epochs=1, seed=seed)
        run = train(recipe, some_digits, folder=tmp_path / name)
        results.append((outcome(run), without_seconds(run.history)))
    assert results[0] == results[1]
    assert results[0] != results[2]


def test_without_a_test_set_the_validation_part_is_measured(
    some_digits: Dataset, tmp_path: Path
) -> None:
    metrics = train(Recipe(epochs=1), some_digits, folder=tmp_path / "run").metrics
    assert metrics["test_accuracy"] is None
    assert metrics["accuracy"] == metrics["validation_accuracy"]
    assert metrics["digits"] == 200


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_both_precisions_learn_and_leave_a_float32_network(
    precision: str, some_digits: Dataset, tmp_path: Path
) -> None:
    run = train(Recipe(epochs=2, precision=precision), some_digits, folder=tmp_path / "run")
    assert run.metrics["validation_accuracy"] > 0.7
    assert {weight.dtype for weight in run.network().weights} == {"float32"}


def test_automatic_precision_is_one_of_the_two() -> None:
    assert settle_precision(Recipe()).precision in POLICIES
    assert settle_precision(Recipe(precision="float32")) == Recipe(precision="float32")
    assert keras.config.dtype_policy().name == "float32"  # training leaves no policy behind


def unbroken_and_resumed(recipe: Recipe, digits: Dataset, folder: Path) -> tuple[Run, Run]:
    """Train once without a break, and once stopped by Ctrl-C in the third epoch and resumed."""

    class Interrupt(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: object = None) -> None:
            if len(Run(folder / "broken").history) == 2:
                raise KeyboardInterrupt

    unbroken = train(recipe, digits, folder=folder / "unbroken")
    broken = Run.create(folder / "broken", recipe, digits, None)
    fitting, validation = digits.split(recipe.validation, seed=0)
    seen = simulated_fitting(recipe, fitting)
    held_out = simulated_validation(recipe, validation)
    with pytest.raises(KeyboardInterrupt):
        fit(recipe, seen, held_out, broken.folder, (Interrupt(),))
    assert len(broken.history) == 2
    assert not broken.finished
    return unbroken, resume(broken.folder, digits)


@pytest.mark.parametrize(
    "extra",
    [
        {},
        {"augment": {}, "ema": 0.9, "schedule": "one-cycle"},
        {
            "optimizer": "adamw",
            "weight_decay": 0.01,
            "network": "resnet",
            "options": {"filters": [4, 8], "blocks": 1},
        },
        {"patience": 1, "learning_rate": 0.02, "epochs": 6},
        {
            "network": "reader",
            "options": {"filters": [4, 4, 8]},
            "simulate": {"originals": 1, "copies": 1, "negatives": 0.3},
            "augment": {},
            "ema": 0.9,
        },
        {
            "network": "branched",
            "options": {"filters": [4, 4, 8]},
            "optimizer": "muon",
            "learning_rate": 0.02,
            "weight_decay": 0.05,
            "augment": {"jitter": 2},
        },
    ],
    ids=["plain", "augmented", "resnet", "early stopping", "simulated", "branched by muon"],
)
def test_a_resumed_run_ends_as_an_unbroken_one(
    extra: dict[str, object], mnist: Mnist, tmp_path: Path
) -> None:
    recipe = Recipe.of({"epochs": 3, "steps_per_execution": 3, **extra})
    digits = mnist[0].take(np.arange(600))
    unbroken, resumed = unbroken_and_resumed(recipe, digits, tmp_path)
    assert without_seconds(resumed.history) == without_seconds(unbroken.history)
    assert outcome(resumed) == outcome(unbroken)
    for one, other in zip(
        resumed.network().get_weights(), unbroken.network().get_weights(), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    assert not (resumed.folder / "checkpoint").exists()


@pytest.mark.parametrize("extra", [{"ema": 0.9}, {"patience": 1, "learning_rate": 0.03}])
def test_a_run_that_was_killed_after_its_last_epoch_is_finished_too(
    extra: dict[str, float], mnist: Mnist, tmp_path: Path
) -> None:
    recipe = Recipe.of({"epochs": 8 if "patience" in extra else 2, **extra})
    digits = mnist[0].take(np.arange(1000))
    unbroken = train(recipe, digits, folder=tmp_path / "unbroken")
    killed = Run.create(tmp_path / "killed", recipe, digits, None)
    fit(recipe, *digits.split(recipe.validation, seed=0), killed.folder)
    table = killed.folder / "history.csv"
    table.write_text("".join(table.read_text().splitlines(keepends=True)[:-1]))
    resumed = resume(killed.folder, digits)
    assert outcome(resumed) == outcome(unbroken)
    assert without_seconds(resumed.history) == without_seconds(unbroken.history)


def test_a_killed_run_goes_on_to_the_same_end(
    mnist: Mnist, tmp_path: Path, some_test_digits: Dataset
) -> None:
    digits = mnist[0].take(np.arange(3000))
    np.savez(
        tmp_path / "digits.npz",
        x_train=digits.images,
        y_train=digits.labels,
        x_test=some_test_digits.images,
        y_test=some_test_digits.labels,
    )
    common = [sys.executable, "-m", "inkdigits", "train", "--data", "digits.npz"]
    arguments = ["--epochs", "4", "--augment", "standard"]
    subprocess.run(
        [*common, *arguments, "--out", "unbroken"], cwd=tmp_path, check=True, capture_output=True
    )
    process = subprocess.Popen(
        [*common, *arguments, "--out", "killed"], cwd=tmp_path, stdout=subprocess.DEVNULL
    )
    killed = tmp_path / "killed"
    deadline = time.monotonic() + 120
    while not (killed / "history.csv").exists():  # the first epoch is done
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL if os.name != "nt" else signal.SIGTERM)
    process.wait()
    assert not Run(killed).finished
    # The run knows where its digits came from.
    subprocess.run(
        [*common[:-2], "--resume", "killed"], cwd=tmp_path, check=True, capture_output=True
    )
    assert outcome(Run(killed)) == outcome(Run(tmp_path / "unbroken"))
    assert without_seconds(Run(killed).history) == without_seconds(
        Run(tmp_path / "unbroken").history
    )


@pytest.mark.skipif(os.name == "nt", reason="Windows sends Ctrl-C to whole groups")
def test_ctrl_c_at_any_moment_says_how_to_go_on(some_digits: Dataset, tmp_path: Path) -> None:
    np.savez(tmp_path / "digits.npz", x=some_digits.images, y=some_digits.labels)
    arguments = ["train", "--data", "digits.npz", "--epochs", "100", "--augment", "standard"]
    for number, delay in enumerate((0.3, 3.0)):
        process = subprocess.Popen(
            [sys.executable, "-m", "inkdigits", *arguments, "--out", f"run{number}"],
            cwd=tmp_path,
            stderr=subprocess.PIPE,
            text=True,
        )
        while not (tmp_path / f"run{number}" / "recipe.json").exists():
            assert process.poll() is None
            time.sleep(0.02)
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 1
        # Within its own C++, TensorFlow may first print what it was interrupted at.
        *earlier, last = errors.splitlines()
        assert not any(str(Path(inkdigits.__file__).parent) in line for line in earlier)
        assert last == f"inkdigits: stopped; go on with inkdigits train --resume run{number}"


def test_a_ctrl_c_that_somebody_swallows_counts_after_the_epoch(
    some_digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def swallow(self: EpochScalars, epoch: int, logs: object = None) -> None:
        with contextlib.suppress(KeyboardInterrupt):  # as TensorFlow does where it calls Python
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(EpochScalars, "on_epoch_begin", swallow)
    recipe = Recipe(epochs=3, batch=500)
    with pytest.raises(KeyboardInterrupt) as stopped:
        train(recipe, some_digits, folder=tmp_path / "run")
    assert stopped.value.__notes__ == [f"go on with inkdigits train --resume {tmp_path / 'run'}"]
    monkeypatch.undo()
    assert resume(tmp_path / "run", some_digits).metrics["epochs"] == 3


def test_what_cannot_be_resumed_says_why(
    trained: Run, some_digits: Dataset, some_test_digits: Dataset, tmp_path: Path
) -> None:
    with pytest.raises(RunError, match="is finished; there is nothing to resume"):
        resume(trained.folder, some_digits, test=some_test_digits)
    with pytest.raises(RunError, match="is no run folder"):
        resume(tmp_path, some_digits)
    run = Run.create(tmp_path / "new", Recipe(epochs=1), some_digits, None)
    with pytest.raises(RunError, match=r"other training data \(some digits\)"):
        resume(run.folder, some_test_digits)
    with pytest.raises(RunError, match=r"other test data \(none\)"):
        resume(run.folder, some_digits, test=some_test_digits)


def test_a_corrupted_checkpoint_is_named_with_the_way_out(
    some_digits: Dataset, tmp_path: Path
) -> None:
    run = Run.create(tmp_path / "run", Recipe(epochs=1), some_digits, None)
    state = run.folder / "checkpoint" / "state.npz"
    fitting, validation = some_digits.split(0.1, seed=0)
    fit(run.recipe, fitting, validation, run.folder)
    whole = state.read_bytes()

    def refused() -> None:
        why = r"checkpoint .*state\.npz is damaged; remove the folder"
        with pytest.raises(RunError, match=why):
            resume(run.folder, some_digits)

    for damaged in (b"", whole[: len(whole) // 2], b"x" * 999):
        state.write_bytes(damaged)
        refused()
    np.savez(state, history=np.array("[]"), **{"0000": np.zeros(3)})  # of another network
    refused()
    np.savez(state, **{"0000": np.zeros(3)})
    refused()
    shutil.rmtree(state.parent)  # the way out
    assert resume(run.folder, some_digits).finished


def test_run_folders_are_never_overwritten(
    trained: Run, some_digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RunError, match="exists already; choose another name"):
        train(Recipe(), some_digits, folder=trained.folder)
    monkeypatch.chdir(tmp_path)
    names = [Run.create(None, Recipe(), some_digits, None).folder.as_posix() for _ in range(3)]
    assert names == ["runs/reference", "runs/reference-2", "runs/reference-3"]


def test_what_is_wrong_is_found_before_a_folder_is_made(
    some_digits: Dataset, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    with pytest.raises(RecipeError, match="no network 'lenet'"):
        train(Recipe(network="lenet"), some_digits, folder=folder)
    with pytest.raises(RecipeError, match="no option"):
        train(Recipe(options={"depth": 3}), some_digits, folder=folder)
    with pytest.raises(DataError, match="has no labels"):
        train(Recipe(), Dataset(some_digits.images, None), folder=folder)
    with pytest.raises(DataError, match="too few images"):
        train(Recipe(validation=0.001), some_digits, folder=folder)
    large = Recipe(members=100, options={"dense": 4096})
    with pytest.raises(ModelError, match="have fewer members"):
        train(large, some_digits, folder=folder)
    black = Dataset(np.zeros_like(some_digits.images), some_digits.labels, "night")
    with pytest.raises(DataError, match="night has no ink to draw anew"):
        train(Recipe(network="reader", simulate=Simulation()), black, folder=folder)
    assert not folder.exists()


def test_one_process_at_a_time_trains_in_a_folder(some_digits: Dataset, tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", Recipe(epochs=1), some_digits, None)
    with alone_in(run.folder), pytest.raises(RunError, match="by another process; let it end"):
        resume(run.folder, some_digits)
    assert resume(run.folder, some_digits).finished


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit on file size to set")
def test_a_full_disk_in_the_middle_of_a_run_leaves_a_run_to_resume(
    mnist: Mnist, tmp_path: Path
) -> None:
    """No file may grow past 1 MB, as if the disk were full: the first checkpoint fails."""
    np.savez(tmp_path / "digits.npz", x=mnist[0].images[:1000], y=mnist[0].require_labels()[:1000])
    limited = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000));"
        "sys.argv[0] = 'inkdigits'; from inkdigits.cli import main; main()"
    )
    common = ["train", "--data", "digits.npz"]
    process = subprocess.run(
        [sys.executable, "-c", limited, *common, "--epochs", "2", "--out", "run"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 1
    (line,) = process.stderr.splitlines()
    assert "run could not be written" in line
    assert "go on with inkdigits train --resume run" in line
    assert [path.name for path in (tmp_path / "run" / "checkpoint").iterdir()] == []
    finished = subprocess.run(
        [sys.executable, "-m", "inkdigits", *common, "--resume", "run"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert finished.returncode == 0
    assert len(Run(tmp_path / "run").history) == 2


def test_batches_are_whole_and_shuffled_by_seed_and_epoch(some_digits: Dataset) -> None:
    batches = Batches(some_digits, 300, seed=3)
    assert len(batches) == 7
    images, labels = batches[0]
    assert images.shape == (300, 28, 28, 1)
    assert images.dtype == labels.dtype == np.float32
    assert labels.shape == (300, 10)
    assert len(batches[6][0]) == 200

    def epoch(batches: Batches, number: int) -> np.ndarray:
        batches.begin_epoch(number)
        return np.concatenate([batches[i][0] for i in range(len(batches))])

    first, second = epoch(batches, 0), epoch(batches, 1)
    np.testing.assert_array_equal(np.sort(first.sum((1, 2, 3))), np.sort(second.sum((1, 2, 3))))
    assert (first != second).any()
    np.testing.assert_array_equal(epoch(Batches(some_digits, 300, seed=3), 1), second)
    assert (epoch(Batches(some_digits, 300, seed=4), 1) != second).any()
    in_order = Batches(some_digits, 300)
    np.testing.assert_array_equal(in_order[0][1].argmax(axis=1), some_digits.labels[:300])


def test_learning_rate_schedules() -> None:
    def rates(schedule: str) -> list[float]:
        rate = learning_rate(Recipe(schedule=schedule, learning_rate=0.01), steps=100)
        return [rate if isinstance(rate, float) else float(rate(step)) for step in range(101)]

    assert set(rates("constant")) == {0.01}
    cosine = rates("cosine")
    assert cosine[0] == pytest.approx(0.01)
    assert cosine[50] == pytest.approx(0.005)
    assert cosine[100] == pytest.approx(0, abs=1e-9)
    one_cycle = rates("one-cycle")
    assert one_cycle[0] == pytest.approx(0.0004)
    assert int(np.argmax(one_cycle)) == 30
    assert max(one_cycle) == pytest.approx(0.01)
    assert one_cycle[100] == pytest.approx(0, abs=1e-9)


def test_early_stopping_looks_at_validation_loss() -> None:
    history = [Epoch(0, 0, loss, 0, 0) for loss in (3.0, 1.0, 2.0, 1.0)]
    assert best_epoch(history) == 1
    assert not should_stop(history, None)
    assert not should_stop(history, 3)
    assert should_stop(history, 2)
    assert not should_stop([], 1)


def test_early_stopping_keeps_the_best_epoch(some_digits: Dataset, tmp_path: Path) -> None:
    recipe = Recipe(epochs=30, patience=1, learning_rate=0.03, precision="float32")
    run = train(recipe, some_digits, folder=tmp_path / "run")
    history = run.history
    assert len(history) < 30
    best = history[best_epoch(history)].val_loss
    assert history[-1].val_loss > best * 1.001
    # Without the temperature that the logits are divided by in the end.
    _, validation = recipe.split(some_digits)
    images, labels = validation.images, validation.require_labels()
    calibrated = np.log(as_classifier(run.network())(images).astype(np.float64))
    probabilities = softmax((calibrated * run.metrics["temperature"]).astype(np.float32))
    loss = -np.log(probabilities[np.arange(len(labels)), labels]).mean()
    assert loss == pytest.approx(best, rel=1e-4)


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd", "rmsprop", "muon"])
def test_every_optimizer_trains(optimizer: str, some_digits: Dataset, tmp_path: Path) -> None:
    recipe = Recipe.of({"epochs": 1, "optimizer": optimizer})
    _, history = fit(recipe, *some_digits.split(0.1, seed=0), tmp_path)
    assert history[0].loss < 2.4


def test_a_diverged_run_says_so(some_digits: Dataset, tmp_path: Path) -> None:
    recipe = Recipe(epochs=3, optimizer="sgd", learning_rate=1e30, patience=1)
    with pytest.raises(RunError, match=r"diverged in epoch 1: .*lower learning rate"):
        train(recipe, some_digits, folder=tmp_path / "run")


def test_what_a_kill_left_half_written_is_swept_away(some_digits: Dataset, tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", Recipe(epochs=1), some_digits, None)
    (run.folder / ".writing-abc").mkdir()
    (run.folder / ".writing-abc" / "model.keras").touch()
    resume(run.folder, some_digits)
    assert not list(run.folder.rglob(".*"))


@pytest.mark.parametrize("provenance", [3, {}, {"training_data": None}])
def test_a_damaged_provenance_is_named(
    provenance: object, some_digits: Dataset, tmp_path: Path
) -> None:
    run = Run.create(tmp_path / "run", Recipe(), some_digits, None)
    (run.folder / "recipe.json").write_text(json.dumps({"provenance": provenance}))
    with pytest.raises(RunError, match="does not say soundly where its run came from"):
        Run(run.folder)


def test_averaged_weights_are_validated_and_kept(some_digits: Dataset, tmp_path: Path) -> None:
    recipe = Recipe(epochs=2, ema=0.95, precision="float32")
    fitting, validation = some_digits.split(0.1, seed=0)
    network, history = fit(recipe, fitting, validation, tmp_path)
    network.compile(loss="categorical_crossentropy", metrics=["accuracy"])
    loss, accuracy = network.evaluate(Batches(validation, 500), verbose=0)
    assert history[-1].val_loss == pytest.approx(loss, rel=1e-4)
    assert history[-1].val_accuracy == pytest.approx(accuracy)
    plain, _ = fit(recipe.model_copy(update={"ema": 0.0}), fitting, validation, tmp_path / "p")
    assert any(
        (a != b).any() for a, b in zip(network.get_weights(), plain.get_weights(), strict=True)
    )


def test_swapping_averages_in_and_out_changes_nothing() -> None:
    model = build_for(Recipe(), "float32")
    model.compile(keras.optimizers.Adam(use_ema=True), loss="categorical_crossentropy")
    images = np.random.default_rng(0).random((32, 28, 28, 1), np.float32)
    model.fit(images, np.eye(10)[np.arange(32) % 10], epochs=2, verbose=0)
    model.fit(images, np.eye(10)[np.arange(32) % 10], epochs=1, verbose=0)
    before = [v.numpy().copy() for v in (*model.weights, *model.optimizer.variables)]
    callback = AverageWeights()
    callback.set_model(model)
    callback.on_test_begin()
    callback.on_test_end()
    after = [v.numpy() for v in (*model.weights, *model.optimizer.variables)]
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)


def test_tensorboard_logs_hold_scalars_graph_hyperparameters_and_images(trained: Run) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(trained.folder / "tensorboard")).Reload()
    tags = events.Tags()
    assert {"loss/train", "loss/validation", "accuracy/train", "accuracy/validation"} <= set(
        tags["scalars"]
    )
    assert [event.step for event in events.Scalars("loss/validation")] == [1, 2]
    assert events.Scalars("loss/validation")[0].value == pytest.approx(
        trained.history[0].val_loss, rel=1e-4
    )
    assert tags["graph"]
    assert any("misread" in tag for tag in tags["images"])
    summaries = events.SummaryMetadata("_hparams_/experiment")
    assert summaries.plugin_data.plugin_name == "hparams"


def test_a_finished_run_is_needed_for_its_network(some_digits: Dataset, tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", Recipe(), some_digits, None)
    with pytest.raises(RunError, match="is not finished: inkdigits train --resume"):
        run.network()
    with pytest.raises(RunError, match="is not finished"):
        run.metrics  # noqa: B018

"""Evaluation: figures against ones worked out by hand, plots, and the rejection threshold."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from inkdigits import Dataset, Evaluation, Run, evaluate
from inkdigits.errors import DataError
from inkdigits.evaluation import choose_threshold, write_report
from inkdigits.evaluation.plots import plot_history, plot_misread
from inkdigits.evaluation.samples import write_samples


def made_up(labels: list[int], guesses: list[int], confidence: float = 0.82) -> Evaluation:
    """An evaluation of a classifier that is always this sure of these guesses."""
    dataset = Dataset(np.zeros((len(labels), 28, 28), np.uint8), np.array(labels, np.uint8), "made")
    probabilities = np.full((len(labels), 10), (1 - confidence) / 9, np.float32)
    probabilities[np.arange(len(labels)), guesses] = confidence
    return Evaluation(dataset, probabilities)


def threshold_of(evaluation: Evaluation) -> float:
    return choose_threshold(evaluation.confidences, evaluation.correct)


def test_figures_worked_out_by_hand() -> None:
    evaluation = made_up([1, 1, 1, 1, 2, 2], [1, 1, 1, 2, 2, 1])
    assert evaluation.accuracy == pytest.approx(4 / 6)
    one, two = evaluation.per_digit[1:3]
    assert (one.precision, one.recall, one.f1, one.support) == (0.75, 0.75, 0.75, 4)
    assert (two.precision, two.recall, two.f1, two.support) == (0.5, 0.5, 0.5, 2)
    assert evaluation.per_digit[0] == (0, 0.0, 0.0, 0.0, 0)
    assert evaluation.confusion_matrix[1, 2] == 1
    assert evaluation.confusion_matrix.sum() == 6
    assert evaluation.loss == pytest.approx(-(4 * np.log(0.82) + 2 * np.log(0.02)) / 6, rel=1e-5)
    assert evaluation.expected_calibration_error == pytest.approx(0.82 - 4 / 6, abs=1e-6)
    assert evaluation.misread(10).tolist() == [3, 5]


@given(
    labels=arrays.arrays(np.uint8, 50, elements=st.integers(0, 9)),
    seed=st.integers(0, 10_000),
)
@settings(deadline=None, max_examples=50)
def test_figures_agree_with_slow_ones(labels: np.ndarray, seed: int) -> None:
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.full(10, 0.3), 50).astype(np.float32)
    evaluation = Evaluation(Dataset(np.zeros((50, 28, 28), np.uint8), labels), probabilities)
    guesses = [max(range(10), key=lambda digit: row[digit]) for row in probabilities]
    for digit, row in enumerate(evaluation.per_digit):
        hits = sum(g == digit == y for g, y in zip(guesses, labels, strict=True))
        assert row.recall == pytest.approx(hits / max(1, list(labels).count(digit)))
        assert row.precision == pytest.approx(hits / max(1, guesses.count(digit)))
    error = 0.0
    for low in range(15):
        inside = [i for i in range(50) if min(int(max(probabilities[i]) * 15), 14) == low]
        if inside:
            sure = np.mean([max(probabilities[i]) for i in inside])
            right = np.mean([guesses[i] == labels[i] for i in inside])
            error += len(inside) / 50 * abs(sure - right)
    assert evaluation.expected_calibration_error == pytest.approx(error, abs=1e-5)


def test_a_wrong_certainty_does_not_make_the_loss_infinite() -> None:
    assert made_up([1], [2], confidence=1.0).loss == pytest.approx(-np.log(1e-7))


def test_labels_are_needed() -> None:
    with pytest.raises(DataError, match="has no labels"):
        evaluate(lambda images: images, Dataset(np.zeros((1, 28, 28), np.uint8), None))  # type: ignore[arg-type, return-value]


def test_the_threshold_is_the_lowest_that_lets_one_error_in_200_through() -> None:
    count = 1000
    labels = np.zeros(count, np.uint8)
    confidences = np.linspace(0.999, 0.3, count)
    guesses = np.zeros(count, int)
    guesses[800::10] = 1  # every tenth of the unsure ones is wrong
    probabilities = np.zeros((count, 10), np.float32)
    probabilities[np.arange(count), guesses] = confidences
    evaluation = Evaluation(Dataset(np.zeros((count, 28, 28), np.uint8), labels), probabilities)
    threshold = threshold_of(evaluation)
    accepted = evaluation.confidences >= threshold
    assert (~evaluation.correct[accepted]).mean() <= 0.005
    one_more = evaluation.confidences >= evaluation.confidences[accepted.sum()]
    assert (~evaluation.correct[one_more]).mean() > 0.005
    assert threshold_of(made_up([1, 2], [1, 2])) == pytest.approx(0.82)
    assert threshold_of(made_up([1, 2], [2, 1], confidence=1.0)) > 1.0
    equally_sure = made_up([1] * 1000, [1] * 900 + [2] * 100, confidence=1.0)
    assert threshold_of(equally_sure) > 1.0
    assert choose_threshold(np.empty(0, np.float32), np.empty(0, bool)) > 1.0


def test_a_report_is_figures_and_plots(tmp_path: Path) -> None:
    evaluation = made_up([1, 1, 2], [1, 2, 2])
    write_report(evaluation, tmp_path / "report", more={"seconds": 3})
    metrics = json.loads((tmp_path / "report" / "metrics.json").read_text())
    assert metrics == {**evaluation.to_dict(), "seconds": 3}
    plots = sorted(path.name for path in (tmp_path / "report" / "plots").iterdir())
    assert plots == ["confusion.png", "misread.png", "reliability.png"]
    for name in plots:
        with Image.open(tmp_path / "report" / "plots" / name) as image:
            assert min(image.size) > 100


def test_plots_of_extremes_are_drawn_without_a_warning(trained: Run, tmp_path: Path) -> None:
    write_report(made_up([1, 2], [1, 2]), tmp_path / "perfect")
    write_report(made_up([1] * 90, [2] * 90), tmp_path / "hopeless")
    write_report(made_up([5], [5], confidence=1.0), tmp_path / "one")
    plot_history(trained.history[:1]).savefig(tmp_path / "one-epoch.png")
    plot_history(trained.history * 50).savefig(tmp_path / "many.png")
    plot_misread(made_up([1] * 11, [2] * 11)).savefig(tmp_path / "two-rows.png")


def test_pictures_of_a_data_set(some_digits: Dataset, tmp_path: Path) -> None:
    few = some_digits.take(np.flatnonzero(some_digits.require_labels() == 4)[:3], "only fours")
    for dataset, names in (
        (some_digits, {"samples", "counts", "mean-digits", "augmented"}),
        (few, {"samples", "counts", "mean-digits", "augmented"}),
        (Dataset(few.images, None), {"samples", "augmented"}),
    ):
        paths = write_samples(dataset, tmp_path / dataset.name, few.images)
        assert {path.stem for path in paths} == names

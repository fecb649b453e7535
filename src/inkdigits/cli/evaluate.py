"""``inkdigits evaluate``: measure a model on digits whose labels are known."""

import os
from pathlib import Path
from typing import Annotated

import typer

from inkdigits.cli._verb import Json, print_json, verb

__all__ = ["register"]

_LONGEST = 100  # bytes; most systems take 255


def register(app: typer.Typer) -> None:
    app.command("evaluate")(evaluate)


@verb
def evaluate(
    models: Annotated[
        list[Path],
        typer.Argument(
            metavar="MODEL…", help="Run folders or .onnx files; of several, their mean is measured."
        ),
    ],
    data: Annotated[
        Path | None, typer.Option(help="Digits with labels; MNIST's test set by default.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for metrics.json and plots; a new one in evaluations/ by default."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure a model: accuracy, loss, each digit, calibration, the worst mistakes.

    Several are measured as an ensemble: as one that gives the mean of their probabilities.

    Example: `inkdigits evaluate runs/reference`
    """
    from inkdigits._files import make_first_free
    from inkdigits.cli._report import print_figures, print_worst
    from inkdigits.datasets import load_mnist, load_parts
    from inkdigits.errors import RunError, import_extra
    from inkdigits.evaluation import averaged, evaluate, write_report
    from inkdigits.reading import Reader
    from inkdigits.reading.model_file import model_file
    from inkdigits.training.history import read_history

    import_extra("matplotlib")  # which draws when all else is done
    if data is None:
        dataset = load_mnist()[1]
    else:
        parts = load_parts(data)
        dataset = parts.test or parts.train
    ensemble = averaged([Reader(model_file(model)).classify for model in models])
    evaluation = evaluate(ensemble, dataset)
    history = read_history(models[0] / "history.csv") if len(models) == 1 else []
    name = f"{_short(_names(models))}-on-{_short(_slug(dataset.name))}"
    folder = out or make_first_free(Path("evaluations", name))
    if (folder / "recipe.json").exists():
        raise RunError(f"{folder} is a run folder, whose metrics stay; choose another --out")
    whole = [str(model.resolve()) for model in models]
    write_report(evaluation, folder, history=history, more={"models": whole})
    if as_json:
        print_json({"folder": str(folder), **evaluation.to_dict()})
    else:
        print_figures(evaluation.to_dict())
        print_worst(evaluation)
        print(f"\nplots and metrics.json are in {folder}")


def _short(name: str) -> str:
    """Cut a name so that two of them, and a number, make a folder's name on any system."""
    return os.fsencode(name)[:_LONGEST].decode(errors="ignore")


def _names(models: list[Path]) -> str:
    return "-and-".join(map(_name, models))


def _name(model: Path) -> str:
    """Name a model: by its run's folder, or by its own file if that says more."""
    whole = model.resolve()
    if whole.name == "model.onnx":
        whole = whole.parent
    name = whole.name.removesuffix(".onnx")
    # Every ensemble has a member of that name.
    return f"{whole.parent.name}-{name}" if name.startswith("member-") else name


def _slug(name: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in name).lower().split())

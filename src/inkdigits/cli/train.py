"""``inkdigits train``: train a network, or go on with a run that was cut off."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkdigits._text import abbreviated
from inkdigits.cli._verb import Json, print_json, verb
from inkdigits.errors import DataError

if TYPE_CHECKING:
    from inkdigits.datasets import Dataset
    from inkdigits.training import Recipe, Run

__all__ = ["load_digits", "recipe_of", "register", "set_threads"]

_FEEDBACK = "feedback"


def register(app: typer.Typer) -> None:
    app.command("train")(train)


@verb
def train(
    recipe: Annotated[
        str | None,
        typer.Option(
            help="A recipe to start from: accurate, fast, half-minute, reader, tiniest, tiny, or a "
            ".toml or .json file."
        ),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Digits to learn from; MNIST's training set by default.")
    ] = None,
    test: Annotated[
        Path | None,
        typer.Option(help="Digits to measure on; by default those that come with the data."),
    ] = None,
    also: Annotated[
        str | None,
        typer.Option(
            metavar="feedback|DATA",
            help="More digits to learn from: corrections that people sent to the service, or your "
            "own. A few come up to 20 times each.",
        ),
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Of the corrections; by default the service's own."),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(help="A network that `inkdigits models` lists. (default: reference)"),
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="An option of the network, such as filters=16,32."),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(help="Passes over the training set. (default: 12)")
    ] = None,
    batch: Annotated[int | None, typer.Option(help="Images a step. (default: 128)")] = None,
    optimizer: Annotated[
        str | None, typer.Option(help="adam, adamw, sgd, rmsprop or muon. (default: adam)")
    ] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="Peak learning rate. (default: 0.001)")
    ] = None,
    schedule: Annotated[
        str | None, typer.Option(help="constant, cosine or one-cycle. (default: cosine)")
    ] = None,
    augment: Annotated[
        str | None, typer.Option(help="standard, none, or rotation=15,shift=3 …")
    ] = None,
    ema: Annotated[float | None, typer.Option(help="Momentum of the weights' average.")] = None,
    patience: Annotated[
        int | None, typer.Option(help="Stop after so many epochs without a better one.")
    ] = None,
    validation: Annotated[
        float | None, typer.Option(help="Share of the digits to validate on. (default: 0.1)")
    ] = None,
    precision: Annotated[
        str | None, typer.Option(help="auto, float32 or bfloat16. (default: auto)")
    ] = None,
    teacher: Annotated[
        Path | None,
        typer.Option(metavar="RUN", help="A finished run whose network to learn from, too."),
    ] = None,
    members: Annotated[
        int | None, typer.Option(help="Networks to train and average. (default: 1)")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Seed of all that is random. (default: 0)")
    ] = None,
    devices: Annotated[
        int, typer.Option(min=1, help="That share each batch, such as GPUs; with JAX only.")
    ] = 1,
    out: Annotated[
        Path | None, typer.Option(help="The run folder; by default runs/ and the network's name.")
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="RUN", help="Go on with a run that was cut off.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Train a network on MNIST, or on your own digits; measure, plot and export it.

    Without options this trains the reference CNN: 12 epochs, a minute or two on two cores.

    Example: `inkdigits train --augment standard --epochs 20 --option filters=16,32`
    """
    changes = {
        "network": model,
        "epochs": epochs,
        "batch": batch,
        "optimizer": optimizer,
        "learning_rate": learning_rate,
        "schedule": schedule,
        "ema": ema,
        "patience": patience,
        "validation": validation,
        "precision": precision,
        "teacher": None if teacher is None else str(teacher.resolve()),
        "members": members,
        "seed": seed,
    }
    changes = {field: value for field, value in changes.items() if value is not None}
    if resume is not None and (changes or recipe or option or augment or out or also):
        raise typer.BadParameter(
            "a resumed run keeps its recipe; give only --data, --test and --devices"
        )
    if database is not None and also != _FEEDBACK:
        raise typer.BadParameter(f"--database is where corrections are: give --also {_FEEDBACK}")

    from inkdigits import training

    if resume is not None:
        before = training.Run(resume)
        set_threads(before.recipe)
        data_before, test_before = before.data_paths
        if data is not None and test_before == data_before:
            test_before = None  # the test part lies where the training part does
        data_now = data or _still_there(data_before, before, "--data")
        test_now = test or _still_there(test_before, before, "--test")
        digits, measured = load_digits(data_now, test_now)
        run = training.resume(resume, digits, test=measured, devices=devices, progress=True)
    else:
        chosen = recipe_of(recipe, changes, option or [], augment)
        set_threads(chosen)
        digits, measured = load_digits(data, test)
        more = None if also is None else _load_also(also, database)
        run = training.train(
            chosen, digits, test=measured, also=more, folder=out, devices=devices, progress=True
        )
    if as_json:
        print_json({"folder": str(run.folder), **run.metrics})
    else:
        _print_run(run, measured or digits)


def _still_there(recorded: str | None, run: "Run", option: str) -> str | None:
    """Return where a run's digits came from, if they are there still."""
    if recorded is not None and not Path(recorded).exists():
        raise DataError(
            f"{run.folder} began with digits from {recorded}, which is not there any more: say "
            f"with {option} where they are now"
        )
    return recorded


def set_threads(recipe: "Recipe") -> None:
    """Tell TensorFlow, which asks when it starts and never again."""
    if recipe.threads is not None:
        os.environ.setdefault("TF_NUM_INTRAOP_THREADS", str(recipe.threads))


def load_digits(
    data: Path | str | None, test: Path | str | None
) -> "tuple[Dataset, Dataset | None]":
    """Load the digits to learn from and those to measure on, if there are any; MNIST by default.

    Raises:
        DataError: what is wrong with them, or those to measure on are those to learn from.
    """
    from inkdigits.datasets import load_mnist, load_parts

    digits, measured = load_mnist() if data is None else load_parts(data)
    if test is None:
        return digits, measured
    if data is not None and Path(test).resolve() == Path(data).resolve():
        if measured is None:
            raise DataError(
                f"{test} sets no digits aside to measure on, and what is measured on the digits it "
                "learned from says nothing: give others with --test, or none"
            )
        return digits, measured
    parts = load_parts(test)
    return digits, parts.test or parts.train


def _load_also(also: str, database: str | None) -> "Dataset":
    """Load further digits to learn from: the corrections that are not held out, or a data set.

    Raises:
        DataError: what is wrong with them, or no corrections.
        FeedbackError: the database cannot be reached.
    """
    if also != _FEEDBACK:
        from inkdigits.datasets import load

        return load(also)
    from inkdigits.feedback import default_url, load_corrections

    corrections = load_corrections(database or default_url(), held_out=False)
    if corrections is None:
        raise DataError(
            "there are no corrections to learn from yet: people make them on the page of "
            "inkdigits serve, and a fifth of them is held out to measure on"
        )
    return corrections


def recipe_of(
    base: str | None, changes: dict[str, Any], network_options: list[str], augment: str | None
) -> "Recipe":
    from inkdigits.training import Augmentation, Recipe

    fields = {} if base is None else Recipe.load(base).model_dump()
    if augment is not None:
        how = None if augment == "none" else Augmentation.parse(augment)
        fields["augment"] = how
    chosen = dict(fields.get("options", {}))
    for text in network_options:
        name, equals, value = text.partition("=")
        if not equals:
            raise typer.BadParameter(f"--option takes NAME=VALUE, not {abbreviated(text)}")
        chosen[name] = _value(value)
    return Recipe.of({**fields, **changes, "options": chosen})


def _value(text: str) -> Any:
    """Read an option's value: a number, a list like 16,32 or [16,32], or else a word."""
    try:
        return json.loads(f"[{text}]" if "," in text and not text.startswith("[") else text)
    except (ValueError, RecursionError):
        return text


def _print_run(run: "Run", dataset: "Dataset") -> None:
    from inkdigits.cli._report import print_figures, print_predictions
    from inkdigits.reading import Reader

    metrics = run.metrics
    print_figures(metrics)
    print_predictions(Reader(run.model_path).classify, dataset)
    print(
        f"\n{run.recipe.network}: {metrics['parameters']:,} parameters; epochs: "
        f"{metrics['epochs']} in {metrics['seconds']:.1f} s; validation accuracy "
        f"{metrics['validation_accuracy']:.2%}"
    )
    print(f"model, plots, metrics and logs are in {run.folder}")

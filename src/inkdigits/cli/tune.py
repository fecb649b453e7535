"""``inkdigits tune``: search for a better recipe."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkdigits._text import abbreviated, shell_quoted
from inkdigits.cli._trials import Trials
from inkdigits.cli._verb import Json, print_json, verb
from inkdigits.cli.train import load_digits, recipe_of, set_threads

if TYPE_CHECKING:
    from inkdigits.datasets import Dataset
    from inkdigits.tuning import Outcome, Plan

__all__ = ["register"]

_TRIALS = 30
_SHARE_OF_EPOCHS = 6


def register(app: typer.Typer) -> None:
    app.command("tune")(tune)


@verb
def tune(
    method: Annotated[
        str, typer.Option(help="How parameters are chosen: grid, random, tpe or hyperband.")
    ] = "tpe",
    trials: Annotated[
        int, typer.Option(min=1, help="That the study shall have, those of before included.")
    ] = _TRIALS,
    timeout: Annotated[
        float | None,
        typer.Option(min=0, metavar="SECONDS", help="Begin no further trial after this."),
    ] = None,
    space: Annotated[
        Path | None,
        typer.Option(
            help="A .toml file of what to search; by default that which comes with the network."
        ),
    ] = None,
    storage: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Of the study's database, which several processes may share; by default study.db "
            "in its folder.",
        ),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=10_000,
            help="Trials side by side. (default: 1; on a cluster, one a processor)",
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(help="A network that `inkdigits models` lists. (default: reference)"),
    ] = None,
    recipe: Annotated[
        str | None, typer.Option(help="A recipe to change: a name, or a .toml or .json file.")
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="An option of the network that stays as it is."),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Digits to learn from; MNIST's training set by default.")
    ] = None,
    test: Annotated[
        Path | None,
        typer.Option(help="Digits to measure the winner on; by default those of the data."),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Of a trial. (default: a sixth of the recipe's)")
    ] = None,
    folds: Annotated[
        int, typer.Option(min=1, max=100, help="Parts to validate on in turn; 1: no such turns.")
    ] = 1,
    against: Annotated[
        str | None,
        typer.Option(help="What shall be low beside high accuracy: multiply-adds or parameters."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of what is chosen at random.")] = 0,
    out: Annotated[
        Path | None, typer.Option(help="The study's folder; by default tuning/ and the network.")
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option(metavar="ray", help="Carry the trials out on a cluster, by Ray Tune."),
    ] = None,
    address: Annotated[
        str | None,
        typer.Option(help="Of the cluster's head, or auto; by default, this machine alone."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Search for a better recipe: its rates, network, augmentation; then train and measure it.

    Trials are compared on digits of the training set that are set aside. What is killed goes on
    when the same is typed again. The best recipe is in `best.toml`, for `inkdigits train --recipe`.

    Example: `inkdigits tune --trials 30 --jobs 2`

    Example: `inkdigits tune --model resnet --space space.toml --method hyperband --epochs 9`
    """
    if engine not in (None, "ray"):
        raise typer.BadParameter(f"--engine takes ray, not {abbreviated(engine)}")
    if address is not None and engine is None:
        raise typer.BadParameter("--address is that of a cluster: give --engine ray, too")
    changes = {} if model is None else {"network": model}
    base = recipe_of(recipe, changes, option or [], None)
    digits, measured = load_digits(data, test)

    from inkdigits.tuning import Plan, Space, train_best

    plan = Plan.of(
        recipe=base,
        space=(Space.default(base, method) if space is None else Space.load(space, base)).tables,
        method=method,
        epochs=epochs or max(1, base.epochs // _SHARE_OF_EPOCHS),
        folds=folds,
        against=against,
        seed=seed,
        data_sha256=digits.fingerprint,
    )
    folder = out or Path("tuning") / base.network
    start = time.perf_counter()
    try:
        with Trials(plan, trials) as table:
            how = {"storage": storage, "trials": trials, "timeout": timeout, "watch": table.show}
            if engine is None:
                outcome = _search(plan, folder, data, jobs or 1, how)
            else:
                outcome = _search_on_cluster(plan, folder, digits, address, jobs, how)
    except KeyboardInterrupt as error:
        error.add_note(f"the same command goes on with the study in {folder}")
        raise
    seconds = time.perf_counter() - start
    if not as_json:
        _print_outcome(outcome, plan)
    set_threads(outcome.recipe)
    run = train_best(outcome, digits, measured, progress=True)
    if as_json:
        print_json(
            {
                "folder": str(folder),
                "trials": outcome.trials,
                "seconds": seconds,
                "trial": outcome.number,
                "validation_accuracy": outcome.accuracy,
                "recipe": str(outcome.recipe_path),
                "run": str(run.folder),
                "test_accuracy": run.metrics["test_accuracy"],
                "multiply_adds": run.metrics["multiply_adds"],
            }
        )
        return
    figures = run.metrics
    accuracy = figures["test_accuracy"]
    told = "" if accuracy is None else f"test accuracy {accuracy:.2%}, "
    print(
        f"trained for {figures['epochs']} epochs: {told}{figures['multiply_adds']:,} "
        f"multiply-adds; the run is in {run.folder}"
    )


def _search(
    plan: "Plan", folder: Path, data: Path | None, jobs: int, how: dict[str, Any]
) -> "Outcome":
    from inkdigits.tuning import search

    where = None if data is None else str(data.resolve())
    return search(plan, folder, data=where, jobs=jobs, **how)


def _search_on_cluster(
    plan: "Plan",
    folder: Path,
    digits: "Dataset",
    address: str | None,
    jobs: int | None,
    how: dict[str, Any],
) -> "Outcome":
    from inkdigits.cluster import connected, search_on_cluster

    with connected(address) as processors:
        return search_on_cluster(plan, folder, digits, processors=processors, jobs=jobs, **how)


def _print_outcome(outcome: "Outcome", plan: "Plan") -> None:
    before = plan.recipe.model_dump()
    after = outcome.recipe.model_dump()
    print(
        f"best of {outcome.trials} trials: number {outcome.number}, {outcome.accuracy:.2%} of the "
        "digits set aside; it changes"
    )
    for field, value in after.items():
        if value != before[field]:
            print(f"  {field}: {_shown(before[field])} to {_shown(value)}")
    print(
        f"recipe, table, plots and logs are in {outcome.folder}: "
        f"inkdigits train --recipe {shell_quoted(outcome.recipe_path)}"
    )


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_shown(part)}" for name, part in value.items()) or "its own"
    return f"{value:.3g}" if isinstance(value, float) else "none" if value is None else str(value)

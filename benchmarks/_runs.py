"""Train the members of a recipe, in a folder that a benchmark can come back to."""

import sys
from pathlib import Path

from inkdigits import Recipe, Run, load_mnist, resume, train

__all__ = ["members", "trained"]


def trained(name: str, folder: Path, seeds: int, teacher: Run | None = None) -> Run:
    """Return the run of the recipe `name` with so many members; go on with it if it was cut off.

    One of another recipe, such as the same before a change, ends the program.
    """
    digits, test = load_mnist()
    recipe = Recipe.load(name).model_copy(update={"members": seeds})
    path = folder / Path(name).stem
    if teacher is not None:
        path = folder / f"{name}-taught"
        recipe = recipe.model_copy(update={"teacher": str(teacher.folder.resolve())})
    if not (path / "recipe.json").exists():
        return train(recipe, digits, test=test, folder=path, progress=True)
    run = Run(path)
    # A run notes which precision "auto" meant.
    if run.recipe != recipe.model_copy(update={"precision": run.recipe.precision}):
        sys.exit(f"{path} is of another recipe; remove it, or choose other --runs")
    return run if run.finished else resume(path, digits, test=test, progress=True)


def members(run: Run) -> list[Run]:
    """Return the runs of a run's members, which have a seed each."""
    if run.recipe.members == 1:
        return [run]
    return [Run(run.folder / f"member-{number + 1}") for number in range(run.recipe.members)]

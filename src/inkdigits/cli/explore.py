"""``inkdigits explore``: look at a data set before training on it."""

from pathlib import Path
from typing import Annotated

import typer

from inkdigits.cli._verb import Json, print_json, verb

_COPIES = 10

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    app.command("explore")(explore)


@verb
def explore(
    data: Annotated[
        Path | None, typer.Argument(help="A data set; MNIST's training set by default.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the pictures.")] = Path("explored"),
    augment: Annotated[
        str | None,
        typer.Option(help="Show what this augmentation does: standard, or rotation=15,shift=3 …"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show a data set: counts, shapes, the mean of each digit, samples, augmented copies.

    Example: `inkdigits explore --augment standard`
    """
    import numpy as np

    from inkdigits.cli._preview import preview
    from inkdigits.datasets import load, load_mnist
    from inkdigits.evaluation.samples import write_samples

    dataset = load_mnist()[0] if data is None else load(data)
    copies = None
    if augment is not None:
        from inkdigits.training import Augmentation
        from inkdigits.training.augment import augmented_copies

        copies = augmented_copies(dataset.images[0], Augmentation.parse(augment), _COPIES)
    pictures = write_samples(dataset, out, copies)
    counts = None if dataset.labels is None else np.bincount(dataset.labels, minlength=10).tolist()
    if as_json:
        print_json(
            {
                "data": dataset.name,
                "digits": len(dataset),
                "shape": list(dataset.images.shape),
                "dtype": str(dataset.images.dtype),
                "counts": counts,
                "mean_pixel": float(dataset.images.mean()),
                "sha256": dataset.fingerprint,
                "pictures": [str(path) for path in pictures],
            }
        )
        return
    print(
        f"{dataset.name}: {len(dataset):,} digits, {dataset.images.dtype} {dataset.images.shape}, "
        f"mean pixel {dataset.images.mean():.1f} of 255"
    )
    if counts is not None:
        most = max(counts)
        for digit, count in enumerate(counts):
            print(f"  {digit}  {count:>7,}  {'█' * round(40 * count / most)}")
    shown = dataset.images[:5]
    captions = ["?"] * len(shown) if dataset.labels is None else map(str, dataset.labels[:5])
    print(preview(shown, list(captions)))
    print("pictures: " + ", ".join(str(path) for path in pictures))

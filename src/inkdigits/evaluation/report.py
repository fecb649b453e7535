"""Write an evaluation down: figures as JSON, plots as PNG."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from inkdigits._files import write_text
from inkdigits._text import to_json
from inkdigits.evaluation.evaluate import Evaluation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inkdigits.evaluation.plots import EpochLike

__all__ = ["write_report"]


def write_report(
    evaluation: Evaluation,
    folder: Path,
    *,
    history: "Sequence[EpochLike]" = (),
    more: dict[str, Any] | None = None,
) -> None:
    """Write ``plots/*.png`` and then, when all the rest is there, ``metrics.json``.

    Args:
        evaluation: what to report.
        folder: to write into; it is made if need be.
        history: of the training run, to be plotted too.
        more: figures to add to those of ``metrics.json``.

    Raises:
        ModuleNotFoundError: matplotlib is not installed.
        OSError: the disk refuses.
    """
    from inkdigits.evaluation import plots
    from inkdigits.evaluation.figures import save

    plots_folder = folder / "plots"
    plots_folder.mkdir(parents=True, exist_ok=True)
    save(plots.plot_confusion(evaluation), plots_folder / "confusion.png")
    save(plots.plot_misread(evaluation), plots_folder / "misread.png")
    save(plots.plot_reliability(evaluation), plots_folder / "reliability.png")
    if history:
        save(plots.plot_history(history), plots_folder / "history.png")
    metrics = evaluation.to_dict() | (more or {})
    write_text(folder / "metrics.json", to_json(metrics, indent=2) + "\n")

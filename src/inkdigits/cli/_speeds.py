"""Print what a benchmark measured as a table."""

from math import floor, log10
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

__all__ = ["print_speeds"]


def print_speeds(speeds: dict[str, Any]) -> None:
    """Print what `measure_speed` returns."""
    # What stands in square brackets, such as an extra, is no markup.
    console = Console(markup=False, highlight=False)
    console.print(_machine(speeds), _packages(speeds), "", sep="\n")
    console.print(_table(speeds))
    console.print("", _remark(speeds), sep="\n")


def _table(speeds: dict[str, Any]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("")
    for heading in ("median", "95% within", "digits\na second", "n"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_row(f"Classifying with {speeds['model']['name']}")
    for row in speeds["classifying"]:
        table.add_row(
            "  1 digit" if row["batch"] == 1 else f"  {row['batch']:,} digits at once",
            _duration(row["median_microseconds"] / 1e6),
            _duration(row["percentile_95_microseconds"] / 1e6),
            f"{row['digits_per_second']:,.0f}",
            f"{row['n']:,}",
        )
    table.add_row("Reading a picture")
    for row in speeds["reading"]:
        digits = "1 digit" if row["digits"] == 1 else f"{row['digits']} digits"
        table.add_row(
            f"  {row['picture']} of {digits}, {row['width']}×{row['height']}",
            _duration(row["median_milliseconds"] / 1e3),
            _duration(row["percentile_95_milliseconds"] / 1e3),
            "",
            f"{row['n']:,}",
        )
    table.add_row("Training the reference CNN")
    training = speeds["training"]
    if "not_measured" in training:
        table.add_row("  an epoch", "not measured")
    else:
        table.add_row(
            f"  an epoch, in {training['precision']}",
            f"about {_duration(training['epoch_seconds'], figures=2)}",
            "",
            f"{training['images_per_second']:,.0f}",
            f"{training['n']:,}",
        )
    return table


def _machine(speeds: dict[str, Any]) -> str:
    machine = speeds["machine"]
    usable, processors = machine["usable_processors"], machine["processors"]
    memory = machine["memory_bytes"]
    return ", ".join(
        [
            machine["processor"],
            f"{usable} processors"
            if usable == processors
            else f"{usable} of {processors} processors",
            *([] if memory is None else [f"{memory / 1e9:.0f} GB"]),
            machine["system"],
        ]
    )


def _packages(speeds: dict[str, Any]) -> str:
    versions = {"Python": speeds["machine"]["python"], **speeds["versions"]}
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def _remark(speeds: dict[str, Any]) -> str:
    """Say what the figures are."""
    training = speeds["training"]
    if "not_measured" in training:
        # On a line of its own, where it fits: the way out is a command to copy.
        return f"Training was not measured:\n  {training['not_measured']}"
    return (
        f"An epoch trains on {training['images']:,} digits, and is worked out from part of one. "
        "Its validation comes on top."
    )


def _duration(seconds: float, figures: int = 3) -> str:
    seconds = float(f"{seconds:.{figures}g}")
    unit, a_second = next(
        (unit for unit in (("µs", 1e6), ("ms", 1e3)) if seconds * unit[1] < 999.5), ("s", 1.0)
    )
    value = seconds * a_second
    decimals = max(0, figures - 1 - floor(log10(value) + 1e-9))  # 10 may come as 9.999…
    return f"{value:,.{decimals}f} {unit}"

"""The README is true: its figures are the measured ones, its files exist, its commands parse.

So do the commands of docs/service.md.
"""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from inkdigits.cli import app

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
READING = (ROOT / "docs" / "reading.md").read_text("utf-8")
SERVICE = (ROOT / "docs" / "service.md").read_text("utf-8")
COMMANDS = sorted(
    set(re.findall(r"^    (inkdigits [^#\n]*?) *(?:#|$)", README + SERVICE, re.MULTILINE))
    | set(re.findall(r"`(inkdigits [^`…]+)`", README + SERVICE))
)


def test_the_results_tables_are_the_measured_ones() -> None:
    printed = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "table.py")],
        check=True,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    ).stdout
    *ours, ways, networks = printed.strip().split("\n\n")
    assert len(ours) == 5
    for table in ours:
        assert table in README
    assert ways in READING
    assert networks in READING


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\((?!http)([^)]+)\)", README))))
def test_every_link_leads_somewhere(link: str) -> None:
    assert (ROOT / link).exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_one(command: str) -> None:
    """With --help at its end a command is parsed, options and all, but not carried out."""
    result = CliRunner().invoke(app, [*shlex.split(command)[1:], "--help"])
    assert result.exit_code == 0, result.output

"""Outcomes as a Parquet file.

Nothing can be appended to a Parquet file, and without its end it cannot be read. So rows are first
kept as JSON Lines beside it, which a later run can go on with like any other; when all are there,
they become the Parquet file, a row group at a time, and that takes its place at once.
"""

import itertools
import json
from pathlib import Path

from inkdigits._files import write_through
from inkdigits._outcome_table import schema, to_table
from inkdigits.cli._formats import JSON_LINES
from inkdigits.cli._outcomes import OutcomeFile, foreign, taken
from inkdigits.errors import InkDigitsError, import_extra

__all__ = ["ParquetOutcomes"]

_GROUP = 10_000  # rows: what is held in memory


class ParquetOutcomes(OutcomeFile):
    """A Parquet file of outcomes, with the fields of ``--json`` as columns."""

    def __init__(self, path: Path, *, resume: bool) -> None:
        import_extra("pyarrow")  # better missed now than at the end
        self._parquet = path
        rows = path.with_name(f"{path.name}.jsonl")
        if path.exists() and not resume:
            raise InkDigitsError(taken(path))
        if path.exists() and not rows.exists():
            write_through(rows, lambda temporary: _to_json_lines(path, temporary))
        super().__init__(rows, JSON_LINES, resume=resume)

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        super().__exit__(kind, *rest)
        if kind is None:
            write_through(self._parquet, lambda temporary: _to_parquet(self.path, temporary))
            self.path.unlink()
            self.path = self._parquet


def _to_parquet(rows: Path, path: Path) -> None:
    parquet = import_extra("pyarrow.parquet")
    with rows.open(encoding="ascii") as lines, parquet.ParquetWriter(path, schema()) as writer:
        outcomes = map(json.loads, lines)
        while group := list(itertools.islice(outcomes, _GROUP)):
            writer.write_table(to_table(group))


def _to_json_lines(path: Path, rows: Path) -> None:
    arrow, parquet = import_extra("pyarrow"), import_extra("pyarrow.parquet")
    try:
        with parquet.ParquetFile(path) as file:
            if not file.schema_arrow.equals(schema()):
                raise InkDigitsError(foreign(path))
            with rows.open("w", encoding="ascii", newline="\n") as lines:
                for batch in file.iter_batches(_GROUP):
                    lines.writelines(json.dumps(row) + "\n" for row in batch.to_pylist())
    except arrow.ArrowException as error:
        raise InkDigitsError(foreign(path)) from error

"""``inkdigits read --out``: what files it writes, and that a run which was cut off can go on."""

import contextlib
import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from inkdigits import Dataset, Reader

from .conftest import Cli, write_idx

FORMATS = ["txt", "jsonl", "csv", "parquet"]
needs_pipes = pytest.mark.skipif(os.name == "nt", reason="Windows has no named pipes in folders")


@pytest.fixture
def scans(tmp_path: Path, mnist: tuple[Dataset, Dataset]) -> list[str]:
    """Arguments: a folder, a picture twice, a bad one, one that is not there, a file of digits."""
    folder = tmp_path / "scans"
    folder.mkdir()
    for number, image in enumerate(mnist[1].images[:12]):
        Image.fromarray(255 - image).save(folder / f"{number:02}.png")
    (folder / '06 "quoted", comma.png').write_bytes((folder / "06.png").read_bytes())
    (folder / "bad.png").write_text("no picture")
    Image.new("L", (50, 50), 255).save(folder / "blank.png")
    np.savez(tmp_path / "few.npz", x=mnist[1].images[:5])
    twice = str(Path("scans", "03.png"))
    return ["scans", twice, "nowhere.png", twice, "few.npz", str(Path("scans", "bad.png"))]


@pytest.fixture
def rows(cli: Cli, scans: list[str]) -> list[dict[str, Any]]:
    """What ``--json`` prints of them."""
    return [json.loads(line) for line in cli("read", "--json", *scans).stdout.splitlines()]


def content(path: Path) -> Any:
    """What a file of outcomes says; a Parquet file's bytes may differ with its row groups."""
    return pq.read_table(path).to_pylist() if path.suffix == ".parquet" else path.read_text("utf-8")


def sentence(result: Any) -> str:
    """The one line on the standard error of a command that failed."""
    assert result.exit_code == 1, result.output
    (line,) = result.stderr.splitlines()
    assert line.startswith("inkdigits: ")
    return str(line)


def test_a_file_of_each_format_says_what_json_says(
    cli: Cli, scans: list[str], rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    assert len(rows) == 15 + 1 + 1 + 1 + 5 + 1
    for ending in FORMATS:
        result = cli("read", *scans, "--out", f"out.{ending}")
        assert result.exit_code == 1  # three could not be read
        assert result.stdout == ""
        *failures, summary = result.stderr.splitlines()
        assert failures == [f"inkdigits: {row['error']}" for row in rows if row["error"]]
        assert re.fullmatch(
            rf"inkdigits: read 24 pictures in [\d.]+ s \([\d,]+ a second\) into out.{ending}; "
            r"3 could not be read",
            summary,
        )
    assert (tmp_path / "out.jsonl").read_text("ascii") == (
        "".join(json.dumps(row) + "\n" for row in rows)
    )
    assert content(tmp_path / "out.parquet") == rows
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    assert [{**row, "digits": json.loads(row["digits"])} for row in table] == [
        {
            key: value if key == "digits" else "" if value is None else str(value)
            for key, value in row.items()
        }
        for row in rows
    ]
    lines = (tmp_path / "out.txt").read_text("utf-8").splitlines()
    assert lines[0] == f"{Path('scans', '00.png')}\t7"
    assert lines[13] == f"{Path('scans', 'bad.png')}\terror: {rows[13]['error']}"
    assert lines[14] == f"{Path('scans', 'blank.png')}\t"
    assert lines[18:20] == ["few.npz\t7", "few.npz, page 2\t2"]
    assert {path.name for path in tmp_path.iterdir()} == {
        "scans", "few.npz", *(f"out.{ending}" for ending in FORMATS)
    }  # fmt: skip


def test_lines_of_writing_and_strange_names_keep_a_row_a_row() -> None:
    from inkdigits.cli._formats import CSV, JSON_LINES, TEXT
    from inkdigits.reading import Box, Digit, Outcome, Reading

    name = 'two\nlines\t"and"\rmore\udcff.pdf'
    digits = (Digit(4, 0.5, Box(0, 0, 9, 9)), Digit(2, 0.9, Box(0, 9, 9, 9), line=1))
    for outcome in (
        Outcome(name, 2, Reading(9, 18, digits)),
        Outcome(name, 2, Reading(0, 0), f"{name} is\nbad"),
    ):
        for form in (TEXT, JSON_LINES, CSV):
            row = form.row(outcome).encode(errors="backslashreplace").decode()
            page, failed = form.parse(row)
            assert page == 'two\\nlines\\t"and"\\rmore\\udcff.pdf, page 3'
            assert failed == (outcome.error is not None)
    assert TEXT.row(Outcome("a", 0, Reading(9, 18, digits))) == "a\t4 / 2\n"


@pytest.mark.parametrize("ending", FORMATS)
def test_a_run_that_was_cut_off_anywhere_ends_as_an_unbroken_one(
    cli: Cli, scans: list[str], tmp_path: Path, ending: str
) -> None:
    cli("read", *scans, "--out", f"whole.{ending}")
    whole = tmp_path / f"whole.{ending}"
    out = tmp_path / f"out.{ending}"
    unfinished, left = out, whole.read_bytes()
    if ending == "parquet":
        cli("read", *scans, "--out", "whole.jsonl")
        unfinished = tmp_path / "out.parquet.jsonl"
        left = (tmp_path / "whole.jsonl").read_bytes()
    lines = left.splitlines(keepends=True)
    ends = np.cumsum([len(line) for line in lines])
    first = int(ends[1])  # with a header, a row stands behind it
    rng = np.random.default_rng(0)
    for cut in (first, *ends[-3:], *ends[-4:-1] - 1, *rng.integers(first, len(left), 8)):
        out.unlink(missing_ok=True)
        unfinished.write_bytes(left[: int(cut)])
        result = cli("read", *scans, "--out", out.name, "--resume")
        assert result.exit_code == 1
        assert "3 could not be read" in result.stderr
        assert content(out) == content(whole), cut
    assert cli("read", *scans, "--out", out.name, "--resume").exit_code == 1
    assert content(out) == content(whole)


@pytest.mark.parametrize("ending", FORMATS)
def test_a_finished_file_takes_more_pictures(cli: Cli, scans: list[str], ending: str) -> None:
    first, second = Path("scans", "00.png"), Path("scans", "01.png")
    assert cli("read", first, "--out", f"whole.{ending}").exit_code == 0
    result = cli("read", first, second, "--out", f"whole.{ending}", "--resume")
    assert result.exit_code == 0
    assert "read 1 picture in" in result.stderr
    assert "1 were there already" in result.stderr
    cli("read", first, second, "--out", f"once.{ending}")
    assert content(Path(f"whole.{ending}")) == content(Path(f"once.{ending}"))


class Cut:
    """A run of the command line that stops at a pipe, where it can be ended."""

    def __init__(self, folder: Path, arguments: list[str], pipe: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "inkdigits", "read", *arguments],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        while True:
            with contextlib.suppress(OSError):  # it cannot be opened until somebody reads it
                self._end = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
                break
            assert self.process.poll() is None, self.process.communicate()
            time.sleep(0.01)

    def children(self) -> list[int]:
        path = Path(f"/proc/{self.process.pid}/task")
        return [
            int(pid) for task in path.iterdir() for pid in (task / "children").read_text().split()
        ]

    def end_by(self, number: signal.Signals) -> tuple[int, str]:
        time.sleep(0.2)  # it has opened the pipe, and is about to wait for what comes
        self.process.send_signal(number)
        _, stderr = self.process.communicate(timeout=60)
        os.close(self._end)
        return self.process.returncode, stderr


@pytest.fixture
def piped(
    tmp_path: Path, mnist: tuple[Dataset, Dataset]
) -> Callable[[int], tuple[list[str], Path]]:
    """Makes as many pictures as asked for, with a pipe among them, close to the end."""

    def make(count: int) -> tuple[list[str], Path]:
        folder = tmp_path / "pictures"
        folder.mkdir()
        for number, image in enumerate(mnist[1].images[:count]):
            Image.fromarray(255 - image).save(folder / f"{number:05}.png")
        pipe = folder / f"{count - 3:05}.png"
        pipe.unlink()
        os.mkfifo(pipe)
        # A pipe in a folder is left out, so the pictures are named one by one.
        return [str(Path("pictures", f"{number:05}.png")) for number in range(count)], pipe

    return make


def put_a_picture_in_the_place_of(pipe: Path) -> None:
    pipe.unlink()
    pipe.write_bytes((pipe.parent / "00000.png").read_bytes())


@needs_pipes
@pytest.mark.parametrize("ending", FORMATS)
def test_ctrl_c_keeps_what_is_done_and_says_how_to_go_on(
    cli: Cli, tmp_path: Path, piped: Any, ending: str
) -> None:
    names, pipe = piped(30)
    run = Cut(tmp_path, [*names, "--out", f"out.{ending}"], pipe)
    code, stderr = run.end_by(signal.SIGINT)
    where = "out.parquet.jsonl" if ending == "parquet" else f"out.{ending}"
    assert code == 1
    assert stderr == (
        f"inkdigits: stopped; 27 pictures read so far: {where}; the same with --resume goes on\n"
    )
    put_a_picture_in_the_place_of(pipe)
    result = cli("read", *names, "--out", f"out.{ending}", "--resume")
    assert result.exit_code == 0
    assert "read 3 pictures" in result.stderr
    cli("read", *names, "--out", f"whole.{ending}")
    assert content(tmp_path / f"out.{ending}") == content(tmp_path / f"whole.{ending}")


@needs_pipes
@pytest.mark.parametrize("name", ["SIGINT", "SIGKILL"])  # the latter Windows does not know
def test_a_large_run_that_is_ended_leaves_no_processes_and_goes_on(
    cli: Cli, tmp_path: Path, piped: Any, name: str
) -> None:
    """Large enough that processes read, and that rows are written before the end."""
    names, pipe = piped(3000)
    run = Cut(tmp_path, [*names, "--out", "out.csv", "--threads", "2"], pipe)
    time.sleep(0.5)  # what is behind the pipe is read, too
    children = run.children() if sys.platform == "linux" else []
    assert len(children) == 2 or sys.platform != "linux"
    code, stderr = run.end_by(signal.Signals[name])
    out = tmp_path / "out.csv"
    if name == "SIGINT":
        assert code == 1
        assert re.match(r"inkdigits: stopped; 2,9\d\d pictures read so far: out.csv; ", stderr)
    else:
        assert code == -signal.SIGKILL
        written = out.read_bytes()
        assert written.count(b"\n") > 1
        out.write_bytes(written[:-9])  # as if it had been killed while it wrote
    end = time.monotonic() + 10
    while any(Path(f"/proc/{pid}/exe").exists() for pid in children):
        assert time.monotonic() < end, "processes were left behind"
        time.sleep(0.05)
    put_a_picture_in_the_place_of(pipe)
    assert cli("read", *names, "--out", "out.csv", "--resume").exit_code == 0
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["path"] for row in rows] == names
    expected = Reader(threads=1)
    for row in rows[::500]:
        assert row["text"] == expected.read(tmp_path / row["path"]).text


@pytest.mark.parametrize("kind", ["idx", "idx.gz", "npz", "csv", "parquet"])
def test_files_of_digits_are_read_as_they_are(
    cli: Cli, tmp_path: Path, mnist: tuple[Dataset, Dataset], kind: str
) -> None:
    images, labels = mnist[1].images[:3000], mnist[1].labels[:3000]
    name = f"few.{kind}"
    columns = {f"pixel{n}": values for n, values in enumerate(images.reshape(-1, 784).T)}
    if kind.startswith("idx"):  # no labels beside it
        name = f"t10k-images-idx3-ubyte{kind[3:]}"
        write_idx(tmp_path / name, images)
    elif kind == "npz":
        np.savez(
            tmp_path / name, x_train=images[:2000], y_train=labels[:2000], x_test=images[2000:]
        )
    elif kind == "parquet":
        pq.write_table(pa.table({"label": labels, **columns}), tmp_path / name)
    else:
        table = np.column_stack([labels, images.reshape(-1, 784)])
        header = ",".join(["label", *columns])
        np.savetxt(tmp_path / name, table, "%d", delimiter=",", header=header, comments="")
    result = cli("read", "--json", name)
    assert result.exit_code == 0, result.output
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["page"] for row in rows] == list(range(3000))
    assert {row["path"] for row in rows} == {name}
    probabilities = Reader().classify(images)
    digits = [row["digits"][0] for row in rows]
    assert [digit["digit"] for digit in digits] == probabilities.argmax(axis=1).tolist()
    np.testing.assert_allclose(
        [digit["confidence"] for digit in digits], probabilities.max(axis=1), atol=1e-6
    )
    assert {tuple(digit["box"]) for digit in digits} == {(0, 0, 28, 28)}
    assert rows[0] | {"confidence": 0, "digits": []} == {
        "path": name, "page": 0, "width": 28, "height": 28, "text": "7", "confidence": 0,
        "digits": [], "error": None,
    }  # fmt: skip


def test_a_file_that_holds_no_digits_is_one_error_among_the_others(
    cli: Cli, scans: list[str]
) -> None:
    Path("table.csv").write_text("a,b\n1,2\n")
    write_idx(Path("t10k-labels-idx1-ubyte"), np.zeros(3, np.uint8))
    result = cli("read", "--json", "table.csv", "no.npz", "t10k-labels-idx1-ubyte", "few.npz")
    assert result.exit_code == 1
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert "table.csv must have the header" in rows[0]["error"]
    assert rows[1]["error"] == "no.npz does not exist"
    assert "t10k-labels-idx1-ubyte: images must have the shape" in rows[2]["error"]
    assert "".join(row["text"] for row in rows[3:]) == "72104"


@pytest.fixture
def kaggle(tmp_path: Path, mnist: tuple[Dataset, Dataset]) -> np.ndarray:
    """Kaggle's test.csv, cut short; returns the digits that the network sees in it."""
    images = mnist[1].images[:2500]
    header = ",".join(f"pixel{number}" for number in range(784))
    pixels = images.reshape(-1, 784)
    np.savetxt(tmp_path / "test.csv", pixels, "%d", delimiter=",", header=header, comments="")
    return Reader().classify(images).argmax(axis=1)


def test_a_submission_is_what_kaggle_takes(cli: Cli, kaggle: np.ndarray, tmp_path: Path) -> None:
    words = ("read", "test.csv", "--submission", "--out", "submission.csv")
    result = cli(*words, "--min-confidence", "1")
    assert result.exit_code == 0, result.output
    out = tmp_path / "submission.csv"
    whole = out.read_text("ascii")
    rows = "".join(f"{number},{digit}\n" for number, digit in enumerate(kaggle, 1))
    assert whole == f"ImageId,Label\n{rows}"
    for cut in (14, 20, 1000, len(whole) - 1):
        out.write_text(whole[:cut])
        assert cli(*words, "--resume").exit_code == 0
        assert out.read_text("ascii") == whole


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_any_name_goes_through_a_table(
    cli: Cli, tmp_path: Path, mnist: tuple[Dataset, Dataset]
) -> None:
    names = ["cr\r.png", "line\n.png", 'quote".png', "comma,.png"]
    for name in names:
        Image.fromarray(255 - mnist[1].images[0]).save(tmp_path / name)
    assert cli("read", *names, "--out", "out.csv").exit_code == 0
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        assert [row["path"] for row in csv.DictReader(file)] == names
    before = (tmp_path / "out.csv").read_bytes()
    assert cli("read", *names, "--out", "out.csv", "--resume").exit_code == 0
    assert (tmp_path / "out.csv").read_bytes() == before


def test_a_submission_is_of_one_file(cli: Cli, scans: list[str], tmp_path: Path) -> None:
    (tmp_path / "more.npz").write_bytes((tmp_path / "few.npz").read_bytes())
    assert cli("read", "*.npz", "--submission", "--out", "s.csv").exit_code == 2
    assert cli("read", "few.n*", "--submission", "--out", "s.csv").exit_code == 0
    assert cli("read", "few.npz", "--submission", "--out", "s.csv", "--resume").exit_code == 0
    assert len((tmp_path / "s.csv").read_text("utf-8").splitlines()) == 6


def test_a_submission_of_anything_else_is_refused(cli: Cli, scans: list[str]) -> None:
    for arguments in (["scans"], ["few.npz", "few.npz"]):
        result = cli("read", *arguments, "--submission", "--out", "submission.csv")
        assert result.exit_code == 2
    assert cli("read", "few.npz", "--submission").exit_code == 2
    Path("table.csv").write_text("a,b\n1,2\n")
    assert "table.csv must have the header" in sentence(
        cli("read", "table.csv", "--submission", "--out", "submission.csv")
    )
    assert not Path("submission.csv").exists()


def test_standard_input_goes_into_a_file_too(cli: Cli, scans: list[str]) -> None:
    picture = Path("scans", "00.png").read_bytes()
    assert cli("read", "-", "--out", "out.txt", stdin=picture).exit_code == 0
    assert Path("out.txt").read_text() == "-\t7\n"


def test_a_file_that_is_there_stays_as_it_is(cli: Cli, scans: list[str]) -> None:
    for ending in FORMATS:
        out = Path(f"out.{ending}")
        for there in ("", "something of mine", "two\nlines\n", "path,page\n", '{"a": 1}\n'):
            out.write_text(there)
            assert sentence(cli("read", *scans, "--out", out)) == (
                f"inkdigits: {out} exists already; remove it, or go on with it by --resume"
            )
            if there or ending == "parquet":
                assert sentence(cli("read", *scans, "--out", out, "--resume")) == (
                    f"inkdigits: {out} holds something else; remove it, or choose another --out"
                )
            assert out.read_text() == there
        assert not Path(f"out.{ending}.jsonl").exists()


def test_places_that_cannot_be_written_get_their_sentence(cli: Cli, scans: list[str]) -> None:
    assert sentence(cli("read", "scans", "--out", "out.xlsx")) == (
        "inkdigits: --out takes a .txt, .jsonl, .csv or .parquet file, not out.xlsx"
    )
    assert sentence(cli("read", "scans", "--out", "scans")) == (
        "inkdigits: scans is not a file; --out takes one"
    )
    for ending in FORMATS:
        out = Path("nowhere", f"out.{ending}")
        assert sentence(cli("read", "scans", "--out", out)).endswith(": No such file or directory")
    assert cli("read", "scans", "--resume").exit_code == 2
    assert cli("read", "scans", "--out", "out.jsonl", "--json").exit_code == 2
    assert cli("read", "scans", "--threads", "0").exit_code == 2
    assert cli("read", "scans", "--min-confidence", "2").exit_code == 2
    assert not list(Path().glob("out.*"))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit of this kind")
def test_a_disk_that_is_full_is_one_sentence_and_a_later_run_goes_on(
    cli: Cli, scans: list[str], tmp_path: Path
) -> None:
    """A limit on the size of files stands in for the disk's."""
    probe = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200));"
        "from inkdigits.cli import main; main()"
    )
    process = subprocess.run(
        [sys.executable, "-c", probe, "read", "scans", "--out", "out.jsonl"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 1
    assert process.stderr.splitlines()[-1] == "inkdigits: out.jsonl: File too large"
    assert Path("out.jsonl").stat().st_size == 200
    cli("read", "scans", "--out", "out.jsonl", "--resume")
    assert Path("out.jsonl").read_text() == cli("read", "scans", "--json").stdout


def test_nothing_is_written_about_what_is_not_there(cli: Cli, scans: list[str]) -> None:
    result = cli("read", "scan/", "s*n.png", "--out", "out.csv")
    assert result.exit_code == 1
    assert result.stderr == (
        "inkdigits: scan/ does not exist, so there is nothing to write to out.csv\n"
    )
    assert not Path("out.csv").exists()
    assert cli("read", "scan/", "scans/00.png", "--out", "out.csv").exit_code == 1
    assert len(Path("out.csv").read_text("utf-8").splitlines()) == 3


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_a_name_cannot_write_to_the_terminal(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "\x1b[2Jbad.png").write_bytes(b"no picture")
    for words in ([], ["--out", "out.csv"]):
        result = cli("read", "\x1b[2Jbad.png", *words)
        assert "bad.png is not a picture" in result.stderr
        assert "\x1b" not in result.stderr


def test_how_sure_a_digit_must_be(cli: Cli, scans: list[str]) -> None:
    trusting = cli("read", "--json", "few.npz", "scans", "--min-confidence", "0").stdout
    doubting = cli("read", "--json", "few.npz", "scans", "--min-confidence", "1").stdout
    assert "?" not in trusting
    assert doubting.count('"text": "?"') > 5


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals of this kind")
@pytest.mark.parametrize("words", [["--out", "out.csv"], ["--json"], []])
def test_a_bar_is_shown_where_it_does_not_mix_with_rows(
    scans: list[str], tmp_path: Path, words: list[str]
) -> None:
    import pty

    for into_a_file in (False, True):
        screen, terminal = pty.openpty()
        with (tmp_path / "stdout").open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "inkdigits", "read", *["scans"] * 5, "few.npz", *words],
                cwd=tmp_path,
                stdout=file if into_a_file else terminal,
                stderr=terminal,
                env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
            )
        os.close(terminal)
        shown = b""
        with contextlib.suppress(OSError):  # how Linux says that the other end is closed
            while chunk := os.read(screen, 65536):
                shown += chunk
        os.close(screen)
        assert process.wait() == 1
        has_bar = "0 pictures" in shown.decode()
        assert has_bar == (into_a_file or "--out" in words)
        rows = 80 if "--json" in words else 75
        if into_a_file and "--out" not in words:
            assert (tmp_path / "stdout").read_bytes().count(b"\n") == rows
        (tmp_path / "out.csv").unlink(missing_ok=True)

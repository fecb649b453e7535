"""Reading many pictures: their order, how few are held, and that nothing stops the others."""

import contextlib
import io
import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inkdigits import Dataset, Reader
from inkdigits.reading import Outcome
from inkdigits.reading.crew import Crew
from inkdigits.reading.many import named

READER = Reader(threads=2)
AHEAD = 2 * 2 * 16 + 16
"""Pictures that two processes may have been given, with those that are next."""


@pytest.fixture(scope="module")
def pages(mnist: tuple[Dataset, Dataset]) -> list[np.ndarray]:
    """Fifty small pages, dark on light."""
    return list(255 - mnist[1].images[:50])


@pytest.fixture
def crew() -> Iterator[Crew]:
    crew = Crew(READER)
    wait_for(crew.is_ready)
    yield crew
    crew.close()


def wait_for(condition: Any, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)


def processes(crew: Crew) -> list[subprocess.Popen[bytes]]:
    workers = [keeper._worker for keeper in crew._keepers]
    return [worker._process for worker in workers if worker is not None]


def have_ended(processes: list[subprocess.Popen[bytes]]) -> bool:
    return all(process.poll() is not None for process in processes)


def png(page: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(page).save(file, "png")
    return file.getvalue()


def every_kind(pages: list[np.ndarray], folder: Path) -> Iterator[Any]:
    """The pages as pictures of every kind, and some that are none."""
    for number, page in enumerate(pages):
        path = folder / f"{number}.png"
        path.write_bytes(png(page))
        kinds = [
            page,
            png(page),
            io.BytesIO(png(page)),
            Image.fromarray(page),
            path,
            str(path),
            b"no picture",
            folder / "nowhere.png",
            np.array([[None]]),
            3,
        ]
        yield kinds[number % len(kinds)]


def test_a_crew_reads_what_a_reader_reads_alone_in_the_order_given(
    crew: Crew, pages: list[np.ndarray], tmp_path: Path
) -> None:
    alone = list(Reader(threads=1).read_many(every_kind(pages, tmp_path)))
    together = list(crew.read(named(every_kind(pages, tmp_path))))
    assert together == alone
    assert [outcome.error is None for outcome in alone] == ([True] * 6 + [False] * 4) * 5
    assert [outcome.source for outcome in alone[:4]] == [f"picture {n}" for n in range(1, 5)]
    assert alone[4].source == str(tmp_path / "4.png")
    assert "known format" in str(alone[6].error)
    assert "does not exist" in str(alone[7].error)
    assert "not a int" in str(alone[9].error)
    for left, right in zip(alone[0].reading.digits, together[0].reading.digits, strict=True):
        np.testing.assert_array_equal(left.image, right.image)
        np.testing.assert_array_equal(left.probabilities, right.probabilities)


def test_a_file_is_known_by_its_name(crew: Crew, tmp_path: Path, pages: list[np.ndarray]) -> None:
    (tmp_path / "cut.png").write_bytes(png(pages[0])[:80])
    expected = f"{tmp_path / 'cut.png'} is truncated or damaged"
    for read in (Reader(threads=1).read_many, lambda files: crew.read(named(files))):
        with (tmp_path / "cut.png").open("rb") as file:
            (outcome,) = read([file])
        assert outcome.source == str(tmp_path / "cut.png")
        assert expected in str(outcome.error)


def test_a_file_is_read_from_its_start_and_strings_of_any_class(
    crew: Crew, tmp_path: Path, pages: list[np.ndarray]
) -> None:
    class Name(str):
        """A string of a class that no other process knows."""

        __slots__ = ()

    file = io.BytesIO(png(pages[0]))
    file.read()

    class Odd(np.ndarray):
        """Likewise."""

    closed = io.BytesIO(png(pages[0]))
    closed.close()
    (tmp_path / "a.png").write_bytes(png(pages[1]))
    pictures = [file, Name(tmp_path / "a.png"), closed, pages[2].view(Odd)]
    for read in (Reader(threads=1).read_many, lambda some: crew.read(named(some))):
        whole, path, shut, odd = read(pictures)
        assert whole.reading.text == READER.read(pages[0]).text
        assert path.reading.text == READER.read(pages[1]).text
        assert shut.error == "the picture is closed"
        assert odd.reading.text == READER.read(pages[2]).text


def test_any_number_of_pictures_and_only_a_few_at_a_time(pages: list[np.ndarray]) -> None:
    """From the first, read alone, until well after processes have taken over."""
    taken = 0

    def endless() -> Iterator[np.ndarray]:
        nonlocal taken
        for page in itertools.cycle(pages):
            taken += 1
            yield page

    outcomes = READER.read_many(endless())
    start, count = time.monotonic(), 0
    while taken == count or count < 500:  # nothing is read ahead until processes take over
        assert time.monotonic() - start < 60
        outcome = next(outcomes)
        count += 1
        assert outcome.source == f"picture {count}"
        assert taken <= count + AHEAD
    for outcome in itertools.islice(outcomes, 1000):
        count += 1
        assert outcome.source == f"picture {count}"
        assert taken <= count + AHEAD
    outcomes.close()
    assert [thread.name for thread in threading.enumerate()].count("inkdigits-keeper") == 0


def test_pictures_that_come_slowly_are_not_waited_for(crew: Crew, pages: list[np.ndarray]) -> None:
    list(crew.read(named(pages * 4)))  # it has learnt to hand out many at once
    taken = 0

    def slowly() -> Iterator[np.ndarray]:
        nonlocal taken
        for page in pages[:20]:
            time.sleep(0.1)
            taken += 1
            yield page

    ahead = [taken - number for number, _ in enumerate(crew.read(named(slowly())))]
    assert max(ahead) <= 4


def test_large_pictures_in_memory_are_handed_out_one_by_one(crew: Crew) -> None:
    list(crew.read(named([np.full((28, 28), 255, np.uint8)] * 100)))
    taken = 0

    def large() -> Iterator[np.ndarray]:
        nonlocal taken
        for _ in range(20):
            taken += 1
            yield np.full((1500, 1500), 255, np.uint8)

    ahead = [taken - number for number, _ in enumerate(crew.read(named(large())))]
    assert max(ahead) <= 2 * 2 + 1


def test_what_the_pictures_themselves_raise_comes_behind_those_before_it(
    crew: Crew, pages: list[np.ndarray]
) -> None:
    def broken() -> Iterator[np.ndarray]:
        yield from pages[:30]
        raise LookupError("no more")

    for outcomes in (Reader(threads=1).read_many(broken()), crew.read(named(broken()))):
        read = []
        with pytest.raises(LookupError, match="no more"):
            read.extend(outcomes)
        read = list(itertools.islice(crew.read(named(broken())), 30))
        assert len(read) == 30


def test_closing_early_ends_the_processes(pages: list[np.ndarray]) -> None:
    crew = Crew(READER)
    wait_for(crew.is_ready)
    started = processes(crew)
    assert len(started) == 2
    outcomes = crew.read(named(itertools.cycle(pages)))
    for _ in range(100):
        next(outcomes)
    start = time.monotonic()
    outcomes.close()
    crew.close()
    assert time.monotonic() - start < 5
    assert have_ended(started)


def test_a_crew_that_is_closed_while_it_starts_leaves_nothing() -> None:
    crew = Crew(READER)
    crew.close()
    wait_for(lambda: not any(keeper.is_alive() for keeper in crew._keepers))
    assert processes(crew) == []


def test_processes_that_are_ended_from_outside_are_replaced(
    crew: Crew, pages: list[np.ndarray]
) -> None:
    outcomes = crew.read(named(itertools.islice(itertools.cycle(pages), 1000)))
    read: list[Outcome] = []
    for outcome in outcomes:
        read.append(outcome)
        if len(read) in (200, 500):
            for process in processes(crew):
                process.kill()
    expected = [READER.read(page).text for page in pages]
    assert [outcome.reading.text for outcome in read] == expected * 20


@pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")
def test_a_picture_that_ends_its_process_is_named_and_the_others_go_on(
    crew: Crew, pages: list[np.ndarray], tmp_path: Path
) -> None:
    """A pipe that nobody writes to stands in for it: its reader is there until it is killed."""
    deadly = tmp_path / "deadly.png"
    os.mkfifo(deadly)
    pictures = [*pages[:20], deadly, *pages[20:40]]
    stop = threading.Event()

    def kill_who_reads_it() -> None:
        while not stop.is_set():
            pipe = os.open(deadly, os.O_RDWR)  # does not wait for a reader
            time.sleep(0.3)
            for process in processes(crew):
                with contextlib.suppress(OSError):  # the process or one of its files is gone
                    files = Path(f"/proc/{process.pid}/fd").iterdir()
                    if any(file.samefile(deadly) for file in files):
                        process.kill()
            os.close(pipe)

    killer = threading.Thread(target=kill_who_reads_it)
    killer.start()
    try:
        outcomes = list(crew.read(named(pictures)))
    finally:
        stop.set()
        killer.join()
    assert [outcome.source for outcome in outcomes if outcome.error] == [str(deadly)]
    assert str(outcomes[20].error) == (
        f"{deadly} cannot be read: the process that read it ended suddenly; perhaps memory ran out"
    )
    assert outcomes[40].reading.text == READER.read(pages[39]).text


@pytest.mark.skipif(os.name == "nt", reason="Windows has no named pipes in folders")
def test_ctrl_c_does_not_wait_for_a_picture_that_never_comes(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    crew = Crew(READER)
    wait_for(crew.is_ready)
    started = processes(crew)
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        next(crew.read(named(itertools.repeat(tmp_path / "pipe.png"))))
    crew.close()
    assert time.monotonic() - start < 5
    assert have_ended(started)


def test_where_no_process_can_be_started_threads_read(
    pages: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    crew = Crew(READER)
    wait_for(crew.is_ready)
    assert processes(crew) == []
    outcomes = list(crew.read(named(pages)))
    assert [outcome.reading.text for outcome in outcomes] == [
        READER.read(page).text for page in pages
    ]
    crew.close()


def test_a_script_without_a_main_guard_may_read_many(tmp_path: Path) -> None:
    """As `multiprocessing` would not let it."""
    script = tmp_path / "script.py"
    script.write_text(
        "import numpy, time\n"
        "from inkdigits import Reader\n"
        "page = numpy.full((300, 300), 255, numpy.uint8); page[50:250, 140:160] = 0\n"
        "end = time.monotonic() + 2\n"
        "def pages():\n"
        "    while time.monotonic() < end: yield page\n"
        "print({outcome.reading.text for outcome in Reader(threads=2).read_many(pages())})\n"
    )
    process = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=True, timeout=60
    )
    assert process.stdout == "{'1'}\n"
    assert process.stderr == ""


def test_how_sure_a_digit_must_be_is_the_callers_to_say(pages: list[np.ndarray]) -> None:
    sure = Reader(threads=1).read(pages[0])
    assert sure.text == "7"
    assert sure.confidence < 1
    assert Reader(threads=1, min_confidence=0.0).read(pages[0]).text == "7"
    doubting = Reader(threads=2, min_confidence=1.0)
    assert doubting.read(pages[0]).text == "?"
    crew = Crew(doubting)
    (outcome,) = crew.read(named(pages[:1]))
    crew.close()
    assert outcome.reading.text == "?"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"threads": 0}, "threads must be a whole number from 1 on, not 0"),
        ({"threads": -2}, "threads must be a whole number from 1 on, not -2"),
        ({"min_confidence": 1.5}, "min_confidence must be from 0 to 1, not 1.5"),
        ({"min_confidence": float("nan")}, "min_confidence must be from 0 to 1, not nan"),
    ],
)
def test_impossible_options_get_their_sentence(options: dict[str, Any], expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        Reader(**options)


def test_one_path_is_not_many_pictures() -> None:
    with pytest.raises(TypeError, match="read_many takes pictures, such as a list of paths"):
        READER.read_many("seven.png")  # type: ignore[arg-type]

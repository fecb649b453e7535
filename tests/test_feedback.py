"""Corrections: what is acknowledged stays, what is deleted is gone, and failures are plain."""

import contextlib
import inspect
import json
import os
import re
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
import uuid
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from inkdigits import load, load_parts
from inkdigits._home import home
from inkdigits.errors import FeedbackError, MissingExtraError
from inkdigits.feedback import (
    Correction,
    Feedback,
    database,
    default_url,
    engine,
    is_held_out,
    load_corrections,
)
from inkdigits.feedback.address import parse
from inkdigits.feedback.tables import VERSION_TABLE, metadata

from .conftest import Cli, block_imports

POSTGRES = os.environ.get("INKDIGITS_TEST_POSTGRES")
needs_postgres = pytest.mark.skipif(
    not POSTGRES, reason="INKDIGITS_TEST_POSTGRES names no PostgreSQL server to test on"
)
DEADLINE = 60  # seconds, for what takes moments


def correction(number: int, digit: int = 3, **details: object) -> Correction:
    """A correction with an image of its own for every number."""
    image = np.random.default_rng(number).integers(0, 256, (28, 28), np.uint8)
    return Correction(image, digit, **details)  # type: ignore[arg-type]


CORRECTION = f"""
import numpy as np
from inkdigits.feedback import Correction, Feedback
{inspect.getsource(correction)}
"""  # for programs of their own


@contextlib.contextmanager
def postgres_database() -> Iterator[str]:
    """Make a database on the server that the environment names, for one test."""
    server = parse(str(POSTGRES)).url
    name = f"inkdigits_{uuid.uuid4().hex}"
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    try:
        yield server.set(drivername="postgresql", database=name).render_as_string(False)
    finally:
        with admin.connect() as connection:
            connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=needs_postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'data' / 'feedback.db'}"
    else:
        with postgres_database() as made:
            yield made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "feedback.db"


def of(file: Path) -> str:
    return f"sqlite:///{file}"


def refusal(url: str) -> str:
    """The sentence with which a database is refused."""
    with pytest.raises(FeedbackError) as raised, Feedback(url):
        pass
    message = str(raised.value)
    assert "\n" not in message
    assert "[SQL" not in message
    return message


# What a correction is


def test_an_image_has_one_id_and_is_nobody_elses_any_more() -> None:
    image = np.full((28, 28), 7, np.uint8)
    given = Correction(image, 3)
    image[0, 0] = 8
    assert given.image[0, 0] == 7
    assert re.fullmatch("[0-9a-f]{64}", given.id)
    assert given.id == Correction(np.full((28, 28), 7, np.uint8), 5).id
    assert given.id != Correction(image, 3).id
    with pytest.raises(ValueError, match="read-only"):
        given.image[0, 0] = 1


def test_a_correction_knows_when_it_was_given() -> None:
    assert abs(correction(1).given_at - datetime.now(UTC)) < timedelta(minutes=1)
    noon = datetime(2030, 1, 2, 12, tzinfo=timezone(timedelta(hours=5)))
    assert correction(1, given_at=noon).given_at.isoformat() == "2030-01-02T07:00:00+00:00"


@pytest.mark.parametrize(
    ("details", "sentence"),
    [
        ({"image": np.zeros((28, 29), np.uint8)}, r"uint8 \(28, 28\), this is uint8 \(28, 29\)"),
        ({"image": np.zeros((28, 28))}, "this is float64"),
        ({"digit": 10}, "digit must be a whole number from 0 to 9, not 10"),
        ({"digit": True}, "not True"),
        ({"digit": "7" * 1000}, "not '7777"),
        ({"answer": -1}, "answer must be a whole number from 0 to 9, not -1"),
        ({"confidence": float("nan")}, "confidence must be from 0 to 1, not nan"),
        ({"confidence": 1.1}, "not 1.1"),
        ({"model": "m" * 65}, "at most 64 printable characters"),
        ({"model": "a\0b"}, "printable"),
        ({"model": "\x1b[31m"}, "printable"),
        ({"model": "\ud800"}, "printable"),
        ({"given_at": datetime(2030, 1, 1)}, "has none"),
    ],
)
def test_a_correction_that_is_none_is_refused(details: dict[str, object], sentence: str) -> None:
    whole: dict[str, object] = {"image": np.zeros((28, 28), np.uint8), "digit": 3}
    with pytest.raises(FeedbackError, match=sentence):
        Correction(**{**whole, **details})  # type: ignore[arg-type]


# What a database keeps


def test_what_is_added_comes_back_as_it_was_in_order(url: str) -> None:
    noon = datetime(2030, 1, 2, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=5)))
    given = [
        correction(1, 7, answer=1, confidence=0.625, model="3f2a", given_at=noon),
        correction(2, np.int64(0), confidence=np.float32(0.25), model="größer"),
        correction(3, 9, answer=0, confidence=1),
    ]
    with Feedback(url) as feedback:
        assert [feedback.add(one) for one in given] == [True, True, True]
    with Feedback(url) as feedback:
        assert feedback.count() == 3
        for kept, one in zip(feedback.each(), given, strict=True):
            assert (kept.image == one.image).all()
            for name in ("id", "digit", "answer", "confidence", "model", "given_at"):
                assert getattr(kept, name) == getattr(one, name)
            assert kept.given_at.tzinfo is UTC


def test_of_an_image_the_last_word_counts(url: str) -> None:
    with Feedback(url) as feedback:
        assert feedback.add(correction(1, 7, answer=1, confidence=0.5, model="old"))
        assert feedback.add(correction(2))
        assert not feedback.add(correction(1, 4, model="new"))
        assert not feedback.add(correction(1, 4, model="new"))
        first, second = feedback.each()
    assert (first.id, first.digit) == (correction(1).id, 4)
    assert (first.answer, first.confidence, first.model) == (None, None, "new")
    assert second.id == correction(2).id


def test_many_are_read_batch_by_batch_while_others_write(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_BATCH", 20)
    with Feedback(url) as feedback:
        for number in range(50):
            feedback.add(correction(number, number % 10))
        assert not feedback.add(correction(5, 0))
        seen = []
        for one in feedback.each():
            seen.append(one.digit)
            if len(seen) == 10:
                feedback.delete([correction(49).id, correction(0).id])
                feedback.add(correction(48, 1))
    expected = [number % 10 for number in range(49)]
    expected[5], expected[48] = 0, 1
    assert seen == expected


def test_deleting(url: str) -> None:
    ids = [correction(number).id for number in range(4)]
    with Feedback(url) as feedback:
        for number in range(4):
            feedback.add(correction(number))
        assert feedback.delete([]) == 0
        assert feedback.delete(["unknown"]) == 0
        assert feedback.delete(iter([ids[0], ids[2], "unknown"])) == 2
        assert [one.id for one in feedback.each()] == [ids[1], ids[3]]
        assert feedback.delete(f"{number}" for number in range(1200)) == 0
        assert feedback.add(correction(0))
        assert feedback.delete_all() == 3
        assert feedback.delete_all() == 0
        assert feedback.count() == 0


def test_an_id_is_found_by_its_beginning(url: str) -> None:
    ids = [correction(number).id for number in range(20)]  # 16 digits: two begin alike
    twice = next(one for one in ids if sum(other[0] == one[0] for other in ids) > 1)
    with Feedback(url) as feedback:
        for number in range(20):
            feedback.add(correction(number))
        assert all(feedback.find(one[:12]) == one for one in ids)
        assert feedback.find(ids[0].upper()) == ids[0]
        with pytest.raises(FeedbackError, match="several corrections begin with"):
            feedback.find(twice[0])
        for unknown in ("%", "_", "xyz", "f" * 64):
            with pytest.raises(FeedbackError, match="there is no correction"):
                feedback.find(unknown)


def test_threads_and_programs_add_at_once(url: str) -> None:
    """Two programs of eight threads give the same images and their own, to a new database."""
    program = f"""if True:
        import sys
        from concurrent.futures import ThreadPoolExecutor
        own = 1000 * int(sys.argv[1])
        with Feedback({url!r}) as feedback, ThreadPoolExecutor(8) as threads:
            numbers = [*range(40), *range(own, own + 40)]
            new = threads.map(lambda number: feedback.add(correction(number)), numbers)
            print(sum(new))
    """
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", CORRECTION + program, own], stdout=subprocess.PIPE, text=True
        )
        for own in "12"
    ]
    new = [int(program.communicate(timeout=DEADLINE)[0]) for program in programs]
    assert [program.returncode for program in programs] == [0, 0]
    assert sum(new) == 120
    with Feedback(url) as feedback:
        assert feedback.count() == len({one.id for one in feedback.each()}) == 120


def test_a_killed_program_loses_nothing_that_was_acknowledged(url: str) -> None:
    program = f"""if True:
        feedback = Feedback({url!r})
        for number in range(10**6):
            feedback.add(correction(number))
            print(number, flush=True)
    """
    with subprocess.Popen(
        [sys.executable, "-c", CORRECTION + program], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        watchdog = threading.Timer(DEADLINE, writer.kill)
        watchdog.start()
        acknowledged = [next(writer.stdout) for _ in range(50)]
        writer.kill()
        acknowledged += writer.stdout  # what it said before the kill
        watchdog.cancel()
    last = int(acknowledged[-1])
    with Feedback(url) as feedback:
        kept = {one.id for one in feedback.each()}
        assert {correction(number).id for number in range(last + 1)} <= kept
        assert len(kept) <= last + 2


def test_an_export_is_loaded_as_any_digits(url: str, tmp_path: Path) -> None:
    with Feedback(url) as feedback:
        with pytest.raises(FeedbackError, match="there are no corrections that are not held out"):
            feedback.export(tmp_path / "empty.npz")
        for number in range(12):
            feedback.add(correction(number, number % 10))
        sides: dict[bool, list[int]] = {False: [], True: []}
        for number in range(12):
            sides[is_held_out(correction(number).id)].append(number)
        assert all(sides.values())
        for name, held_out in [
            ("out.npz", False),
            ("out.csv", False),
            ("OUT.NPZ", False),
            ("held.npz", True),
        ]:
            path = tmp_path / name
            numbers, others = sides[held_out], sides[not held_out]
            assert feedback.export(path, held_out=held_out) == (len(numbers), len(others))
            digits, test = load_parts(path)
            assert test is None
            assert digits.require_labels().tolist() == [number % 10 for number in numbers]
            assert (digits.images == [correction(number).image for number in numbers]).all()
        feedback.delete(correction(number).id for number in sides[True])
        with pytest.raises(FeedbackError, match="there are no corrections that are held out, so"):
            feedback.export(tmp_path / "empty.npz", held_out=True)
        with pytest.raises(FeedbackError, match=r"out\.txt must end in \.npz or \.csv"):
            feedback.export(tmp_path / "out.txt")
        with pytest.raises(FileNotFoundError):
            feedback.export(tmp_path / "nowhere" / "out.npz")
    assert not (tmp_path / "empty.npz").exists()
    assert load(tmp_path / "out.csv").fingerprint == load(tmp_path / "out.npz").fingerprint


def test_a_fifth_is_held_out_and_the_rest_is_learned_from(url: str) -> None:
    with Feedback(url) as feedback:
        for number in range(100):
            feedback.add(correction(number, number % 10))
    learned, held = (load_corrections(url, held_out=held_out) for held_out in (False, True))
    assert learned is not None
    assert held is not None
    assert learned.name == held.name == "corrections"
    expected = [number for number in range(100) if is_held_out(correction(number).id)]
    assert 10 <= len(expected) <= 30
    assert held.require_labels().tolist() == [number % 10 for number in expected]
    assert (held.images == [correction(number).image for number in expected]).all()
    assert len(learned) == 100 - len(held)
    with Feedback(url) as feedback:
        feedback.delete(correction(number).id for number in expected)
    assert load_corrections(url, held_out=True) is None


# How a database comes to be


def test_migrations_make_what_the_tables_say_once(url: str) -> None:
    for _ in range(2):
        with Feedback(url) as feedback, feedback._engine.connect() as connection:
            context = MigrationContext.configure(
                connection, opts={"version_table": VERSION_TABLE, "compare_type": True}
            )
            assert compare_metadata(context, metadata) == []


def test_the_newest_migration_is_the_one_that_is_expected() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    from inkdigits.feedback.tables import SCHEMA

    config = Config()
    config.set_main_option("script_location", "inkdigits.feedback:migrations")
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_current_head() == SCHEMA


def test_a_database_of_a_newer_inkdigits_is_refused(url: str) -> None:
    with Feedback(url) as feedback, feedback._writer.begin() as connection:
        table = sa.table(VERSION_TABLE, sa.column("version_num"))
        connection.execute(sa.update(table).values(version_num="9999"))
    message = refusal(url)
    assert "was made by a newer InkDigits (its schema is 9999, this one's is" in message
    assert "upgrade this one" in message


def test_programs_open_a_new_database_at_once(url: str) -> None:
    program = f"""if True:
        from inkdigits.feedback import Feedback
        print("ready", flush=True)
        input()
        with Feedback({url!r}) as feedback:
            print(feedback.count())
    """
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for each in programs:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    with ThreadPoolExecutor(3) as threads:  # all at once, and not each after the other has ended
        answers = list(threads.map(lambda each: each.communicate("\n", DEADLINE), programs))
    assert answers == [("0\n", "")] * 3


def test_threads_open_a_new_database_at_once(url: str) -> None:
    def open_and_add(number: int) -> bool:
        with Feedback(url) as feedback:
            return feedback.add(correction(number))

    with ThreadPoolExecutor(6) as threads:
        assert all(threads.map(open_and_add, range(6)))
    with Feedback(url) as feedback:
        assert feedback.count() == 6


# SQLite


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_only_its_owner_reads_the_file(file: Path) -> None:
    with Feedback(of(file)) as feedback:
        feedback.add(correction(1))
        files = [path for path in file.parent.iterdir() if path.name.startswith(file.name)]
        assert len(files) == 3  # the log and its index, too
        assert [stat.S_IMODE(path.stat().st_mode) for path in files] == [0o600] * 3
    file.chmod(0o640)
    with Feedback(of(file)) as feedback:
        feedback.add(correction(2))
    assert stat.S_IMODE(file.stat().st_mode) == 0o640  # what its owner chose


def test_every_connection_is_set_up_to_lose_nothing(file: Path) -> None:
    with Feedback(of(file)) as feedback:
        raw = [feedback._engine.raw_connection() for _ in range(2)]
        for connection in raw:
            cursor = connection.cursor()
            for pragma, value in [
                ("journal_mode", "wal"),
                ("synchronous", 2),
                ("secure_delete", 1),
                ("max_page_count", 1024**3 // 4096),
            ]:
                assert cursor.execute(f"PRAGMA {pragma}").fetchone() == (value,)
            connection.close()


@pytest.mark.parametrize("everything", [False, True])
def test_what_is_deleted_leaves_no_byte_in_the_files(file: Path, everything: bool) -> None:
    def traces(number: int) -> int:
        one = correction(number)
        contents = [path.read_bytes() for path in file.parent.iterdir()]
        return sum(
            content.count(needle)
            for content in contents
            for needle in (one.image.tobytes()[:100], one.image.tobytes()[-100:], one.id.encode())
        )

    with Feedback(of(file)) as feedback, Feedback(of(file)) as another:
        for number in range(50):
            feedback.add(correction(number))
        assert another.count() == 50  # it stays open, as a server would
        assert all(traces(number) for number in range(50))
        if everything:
            feedback.delete_all()
        else:
            feedback.delete(correction(number).id for number in range(0, 50, 2))
        gone = range(50) if everything else range(0, 50, 2)
        assert not any(traces(number) for number in gone)
        if not everything:
            assert all(traces(number) for number in range(1, 50, 2))


def test_it_is_said_if_somebody_keeps_the_bytes_from_going(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_PATIENCE", 0.2)
    with Feedback(of(file)) as feedback:
        feedback.add(correction(1))
        with contextlib.closing(sqlite3.connect(file)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM corrections").fetchall()
            with pytest.raises(FeedbackError, match="are deleted, but another program is reading"):
                feedback.delete_all()
        assert feedback.count() == 0
        assert feedback.delete_all() == 0  # now the log is emptied
        assert (file.parent / f"{file.name}-wal").stat().st_size == 0


def test_a_full_database_says_so_and_room_can_be_made(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "MOST_BYTES", 200_000)
    with Feedback(of(file)) as feedback:
        with pytest.raises(FeedbackError) as raised:
            deque(map(feedback.add, map(correction, range(1000))), maxlen=0)
        message = str(raised.value)
        assert message.startswith(f"{file} is full, or its disk is: inkdigits feedback export")
        assert "[SQL" not in message
        kept = feedback.count()
        assert 50 < kept < 250
        assert file.stat().st_size <= 200_000
        assert not feedback.add(correction(0, 9))  # a last word needs no room
        assert feedback.delete([correction(number).id for number in range(20)]) == 20
        assert feedback.add(correction(2000))
        assert feedback.count() == kept - 19


def test_one_that_is_locked_says_so(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Feedback(of(file)):
        pass
    monkeypatch.setattr(engine, "_PATIENCE", 0.2)
    with Feedback(of(file)) as feedback, contextlib.closing(sqlite3.connect(file)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(FeedbackError, match="is in use by another program for too long"):
            feedback.add(correction(1))
        assert feedback.count() == 0  # reading goes on
        writer.rollback()
        assert feedback.add(correction(1))


def test_a_damaged_or_foreign_file_is_refused_and_left_alone(file: Path) -> None:
    file.write_bytes(b"These are no corrections." * 100)
    assert refusal(of(file)).startswith(f"{file} is damaged, or no database of corrections")
    assert file.read_bytes() == b"These are no corrections." * 100


def test_damage_inside_is_said_plainly(file: Path) -> None:
    with Feedback(of(file)) as feedback:
        for number in range(50):
            feedback.add(correction(number))
    content = bytearray(file.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    file.write_bytes(content)
    with pytest.raises(FeedbackError, match=r"is damaged"), Feedback(of(file)) as feedback:
        list(feedback.each())


def test_a_folder_a_device_and_what_cannot_be_made_are_refused(tmp_path: Path) -> None:
    assert (
        refusal(of(tmp_path)) == f"{tmp_path} is no file; name one that is, or is to be, a database"
    )
    (tmp_path / "file").touch()
    under = tmp_path / "file" / "under" / "feedback.db"
    assert refusal(of(under)).startswith(f"{under} cannot be made: ")
    if os.name == "posix":
        assert "/dev/null is no file" in refusal("sqlite:////dev/null")
        assert "begins with no user's home folder" in refusal("sqlite:///~no user/feedback.db")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anywhere")
def test_what_may_not_be_written_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "feedback.db"
    with Feedback(of(file)) as feedback:
        feedback.add(correction(1))
    file.chmod(0o400)
    with pytest.raises(FeedbackError, match="may not be written"), Feedback(of(file)) as feedback:
        feedback.add(correction(2))
    file.unlink()
    file.parent.chmod(0o500)
    assert refusal(of(file)) == f"{file} cannot be made: Permission denied"
    file.parent.chmod(0o700)


@pytest.mark.skipif(not Path("/sys/kernel").is_dir(), reason="Linux has such a place")
def test_a_place_where_nobody_writes_is_refused() -> None:
    assert refusal("sqlite:////sys/kernel/feedback.db").startswith(
        "/sys/kernel/feedback.db cannot be made: "
    )


# PostgreSQL


@needs_postgres
def test_what_a_server_refuses_is_said_without_the_password() -> None:
    server = parse(str(POSTGRES)).url.set(drivername="postgresql", password="hunter2")  # noqa: S106

    def message_of(**changes: object) -> str:
        url = server.set(**changes).render_as_string(hide_password=False)  # type: ignore[arg-type]
        message = refusal(url)
        assert "hunter2" not in message
        return message

    where = f"{server.host}:{server.port or 5432}"
    assert message_of(database="nowhere") == (
        f"the database nowhere at {where} does not exist; PostgreSQL's createdb makes it"
    )
    assert re.search("does not let this user in|refuses the user", message_of(username="nobody"))
    assert "cannot be reached" in message_of(host="no-such-host.invalid")
    assert "cannot be reached" in message_of(host="a..b")
    assert "cannot be reached" in message_of(port=99999)


def test_a_server_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_PATIENCE", 1)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        url = f"postgresql://me:hunter2@127.0.0.1:{port}/digits"
        place = f"the database digits at 127.0.0.1:{port}"

        def answer() -> None:
            with listening.accept()[0] as connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                while connection.recv(1000):
                    pass

        talker = threading.Thread(target=answer, daemon=True)
        talker.start()
        message = refusal(url)
        assert message.startswith(place)
        assert "hunter2" not in message
    assert refusal(url).startswith(f"{place} cannot be reached: ")


@needs_postgres
def test_a_server_that_hangs_up_costs_no_more_than_a_call() -> None:
    with postgres_database() as url, Feedback(url) as feedback:
        feedback.add(correction(1))
        with contextlib.closing(feedback._engine.raw_connection()) as connection:
            cursor = connection.cursor()
            cursor.execute("SELECT pg_backend_pid()")
            ((process,),) = cursor.fetchall()
        with Feedback(url) as another, another._engine.begin() as connection:
            end = sa.text("SELECT pg_terminate_backend(:process, 5000)")
            assert connection.scalar(end, {"process": process})
        assert feedback.add(correction(2))
        assert feedback.count() == 2


def test_without_the_driver_postgresql_asks_for_it() -> None:
    with block_imports("pg8000"), pytest.raises(MissingExtraError, match=r"inkdigits\[postgres\]"):
        Feedback("postgresql://me@127.0.0.1/digits")


# Addresses


@pytest.mark.parametrize(
    "url",
    [
        "hunter2",
        "corrections.db",
        "postgresql:/me:hunter2@host/digits",
        "postgresql://me:hunter2@host:port/digits",
        "mysql://me:hunter2@host/digits",
        "postgresql+psycopg://me:hunter2@host/digits",
        "postgresql://me:hunter2@host",
        "postgresql://:hunter2@host/digits",
        "postgresql://me:hunter2@host/digits?sslmode=hunter2",
        "postgresql://me:hunter2@host/digits?password=hunter2",
        "sqlite://me:hunter2@host/digits",
        "sqlite:///digits.db?key=hunter2",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///a%00b",
    ],
)
def test_what_is_no_address_is_refused_without_quoting_it(url: str) -> None:
    message = refusal(url)
    assert "hunter2" not in message
    assert "sqlite:///corrections.db or postgresql://" in message or "sslmode" in message


def test_addresses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert parse("sqlite:///digits.db").file == tmp_path / "digits.db"
    assert parse("sqlite:///~/digits.db").file == Path.home() / "digits.db"
    for scheme in ("postgres", "postgresql", "postgresql+pg8000"):
        address = parse(f"{scheme}://me:hunter2@host/digits?sslmode=require")
        assert address.url.drivername == "postgresql+pg8000"
        assert (address.place, address.tls) == ("the database digits at host:5432", "require")
    assert (
        parse("postgresql://me@/digits?unix_sock=/run/x").place == "the database digits at /run/x"
    )


def test_the_default_is_a_file_in_the_users_data_unless_the_environment_says_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("INKDIGITS_DATABASE", raising=False)
    monkeypatch.delenv("INKDIGITS_HOME", raising=False)
    assert home().is_absolute()
    assert home().name == "inkdigits"
    assert parse(default_url()).file == home() / "feedback.db"
    odd = tmp_path / ("my digits, 100%20 #1" if os.name == "nt" else "my digits, 100%20? #1")
    monkeypatch.setenv("INKDIGITS_HOME", str(odd))
    with Feedback(default_url()) as feedback:
        assert feedback.place == str(odd / "feedback.db")
    assert (odd / "feedback.db").is_file()
    monkeypatch.setenv("INKDIGITS_DATABASE", "postgresql://me@host/digits")
    assert default_url() == "postgresql://me@host/digits"


# The command line


@pytest.fixture
def at_home(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The command line of somebody who has a home folder with three corrections."""
    monkeypatch.setenv("INKDIGITS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("INKDIGITS_DATABASE", raising=False)
    given_at = datetime(2030, 1, 2, 12, tzinfo=UTC)
    with Feedback(default_url()) as feedback:
        feedback.add(correction(1, 7, answer=1, confidence=0.625, model="m", given_at=given_at))
        feedback.add(correction(2, 5))
        feedback.add(correction(3, 4))
    return cli


@pytest.mark.parametrize("verb", ["list", "export", "delete"])
def test_every_verb_explains_itself_with_an_example(cli: Cli, verb: str) -> None:
    assert verb in cli("feedback", "--help").stdout
    result = cli("feedback", verb, "--help")
    assert result.exit_code == 0
    for part in (f"Example: inkdigits feedback {verb}", "--database", "--json", "--debug"):
        assert part in result.stdout


def test_listing(at_home: Cli, tmp_path: Path) -> None:
    result = at_home("feedback", "list")
    when = datetime(2030, 1, 2, 12, tzinfo=UTC).astimezone()
    lines = result.stdout.splitlines()
    assert lines[0] == f"{correction(1).id[:12]}\t7\t1\t62.5%\t{when:%Y-%m-%d %H:%M}"
    assert lines[1].startswith(f"{correction(2).id[:12]}\t5\t-\t-\t")
    assert len(lines) == 3
    assert result.stderr == f"3 corrections in {tmp_path / 'home' / 'feedback.db'}\n"


def test_listing_for_programs(at_home: Cli) -> None:
    rows = [json.loads(line) for line in at_home("feedback", "list", "--json").stdout.splitlines()]
    assert rows[0] == {
        "id": correction(1).id,
        "digit": 7,
        "answer": 1,
        "confidence": 0.625,
        "model": "m",
        "given_at": "2030-01-02T12:00:00+00:00",
    }
    assert [row["digit"] for row in rows] == [7, 5, 4]


@pytest.mark.skipif(os.name == "nt", reason="Windows has other terminals")
def test_listing_on_a_terminal(at_home: Cli) -> None:
    import pty

    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as screen:
        lister = subprocess.run(
            [sys.executable, "-m", "inkdigits", "feedback", "list"],
            stdout=theirs,
            stderr=subprocess.PIPE,
            text=True,
            timeout=DEADLINE,
            check=True,
        )
        shown = screen.read(10_000).decode()
    os.close(theirs)
    assert re.search(r"id.*is a.*model said.*confidence.*when", shown)
    assert re.search(rf"{correction(1).id[:12]} +7 +1 +62.5% +20", shown)
    assert lister.stderr.startswith("3 corrections in ")


def test_exporting(at_home: Cli, tmp_path: Path) -> None:
    assert is_held_out(correction(6).id)
    with Feedback(default_url()) as feedback:
        feedback.add(correction(6, 9))
    assert at_home("feedback", "export", "out.csv").stdout == (
        "out.csv: 3 corrections; left out: 1 held out to measure on (--held-out writes those)\n"
    )
    assert load(tmp_path / "out.csv").require_labels().tolist() == [7, 5, 4]
    assert at_home("feedback", "export", "held.csv", "--held-out").stdout == (
        "held.csv: 1 correction to measure on; left out: 3 to learn from\n"
    )
    assert load(tmp_path / "held.csv").require_labels().tolist() == [9]
    result = at_home("feedback", "export", "out.npz", "--json")
    assert json.loads(result.stdout) == {"path": "out.npz", "corrections": 3, "left_out": 1}
    result = at_home("feedback", "export", "out.txt")
    assert result.exit_code == 1
    assert (
        result.stderr == "inkdigits: out.txt must end in .npz or .csv, which says how to write it\n"
    )


def test_deleting_some(at_home: Cli) -> None:
    unknown = at_home("feedback", "delete", correction(1).id, "nobody")
    assert unknown.exit_code == 1
    assert unknown.stderr.startswith("inkdigits: there is no correction 'nobody' in ")
    result = at_home("feedback", "delete", correction(1).id[:8], correction(1).id, correction(3).id)
    assert result.stdout.startswith("deleted 2 corrections from ")
    assert "--also feedback keep copies in also.npz" in result.stderr
    assert json.loads(at_home("feedback", "delete", correction(2).id, "--json").stdout) == {
        "deleted": 1
    }
    assert at_home("feedback", "list").stderr.startswith("0 corrections in ")


def test_deleting_all_asks_first(at_home: Cli) -> None:
    for answer in (b"n\n", b"\n", b""):
        refused = at_home("feedback", "delete", "--all", stdin=answer)
        assert refused.exit_code == 1
        assert "Delete 3 corrections from " in refused.stderr
        assert refused.stderr.endswith("nothing is deleted; --yes deletes without asking\n")
    agreed = at_home("feedback", "delete", "--all", stdin=b"y\n")
    assert "deleted 3 corrections from " in agreed.stdout
    assert at_home("feedback", "delete", "--all", "--yes", "--json").stdout == '{"deleted": 0}\n'


def test_deleting_what(at_home: Cli) -> None:
    assert at_home("feedback", "delete").exit_code == 2
    assert at_home("feedback", "delete", "abc", "--all").exit_code == 2


def test_a_database_by_url_and_its_failures(at_home: Cli, url: str) -> None:
    with Feedback(url) as feedback:
        feedback.add(correction(9))
    assert at_home("feedback", "list", "--database", url).stderr.startswith("1 correction in ")
    result = at_home("feedback", "list", "--database", "mysql://me:hunter2@host/digits")
    assert result.exit_code == 1
    assert result.stderr.startswith(
        "inkdigits: corrections are not kept in mysql: write sqlite:///"
    )
    assert "hunter2" not in result.output

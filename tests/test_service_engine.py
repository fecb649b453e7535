"""The engine, and the processes that it keeps at work."""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from inkdigits import Dataset, ModelError, PictureError, Reader, ServiceError
from inkdigits.reading.model_file import DEFAULT_MODEL
from inkdigits.reading.process import ProcessLostError
from inkdigits.service import tasks
from inkdigits.service.engine import BusyError, Engine, LostError, UnavailableError
from inkdigits.service.inference_process import Call, InferenceProcess, version_of
from inkdigits.service.metrics import Metrics
from tests import odd_tasks

DEADLINE = 60.0
VERSION = version_of(DEFAULT_MODEL)


@pytest.fixture(autouse=True)
def _found_by_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have processes find the odd tasks."""
    monkeypatch.syspath_prepend(Path(__file__).parents[1])


def start() -> InferenceProcess:
    process = InferenceProcess(100)
    process.load(DEFAULT_MODEL, VERSION)
    return process


def using(
    use: Callable[[Engine], Awaitable[Any]],
    *,
    processes: int = 1,
    most: int = 1000,
    longest: float = DEADLINE,
    metrics: Metrics | None = None,
    start: Callable[[], InferenceProcess] = start,
) -> Any:
    """Run a coroutine with an engine; at its end nothing waits, and its processes have ended."""
    figures = metrics or Metrics()

    async def run() -> Any:
        first = InferenceProcess(100)
        first.load(DEFAULT_MODEL, VERSION)
        engine = Engine(start, first, processes, most, longest, figures)
        try:
            async with asyncio.timeout(DEADLINE):
                return await use(engine)
        finally:
            engine.close()
            for keeper in engine._keepers:
                await asyncio.to_thread(keeper.join, DEADLINE)
            assert not any(keeper.is_alive() for keeper in engine._keepers)
            await asyncio.sleep(0)  # who has been told last
            assert "inkdigits_queue_depth 0.0" in figures.exposition().decode()

    return asyncio.run(run())


def call(task: Callable[..., Any], *arguments: Any) -> Call:
    return Call(DEFAULT_MODEL, VERSION, task, arguments)


def test_it_gathers_what_waits_into_batches(mnist: tuple[Dataset, Dataset]) -> None:
    images = mnist[1].images[:200]
    metrics = Metrics()

    async def ask(engine: Engine) -> list[np.ndarray]:
        asked = (engine.classify(call(tasks.classify), image[np.newaxis]) for image in images)
        return await asyncio.gather(*asked)

    rows = np.concatenate(using(ask, metrics=metrics))
    np.testing.assert_allclose(rows, Reader().classify(images), atol=1e-6)
    exposition = metrics.exposition().decode()
    batches = re.search(r"^inkdigits_batch_size_count (\S+)", exposition, re.MULTILINE)
    assert batches is not None
    assert float(batches[1]) < 100
    assert "inkdigits_queue_depth 0.0" in exposition


def test_each_model_answers_what_it_is_asked(
    mnist: tuple[Dataset, Dataset], tmp_path: Path
) -> None:
    """Just after a change of models both are asked, and none is taken for another."""
    other = tmp_path / "other.onnx"
    model = onnx.load(DEFAULT_MODEL)
    model.doc_string = "another"
    onnx.save(model, other)
    images = mnist[1].images[:8]

    async def ask(engine: Engine) -> None:
        classify = Call(other, version_of(other), tasks.classify)
        asked = [classify, call(tasks.classify)] * 3
        rows = await asyncio.gather(*(engine.classify(one, images) for one in asked))
        for one in rows[1:]:
            np.testing.assert_allclose(one, rows[0], atol=1e-6)
        with pytest.raises(ModelError, match=r"other\.onnx is another model now"):
            await engine.run(Call(other, "0" * 12, tasks.describe))
        with pytest.raises(ModelError, match=r"there is no model file .*nowhere\.onnx"):
            await engine.run(Call(tmp_path / "nowhere.onnx", "0" * 12, tasks.describe))

    using(ask)


def test_there_is_an_end_to_what_waits() -> None:
    async def ask(engine: Engine) -> None:
        jobs = [asyncio.create_task(engine.run(call(odd_tasks.sleep, 0.5))) for _ in range(2)]
        await asyncio.sleep(0)
        assert engine.busy
        with pytest.raises(BusyError):
            await engine.run(call(odd_tasks.process_id))
        assert await asyncio.gather(*jobs) == [0.5, 0.5]
        assert not engine.busy

    using(ask, most=2)


def test_errors_come_back() -> None:
    request = tasks.PictureRequest(b"no picture", None, 0, True, False, False, False, 100, "x")

    async def ask(engine: Engine) -> None:
        with pytest.raises(PictureError, match="is not a picture of a known format"):
            await engine.run(call(tasks.read, request))
        with pytest.raises(RuntimeError, match="ZeroDivisionError"):
            await engine.run(call(odd_tasks.fail))
        assert await engine.run(call(odd_tasks.process_id)) > 0

    using(ask)


def test_work_that_nobody_waits_for_is_left_out() -> None:
    async def ask(engine: Engine) -> None:
        begun = asyncio.create_task(engine.run(call(odd_tasks.sleep, 0.5)))
        left_out = asyncio.create_task(engine.run(call(odd_tasks.sleep, 1000)))
        unwanted = asyncio.create_task(engine.classify(call(odd_tasks.sleep), np.zeros((1, 2))))
        await asyncio.sleep(0)
        left_out.cancel()
        unwanted.cancel()
        assert await engine.run(call(odd_tasks.sleep, 0.01)) == 0.01
        assert await begun == 0.5

    using(ask)


def test_work_that_takes_too_long_is_ended() -> None:
    async def ask(engine: Engine) -> None:
        before = await engine.run(call(odd_tasks.process_id))
        for late in (
            engine.run(call(odd_tasks.sleep, 1000)),
            engine.classify(call(odd_tasks.never), np.zeros((1, 28, 28), np.uint8)),
        ):
            behind = asyncio.create_task(engine.run(call(odd_tasks.process_id)))
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.9):
                    await late
            assert await behind > 0
        assert await engine.run(call(odd_tasks.process_id)) != before

    using(ask, longest=1.0)


def test_who_waits_longer_is_told_that_it_was_ended() -> None:
    async def ask(engine: Engine) -> None:
        with pytest.raises(LostError):
            await engine.run(call(odd_tasks.sleep, 1000))

    using(ask, longest=0.2)


def test_where_no_process_can_be_started_nothing_is_taken() -> None:
    can_start = threading.Event()

    def start_or_fail() -> InferenceProcess:
        if not can_start.is_set():
            raise RuntimeError("a library is not there")
        return start()

    async def ask(engine: Engine) -> None:
        pid = await engine.run(call(odd_tasks.process_id))
        os.kill(pid, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
        waiting = asyncio.create_task(engine.run(call(odd_tasks.process_id)))
        while engine.works:
            await asyncio.sleep(0.01)
        with pytest.raises(UnavailableError):
            await engine.run(call(odd_tasks.process_id))
        can_start.set()
        assert await waiting != pid  # what had been taken is done as soon as that is possible
        assert engine.works

    using(ask, start=start_or_fail)


def test_a_process_that_cannot_do_its_work_says_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "cv2.py").write_text("raise ImportError('libGL.so.1 is not there')")
    monkeypatch.syspath_prepend(tmp_path)
    with (
        contextlib.closing(InferenceProcess(100)) as process,
        pytest.raises(ServiceError, match=r"cannot be read here: .*libGL\.so\.1 is not there"),
    ):
        process.load(DEFAULT_MODEL, VERSION)


def test_what_a_process_sends_holds_data_and_calls_nothing(tmp_path: Path) -> None:
    """Whoever has taken it over by a picture has not taken over the service."""
    for task in (odd_tasks.pretend_to_be_data, odd_tasks.pretend_to_be_an_error):
        with contextlib.closing(start()) as process, pytest.raises(ProcessLostError):
            process.do(call(task, tmp_path / "owned"))
    assert not (tmp_path / "owned").exists()


def test_a_process_knows_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INKDIGITS_API_KEY", "secret")
    with contextlib.closing(start()) as process:
        assert process.do(call(odd_tasks.environment)) == ([], None)


def test_work_that_ends_its_process_takes_nothing_along(tmp_path: Path) -> None:
    count = tmp_path / "count"

    async def ask(engine: Engine) -> None:
        jobs = [
            engine.run(call(odd_tasks.sleep, 0.01)),
            engine.run(call(odd_tasks.die, count)),
            engine.run(call(odd_tasks.sleep, 0.02)),
            engine.run(call(odd_tasks.sleep, 0.03)),
        ]
        first, lost, *others = await asyncio.gather(*jobs, return_exceptions=True)
        assert isinstance(lost, LostError)
        assert [first, *others] == [0.01, 0.02, 0.03]

    using(ask)
    assert count.read_text() == "xx"  # the first time it might have been killed from outside


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_process_that_is_killed_is_replaced_unnoticed() -> None:
    async def ask(engine: Engine) -> None:
        for _ in range(2):
            before = await engine.run(call(odd_tasks.process_id))
            os.kill(before, signal.SIGTERM)  # a system that stops the service tells all of it
            assert await engine.run(call(odd_tasks.process_id)) == before
            os.kill(before, signal.SIGKILL)
            assert await engine.run(call(odd_tasks.process_id)) != before

    using(ask)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_processes_that_die_idle_cost_no_work_and_leave_nothing() -> None:
    async def ask(engine: Engine) -> None:
        found: set[int] = set()
        while len(found) < 2:
            asked = [engine.run(call(odd_tasks.process_id)) for _ in range(20)]
            found |= set(await asyncio.gather(*asked))
        for pid in found:
            os.kill(pid, signal.SIGKILL)
        while any(map(_is_running, found)):
            await asyncio.sleep(0.01)
        assert await engine.run(call(odd_tasks.process_id)) not in found
        while any(Path(f"/proc/{pid}").exists() for pid in found):  # nobody asks for anything
            await asyncio.sleep(0.05)

    using(ask, processes=2)


def test_nothing_goes_on_after_the_end() -> None:
    started: list[float] = []

    async def ask(engine: Engine) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await engine.run(call(odd_tasks.sleep, 1000))
        started.append(time.monotonic())

    using(ask)
    assert time.monotonic() - started[0] < 10


@pytest.mark.skipif(os.name == "nt", reason="Windows does not tell that a parent has ended")
def test_a_process_ends_with_who_waits_for_it() -> None:
    program = f"""if True:
        from pathlib import Path
        from inkdigits.service.inference_process import Call, InferenceProcess
        from tests import odd_tasks
        process = InferenceProcess(100)
        model = Path({str(DEFAULT_MODEL)!r})
        print(process.do(Call(model, {VERSION!r}, odd_tasks.process_id))[0], flush=True)
        process.do(Call(model, {VERSION!r}, odd_tasks.sleep, (1000,)))
    """
    path = os.pathsep.join(sys.path)
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + DEADLINE
    while _is_running(pid):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    try:
        if not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z":
            return True
        # Its first thread has ended, and the system says so to nobody before the others have, too.
        return len(list(Path(f"/proc/{pid}/task").iterdir())) > 1
    except OSError:
        return False


def test_processes_share_the_work() -> None:
    async def ask(engine: Engine) -> set[int]:
        found: set[int] = set()
        while len(found) < 2:
            jobs = [engine.run(call(odd_tasks.sleep, 0.05)) for _ in range(4)]
            pids = [engine.run(call(odd_tasks.process_id)) for _ in range(4)]
            await asyncio.gather(*jobs)
            found |= set(await asyncio.gather(*pids))
        return found

    assert len(using(ask, processes=2)) == 2

"""The engine, and the processes that it keeps at work."""

import asyncio
import functools
import os
import re
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkdigits import Dataset, ModelError, PictureError, Reader
from inkdigits.reading.model_file import DEFAULT_MODEL
from inkdigits.service import tasks
from inkdigits.service.engine import Busy, Engine, LostError
from inkdigits.service.inference import Call, InferenceProcess, Loaded
from inkdigits.service.metrics import Metrics
from tests import odd_tasks

DEADLINE = 60.0


@pytest.fixture(autouse=True)
def _found_by_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have processes find the odd tasks."""
    monkeypatch.syspath_prepend(Path(__file__).parents[1])


def using(
    use: Callable[[Engine], Awaitable[Any]],
    processes: int = 1,
    most: int = 1000,
    metrics: Metrics | None = None,
) -> Any:
    """Run a coroutine with an engine whose processes have begun."""

    async def run() -> Any:
        start = functools.partial(InferenceProcess, 100)
        first = start()
        first.load(DEFAULT_MODEL)
        engine = Engine(start, first, processes, most, metrics or Metrics())
        try:
            async with asyncio.timeout(DEADLINE):
                return await use(engine)
        finally:
            engine.close()
            for keeper in engine._keepers:
                await asyncio.to_thread(keeper.join, DEADLINE)
            assert not any(keeper.is_alive() for keeper in engine._keepers)

    return asyncio.run(run())


def call(task: Callable[..., Any], *arguments: Any) -> Call:
    return Call(DEFAULT_MODEL, None, task, arguments)


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
    other.write_bytes(DEFAULT_MODEL.read_bytes())
    images = mnist[1].images[:8]

    async def ask(engine: Engine) -> None:
        loaded = await engine.run(Call(other))
        assert isinstance(loaded, Loaded)
        assert loaded.card == Reader().card
        classify = Call(other, loaded.version, tasks.classify)
        rows = await asyncio.gather(
            engine.classify(classify, images), engine.classify(call(tasks.classify), images)
        )
        np.testing.assert_array_equal(rows[0], rows[1])
        with pytest.raises(ModelError, match=r"other\.onnx is another model now"):
            await engine.run(Call(other, "0" * 12, odd_tasks.process_id))
        with pytest.raises(ModelError, match=r"there is no model file .*nowhere\.onnx"):
            await engine.run(Call(tmp_path / "nowhere.onnx"))

    using(ask)


def test_there_is_an_end_to_what_waits() -> None:
    async def ask(engine: Engine) -> None:
        jobs = [asyncio.create_task(engine.run(call(odd_tasks.sleep, 0.5))) for _ in range(2)]
        await asyncio.sleep(0)
        assert engine.busy
        with pytest.raises(Busy):
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


def test_work_that_nobody_waits_for_is_ended_or_left_out() -> None:
    async def ask(engine: Engine) -> None:
        before = await engine.run(call(odd_tasks.process_id))
        too_long, left_out = (
            asyncio.create_task(engine.run(call(odd_tasks.sleep, 1000))) for _ in range(2)
        )
        behind = asyncio.create_task(engine.run(call(odd_tasks.process_id)))
        await asyncio.sleep(0.3)
        left_out.cancel()
        too_long.cancel()
        assert await behind != before
        assert engine.works

    using(ask)


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
    assert count.read_text() == "xx"  # the first time it might have been another's fault


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

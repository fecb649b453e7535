"""Keep corrections without holding up anything else."""

import asyncio
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from inkdigits.errors import FeedbackError, InkDigitsError
from inkdigits.feedback.correction import Correction

if TYPE_CHECKING:
    from inkdigits.feedback import Feedback

__all__ = ["Corrections"]

_MOST = 256  # that may wait for the disk
_SECONDS = 20.0  # longer than the database is waited for, so that it is known what became of it

_log = logging.getLogger(__name__)


class Corrections:
    """The database of corrections, on a thread of its own.

    It is opened when it is first needed: a service without its database still reads.

    Args:
        url: of the database; `None` for the one in the user's data.
    """

    def __init__(self, url: str | None) -> None:
        self._url = url
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="corrections")
        self._room = threading.BoundedSemaphore(_MOST)
        self._feedback: Feedback | None = None

    async def add(self, correction: Correction) -> bool:
        """Keep a correction; say whether its image is new. It is durable when this returns.

        Raises:
            FeedbackError: the database cannot be reached, is full, or takes too long.
        """
        if not self._room.acquire(blocking=False):
            raise FeedbackError("too many corrections wait for the database")
        job = self._pool.submit(self._add, correction)
        # It counts until it ends, whoever waits for it.
        job.add_done_callback(lambda _: self._room.release())
        try:
            async with asyncio.timeout(_SECONDS):
                return await asyncio.shield(asyncio.wrap_future(job))
        except TimeoutError:
            job.cancel()  # if it has not begun
            raise FeedbackError("the database takes too long") from None
        except FeedbackError as error:
            _log.error("a correction was not kept", extra={"reason": str(error)})
            raise

    async def open(self) -> None:
        """Open the database ahead of the first correction; what is wrong with it is logged."""
        try:
            await asyncio.get_running_loop().run_in_executor(self._pool, self._opened)
        except InkDigitsError as error:
            _log.error("no correction can be kept", extra={"reason": str(error)})

    def close(self) -> None:
        """Close the database, after what it is at."""
        self._pool.shutdown(cancel_futures=True)  # who asked for those has had an answer
        if self._feedback is not None:
            self._feedback.close()

    def _add(self, correction: Correction) -> bool:
        try:
            return self._opened().add(correction)
        except FeedbackError:
            # Its file may be another one by the next time, or its server.
            if self._feedback is not None:
                self._feedback.close()
                self._feedback = None
            raise

    def _opened(self) -> "Feedback":
        if self._feedback is None:
            # SQLAlchemy takes longer to load than all the rest of the service.
            from inkdigits.feedback import Feedback, default_url

            self._feedback = Feedback(self._url or default_url())
        return self._feedback

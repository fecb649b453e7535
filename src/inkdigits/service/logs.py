"""The log: a JSON object a line, on the standard error."""

import logging
import sys

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

__all__ = ["configure_logs"]


def configure_logs() -> None:
    """Have the service and uvicorn write JSON lines, instead of where their logs went before.

    Warnings, and other logs that go nowhere in particular, become such lines, too. What decoders in
    C write by themselves is left as it is.
    """
    formatter = JsonFormatter(
        ["asctime", "levelname", "message"],
        rename_fields={"asctime": "time", "levelname": "level", "message": "event"},
        datefmt="%Y-%m-%dT%H:%M:%S%z",
        reserved_attrs=[*RESERVED_ATTRS, "color_message"],  # uvicorn says it twice
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    for name in ("inkdigits", "uvicorn"):
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.setLevel("INFO")
        logger.propagate = False
    elsewhere = logging.StreamHandler(sys.stderr)
    elsewhere.setFormatter(formatter)
    elsewhere.setLevel("WARNING")
    logging.lastResort = elsewhere
    logging.captureWarnings(True)
    # What it says of a form is in the answer to the form.
    logging.getLogger("python_multipart").setLevel("ERROR")
    # Each request has a line of ours; uvicorn's own would only repeat it.
    logging.getLogger("uvicorn.access").disabled = True

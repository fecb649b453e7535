"""The Open Inference Protocol, version 2.

Source: https://github.com/kserve/open-inference-protocol, specification/protocol/inference_rest.md.
"""

from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from inkdigits._version import __version__
from inkdigits.datasets.dataset import DIGITS, SIDE
from inkdigits.service.problems import Problem
from inkdigits.service.routes.counted import CountedRoute
from inkdigits.service.routes.parts import json_answer, parts_of

__all__ = ["MODEL", "router"]

MODEL = "digits"


class _InferenceError(BaseModel):
    """The protocol's form of an error."""

    error: str


_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": _InferenceError}
    for status in (400, 401, 403, 404, 408, 413, 415, 421, 422, 429, 503)
}

router = APIRouter(
    prefix="/v2", tags=["Open Inference Protocol"], responses=_ERRORS, route_class=CountedRoute
)


class _Input(BaseModel):
    name: Literal["images"]
    shape: Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=3, max_length=4)]
    datatype: Literal["FP32", "UINT8"]
    data: list[Any] = Field(description="the tensor row by row, flat or nested")
    parameters: dict[str, Any] = {}


class _Output(BaseModel):
    model_config = ConfigDict(extra="allow")

    name: Literal["probabilities"]


class InferRequest(BaseModel):
    """Images to classify: FP32 0 to 1, or UINT8, of shape N × 28 × 28 with or without × 1."""

    id: str | None = Field(None, max_length=256)
    inputs: Annotated[list[_Input], Field(min_length=1, max_length=1)]
    outputs: Annotated[list[_Output], Field(max_length=1)] | None = None
    parameters: dict[str, Any] = {}


@router.get("", summary="Say what serves")
async def server() -> dict[str, Any]:
    """Give the server's name, version and extensions."""
    return {"name": "inkdigits", "version": __version__, "extensions": []}


@router.get("/health/live", summary="Tell whether the server lives")
async def live() -> dict[str, bool]:
    """Answer as long as the server lives."""
    return {"live": True}


@router.get("/health/ready", summary="Tell whether the server is ready")
async def ready(request: Request) -> dict[str, bool]:
    """Answer 200 while models answer."""
    parts_of(request).check_ready()
    return {"ready": True}


@router.get("/models/{name}", summary="Describe the model")
async def describe(request: Request, name: str) -> dict[str, Any]:
    """Give the model's version, inputs and outputs."""
    _check_name(name)
    return {
        "name": MODEL,
        "versions": [parts_of(request).model.version],
        "platform": "onnxruntime_onnx",
        "inputs": [{"name": "images", "datatype": "FP32", "shape": [-1, SIDE, SIDE, 1]}],
        "outputs": [{"name": "probabilities", "datatype": "FP32", "shape": [-1, DIGITS]}],
    }


@router.get("/models/{name}/ready", summary="Tell whether the model is ready")
async def model_ready(request: Request, name: str) -> dict[str, Any]:
    """Answer 200 while the model answers."""
    _check_name(name)
    parts_of(request).check_ready()
    return {"name": MODEL, "ready": True}


@router.post("/models/{name}/infer", summary="Classify images", response_model=None)
async def infer(request: Request, name: str, body: InferRequest) -> Response:
    """Give the ten probabilities of each image."""
    _check_name(name)
    parts = parts_of(request)
    model = parts.model
    rows = await parts.classify(model, _images(body.inputs[0]))
    answer: dict[str, Any] = {
        "model_name": MODEL,
        "model_version": model.version,
        "outputs": [
            {
                "name": "probabilities",
                "datatype": "FP32",
                "shape": list(rows.shape),
                "data": rows.ravel().tolist(),
            }
        ],
    }
    if body.id is not None:
        answer["id"] = body.id
    trusted = int((rows.max(axis=1) >= model.card.rejection_threshold).sum())
    parts.metrics.digits_read(trusted, len(rows) - trusted)
    return Response(json_answer(answer), media_type="application/json")


def _images(tensor: _Input) -> npt.NDArray[np.uint8]:
    shape = tensor.shape
    if shape[1:] not in ([SIDE, SIDE], [SIDE, SIDE, 1]):
        raise Problem(400, f"images must have the shape [N, {SIDE}, {SIDE}, 1], not {shape}")
    try:
        values = np.array(tensor.data, np.float64).ravel()
    except (TypeError, ValueError, OverflowError):
        raise Problem(400, "data must hold numbers, flat or nested as the shape is") from None
    if len(values) != shape[0] * SIDE * SIDE:
        raise Problem(400, f"data has {len(values)} numbers, and the shape {shape} has others")
    most = 1.0 if tensor.datatype == "FP32" else 255.0
    if not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= most):
        raise Problem(400, f"{tensor.datatype} pixels are 0 (paper) to {most:g} (ink)")
    return (values * (255.0 / most) + 0.5).astype(np.uint8).reshape(-1, SIDE, SIDE)


def _check_name(name: str) -> None:
    if name != MODEL:
        raise Problem(404, f"there is no model of this name; the one that is there is {MODEL!r}")

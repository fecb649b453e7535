"""Say how the service is, and what model answers."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request, Response

from inkdigits.service.metrics import CONTENT_TYPE
from inkdigits.service.routes.parts import PROBLEMS, parts_of
from inkdigits.service.schemas import ModelDescription

__all__ = ["router"]

router = APIRouter(tags=["service"])


@router.get("/healthz", summary="Tell whether the service works", responses=PROBLEMS)
async def healthz(request: Request) -> dict[str, str]:
    """Answer 200 while the service reads pictures, and 503 while it cannot."""
    parts_of(request).check_ready()
    return {"status": "ok"}


@router.get("/v1/model", summary="Say which model answers", responses=PROBLEMS)
async def model(request: Request) -> ModelDescription:
    """Give the card of the model that answers."""
    parts = parts_of(request)
    card: dict[str, Any] = asdict(parts.model.card)
    return ModelDescription(
        version=parts.model.version,
        promoted=parts.model.promoted,
        corrections=parts.corrections is not None,
        card=card,
    )


@router.get(
    "/metrics",
    summary="Give figures for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}, **PROBLEMS},
)
async def metrics(request: Request) -> Response:
    """Give requests, latencies, pictures, digits, rejections and batches."""
    return Response(parts_of(request).metrics.exposition(), headers={"content-type": CONTENT_TYPE})

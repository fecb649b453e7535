"""Classify images that are framed already, and say what drives an answer."""

import numpy as np
import numpy.typing as npt
from fastapi import APIRouter, Request, Response

from inkdigits.service import tasks
from inkdigits.service.model import Model
from inkdigits.service.routes.counted import CountedRoute
from inkdigits.service.routes.parts import PROBLEMS, json_answer, parts_of
from inkdigits.service.schemas import (
    Classification,
    ClassifyRequest,
    ExplainRequest,
    Explanation,
    pixels,
)

__all__ = ["router"]

router = APIRouter(tags=["digits"], route_class=CountedRoute)


@router.post(
    "/v1/classify",
    summary="Classify images of single digits",
    response_model=None,
    responses={200: {"model": Classification}, **PROBLEMS},
)
async def classify(request: Request, body: ClassifyRequest) -> Response:
    """Say which digit each image shows, with the probability of each of the ten."""
    parts = parts_of(request)
    model = parts.model
    images = np.stack([pixels(image) for image in body.images])
    rows = await parts.classify(model, images)
    predictions = [_prediction(row, model) for row in rows]
    trusted = sum(prediction["trusted"] is True for prediction in predictions)
    parts.metrics.digits_read(trusted, len(predictions) - trusted)
    answer = {"model": model.version, "predictions": predictions}
    return Response(json_answer(answer), media_type="application/json")


@router.post(
    "/v1/explain",
    summary="Say what drives an answer",
    response_model=None,
    responses={200: {"model": Explanation}, **PROBLEMS},
)
async def explain(request: Request, body: ExplainRequest) -> Response:
    """Say how much each pixel of a digit's image speaks for the answer, or against it."""
    parts = parts_of(request)
    explanation = await parts.do(parts.model.call(tasks.explain, pixels(body.image)))
    return Response(json_answer(explanation), media_type="application/json")


def _prediction(row: npt.NDArray[np.float32], model: Model) -> dict[str, object]:
    probabilities = row.tolist()
    confidence = max(probabilities)
    return {
        "digit": probabilities.index(confidence),
        "confidence": confidence,
        "trusted": confidence >= model.card.rejection_threshold,
        "probabilities": probabilities,
    }

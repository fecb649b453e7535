"""The application: its parts, put together."""

import asyncio
import contextlib
import gc
import logging
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from inkdigits._processors import available_processes
from inkdigits._version import __version__
from inkdigits.service.corrections import Corrections
from inkdigits.service.engine import Engine
from inkdigits.service.gate import Gate, is_open
from inkdigits.service.inference_process import InferenceProcess
from inkdigits.service.logs import configure_logs
from inkdigits.service.metrics import Metrics
from inkdigits.service.model import ModelInService
from inkdigits.service.problems import Problem, ProblemDetails, problem_response
from inkdigits.service.routes import classify, corrections, health, open_inference, read
from inkdigits.service.routes.page import add_page
from inkdigits.service.routes.parts import Parts
from inkdigits.service.settings import Settings
from inkdigits.service.watch import Watch

__all__ = ["create_app"]

_log = logging.getLogger(__name__)


def create_app(settings: Settings, process: InferenceProcess | None = None) -> ASGIApp:
    """Make the ASGI application of a service. Its model is loaded before it takes requests.

    Args:
        settings: how to serve.
        process: one that has been started, and is the application's from here on.

    Raises:
        ModelError: the model file is missing, damaged, or not a model of digits.
        RunError: a run folder without a model.
        ServiceError: what says which model is in service is damaged.
        ProcessLostError: this system starts no processes.
    """
    first = process or InferenceProcess(settings.max_digits)
    try:
        models = ModelInService(settings, first)
    except BaseException:
        first.close()
        raise
    metrics = Metrics()

    def start() -> InferenceProcess:
        process = InferenceProcess(settings.max_digits)
        try:
            process.load(models.now.path, models.now.version)
        except BaseException:
            process.close()
            raise
        return process

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        configure_logs()
        engine = Engine(
            start,
            first,
            max(1, available_processes() // settings.workers),
            settings.max_requests,
            settings.timeout,
            metrics,
        )
        kept = Corrections(settings.database) if settings.corrections else None
        app.state.parts = Parts(settings, models, engine, metrics, kept)
        gc.collect()
        gc.freeze()  # what stays for good need not be looked through again and again
        _log.info("ready", extra={"model": models.now.version})
        tasks = [asyncio.create_task(models.follow(engine))]
        if kept is not None:
            tasks.append(asyncio.create_task(kept.open()))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if kept is not None:
                kept.close()
            engine.close()

    app = FastAPI(
        title="InkDigits",
        version=__version__,
        summary="Reads handwritten digits in any picture.",
        lifespan=lifespan,
        docs_url=None,  # both load their scripts from other hosts
        redoc_url=None,
        redirect_slashes=False,  # it would send them to whatever host the request names
    )
    for module in (read, classify, corrections, health, open_inference):
        app.include_router(module.router)
    add_page(app)
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(Exception, _on_fault)
    app.openapi = lambda: _openapi(app, with_key=settings.api_key is not None)  # type: ignore[method-assign]

    outer: ASGIApp = Gate(app, settings, metrics)
    if settings.allowed_origins:
        outer = CORSMiddleware(
            outer,
            allow_origins=settings.allowed_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["content-type", "x-api-key", "authorization", "x-request-id"],
            expose_headers=["x-request-id", "retry-after"],
        )
    # The one parameter that a path may have is the model's name, and there is one model.
    routes = {path.replace("{name}", open_inference.MODEL): path for path in app.openapi()["paths"]}
    return Watch(outer, metrics, routes)


def _openapi(app: FastAPI, *, with_key: bool) -> dict[str, Any]:
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            description=app.description,
            routes=app.routes,
        )
        schemas = schema["components"]["schemas"]
        schemas[ProblemDetails.__name__] = ProblemDetails.model_json_schema()
        if with_key:
            schema["components"]["securitySchemes"] = {
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "bearer": {"type": "http", "scheme": "bearer"},
            }
            schema["security"] = [{"key": []}, {"bearer": []}]
            for path, operations in schema["paths"].items():
                for operation in operations.values():
                    if is_open(path):
                        operation["security"] = []
        app.openapi_schema = schema
    return app.openapi_schema


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101  (what it is registered for)
    return problem_response(
        error, path=request.scope["path"], request_id=request.scope["request_id"]
    )


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    said = {
        400: "the body is no sound JSON",
        404: "there is nothing at this path",
        405: "this path takes another method",
    }
    problem = Problem(
        error.status_code, said.get(error.status_code, str(error.detail)), error.headers
    )
    return await _on_problem(request, problem)


async def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    first = error.errors()[0]
    where = ".".join(str(step) for step in first["loc"] if step != "body")
    why = str(first["msg"]).removeprefix("Value error, ")
    detail = f"{where}: {why}" if where else why
    status = 400 if request.scope["path"].startswith("/v2") else 422
    if first["type"] == "json_invalid":
        status, detail = 400, "the body is no sound JSON"
    if first["type"] == "model_attributes_type" and not _is_json(request):
        status, detail = 415, "this takes JSON, with the header Content-Type: application/json"
    return await _on_problem(request, Problem(status, detail[:300]))


def _is_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


async def _on_fault(_: Request, error: Exception) -> Response:
    raise error  # to `Watch`, which answers: Starlette itself would in another form

"""What the server shows of itself: health, metrics, the API's documents, the widget's file. All from this machine."""

from importlib.resources import files
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, JSONResponse, Response

from zhiyin.errors import NotFound
from zhiyin.front.channels.door import door

routes = APIRouter(include_in_schema=False)

_WIDGET = files("zhiyin.front").joinpath("widget", "widget.js")
_DOCS = {name: files("zhiyin.front").joinpath("console", name) for name in ("docs.html", "docs.js")}


@routes.get("/healthz")
async def healthz() -> dict[str, bool]:
    """Say that the process lives."""
    return {"alive": True}


@routes.get("/readyz")
async def readyz(request: Request) -> JSONResponse:
    """Say whether the process can serve, and what it lacks if not."""
    problems = list(await door(request).services.ready())
    return JSONResponse({"ready": not problems, "problems": problems}, 503 if problems else 200)


@routes.get("/metrics")
async def metrics(request: Request) -> Response:
    """Show the counts in Prometheus' text form."""
    return Response(door(request).services.metrics(), media_type="text/plain; version=0.0.4; charset=utf-8")


@routes.get("/openapi.json")
async def openapi(request: Request) -> dict[str, Any]:
    """Describe the API."""
    described: dict[str, Any] = request.app.openapi()
    return described


@routes.get("/docs")
async def docs() -> Response:
    """Show the API's description to people."""
    return FileResponse(str(_DOCS["docs.html"]), media_type="text/html")


@routes.get("/docs.js")
async def docs_script() -> Response:
    """Serve the script of the page of documents."""
    return FileResponse(str(_DOCS["docs.js"]), media_type="text/javascript")


@routes.get("/widget.js")
async def widget() -> Response:
    """Serve the widget, to any page: which origins may then speak is each inbox's own list."""
    if not _WIDGET.is_file():
        raise NotFound("the widget's file is not in this installation; build web/ or install the wheel")
    shared = {
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Cache-Control": "public, max-age=300",
    }
    return FileResponse(str(_WIDGET), media_type="text/javascript", headers=shared)

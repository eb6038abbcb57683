"""What the server shows of itself: health, metrics, the API's documents, the widget's file. All from this machine."""

import gzip
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, JSONResponse, Response

from zhiyin.errors import NotFound
from zhiyin.front.channels.door import door

routes = APIRouter(include_in_schema=False)

_FRONT = Path(__file__).parents[1]
_WIDGET = _FRONT / "widget" / "widget.js"
_DOCS = _FRONT / "console"


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
    return Response(await door(request).services.metrics(), media_type="text/plain; version=0.0.4; charset=utf-8")


@routes.get("/openapi.json")
async def openapi(request: Request) -> dict[str, Any]:
    """Describe the API."""
    described: dict[str, Any] = request.app.openapi()  # made once, then kept
    for methods in described["paths"].values():
        for operation in methods.values():
            operation["summary"] = operation.get("description", "").partition("\n")[0].split(". ")[0].rstrip(".")
    return described


@routes.get("/docs")
async def docs() -> Response:
    """Show the API's description to people."""
    return FileResponse(_DOCS / "docs.html", media_type="text/html")


@routes.get("/docs.js")
async def docs_script() -> Response:
    """Serve the script of the page of documents."""
    return FileResponse(_DOCS / "docs.js", media_type="text/javascript")


@routes.get("/widget.js")
async def widget(request: Request) -> Response:
    """Serve the widget, to any page: which origins may then speak is each inbox's own list."""
    try:
        plain, packed, etag = _widget_file(_WIDGET.stat().st_mtime_ns)
    except FileNotFoundError:
        raise NotFound("the widget's file is not in this installation; build web/ or install the wheel") from None
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Cache-Control": "public, max-age=300",
        "ETag": etag,
        "Vary": "Accept-Encoding",
    }
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    takes_packed = "gzip" in request.headers.get("accept-encoding", "")
    if takes_packed:
        headers["Content-Encoding"] = "gzip"
    return Response(packed if takes_packed else plain, media_type="text/javascript", headers=headers)


@lru_cache(maxsize=1)
def _widget_file(_changed_ns: int) -> tuple[bytes, bytes, str]:
    """Read and pack the widget once for each time that it changes on disk."""
    plain = _WIDGET.read_bytes()
    return plain, gzip.compress(plain, mtime=0), f'"{hashlib.sha256(plain).hexdigest()[:32]}"'

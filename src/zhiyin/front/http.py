"""The door of the front: one application that serves customers, staff, developers and operators."""

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from zhiyin import __version__
from zhiyin.errors import ZhiyinError
from zhiyin.front.channels import chat_completions, pages, public, socket, stream
from zhiyin.front.channels.door import Door
from zhiyin.front.channels.envelope import Envelope
from zhiyin.front.channels.intake import Intake
from zhiyin.front.channels.origins import Origins
from zhiyin.front.channels.problems import on_http_exception, on_invalid, on_zhiyin_error
from zhiyin.front.console import conversations, inboxes, knowledge
from zhiyin.front.services import Answered, HttpLimits, Rate, Services

__all__ = ["Answered", "HttpLimits", "Rate", "Services", "build_http"]


def build_http(services: Services, limits: HttpLimits | None = None) -> FastAPI:
    """Build the web application over `services`; serve it with the options of `zhiyin.front.serving`."""
    limits = limits or HttpLimits()
    app = FastAPI(
        title="Zhiyin",
        version=__version__,
        description="Customer service that answers from your own knowledge, with citations.",
        docs_url=None,  # our own pages: nothing is loaded from elsewhere
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.door = Door(services, limits)
    app.state.threads = chat_completions.Threads()
    app.add_middleware(Intake, limits=limits)
    app.add_middleware(Origins)
    app.add_middleware(Envelope, services=services)
    app.add_exception_handler(ZhiyinError, on_zhiyin_error)
    app.add_exception_handler(HTTPException, on_http_exception)
    app.add_exception_handler(RequestValidationError, on_invalid)
    for router in (public.routes, stream.routes, socket.routes, chat_completions.routes):
        app.include_router(router)
    for router in (inboxes.routes, conversations.routes, knowledge.routes, pages.routes):
        app.include_router(router)
    if services.page is not None:
        app.mount("/", StaticFiles(directory=services.page, html=True), name="page")
    return app

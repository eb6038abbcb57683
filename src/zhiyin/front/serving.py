"""How uvicorn is to be set around the application: the bounds that the application cannot set itself."""

from typing import Any, Final

LONGEST_FRAME: Final = 64 * 1024
"""Of a WebSocket, in bytes; a longer one closes the socket with 1009."""


def server_options(*, drain_s: float) -> dict[str, Any]:
    """Return keyword arguments for `uvicorn.run` or `uvicorn.Config`.

    On SIGTERM the server takes nothing new, closes sockets with 1012, ends event streams, and lets requests finish
    within `drain_s` seconds.
    """
    return {
        "http": "httptools",
        "ws": "websockets-sansio",
        "ws_max_size": LONGEST_FRAME,
        "ws_ping_interval": None,  # the wire has its own ping, which pages can see
        "ws_per_message_deflate": False,  # its windows cost more memory than all else of an idle socket
        "log_config": None,
        "log_level": "warning",
        "access_log": False,  # our own line names routes, not paths: paths hold tokens
        "server_header": False,
        "timeout_keep_alive": 65,  # longer than the usual proxy's
        "timeout_graceful_shutdown": max(1, round(drain_s)),
        "h11_max_incomplete_event_size": 64 * 1024,
    }

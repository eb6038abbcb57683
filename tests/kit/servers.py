"""Starts servers for tests and waits until they serve."""

import subprocess

import anyio
import httpx


async def until_ready(url: str, process: "subprocess.Popen[bytes] | None" = None, *, at_most_s: float = 60) -> None:
    """Return when `url` answers 200; fail when the process died or the time is up."""
    with anyio.fail_after(at_most_s):
        async with httpx.AsyncClient() as client:
            while True:
                assert process is None or process.poll() is None, f"the server ended with {process.poll()}"
                try:
                    if (await client.get(url)).status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                await anyio.sleep(0.02)

"""Words that a reasoning model says to itself, kept from everybody else."""

from typing import Literal

_OPEN, _CLOSE = "<think>", "</think>"


class Thinking:
    """Drops a leading `<think>…</think>` from text that arrives in pieces; some servers leave it in the answer."""

    def __init__(self) -> None:
        self._held = ""
        self._state: Literal["undecided", "thinking", "speaking"] = "undecided"

    def spoken(self, piece: str, *, last: bool = False) -> str:
        """Return what of the text so far may be said; `last` gives up waiting for more."""
        if self._state == "speaking":
            return piece
        self._held += piece
        if self._state == "undecided":
            begin = self._held.lstrip()
            if begin.startswith(_OPEN):
                self._state, self._held = "thinking", begin[len(_OPEN) :]
            elif last or not _OPEN.startswith(begin):
                self._state = "speaking"
                return self._held
            else:
                return ""
        _, closed, after = self._held.partition(_CLOSE)
        if closed:
            self._state = "speaking"
            return after.lstrip()
        self._held = self._held[-len(_CLOSE) :]
        return ""

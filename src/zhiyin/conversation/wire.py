"""Facts as JSON, in every version ever written.

A stored fact is `(kind, version, body)`. `decode` upgrades old bodies step by step, so the rest of the
program knows only today's form; `tests/conversation/golden` keeps one body of every version.
"""

from collections.abc import Callable
from typing import Any, get_args

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from zhiyin.conversation.facts import Fact
from zhiyin.errors import CorruptLog

_KINDS: dict[str, type[Fact]] = {kind.__name__: kind for kind in get_args(Fact)}
_ADAPTERS: dict[str, TypeAdapter[Any]] = {name: TypeAdapter(kind) for name, kind in _KINDS.items()}
_VERSIONS: dict[str, int] = dict.fromkeys(_KINDS, 1)
_UPGRADES: dict[tuple[str, int], Callable[[dict[str, Any]], dict[str, Any]]] = {}


def encode(fact: Fact) -> tuple[str, int, bytes]:
    """Return the fact's kind, its version and its body as UTF-8 JSON.

    Raises pydantic's PydanticSerializationError for a fact whose fields are not of their types: it must not be stored.
    """
    kind = type(fact).__name__
    return kind, _VERSIONS[kind], _ADAPTERS[kind].dump_json(fact, warnings="error")


def decode(kind: str, version: int, body: bytes) -> Fact:
    """Read a fact of any version.

    Raises:
        CorruptLog: no version of the code knows this kind, version or body.
    """
    if kind not in _KINDS or version > _VERSIONS[kind]:
        raise CorruptLog(f"a {kind} of version {version} was written by a newer Zhiyin; update this process first")
    try:
        if version == _VERSIONS[kind]:
            fact: Fact = _ADAPTERS[kind].validate_json(body)
            return fact
        fields = from_json(body)
        for step in range(version, _VERSIONS[kind]):
            fields = _UPGRADES[kind, step](fields)
        upgraded: Fact = _ADAPTERS[kind].validate_python(fields)
        return upgraded
    except (ValidationError, ValueError, KeyError) as error:
        raise CorruptLog(f"a {kind} of version {version} cannot be read: {type(error).__name__}") from error

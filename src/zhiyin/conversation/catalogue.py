"""The words the product itself says to people: one TOML file a language, looked up by `section.key`."""

import tomllib
from functools import cache
from importlib.resources import files
from string import Formatter

from zhiyin.conversation.facts import Language
from zhiyin.errors import Broken


@cache
def _texts(language: Language) -> dict[str, str]:
    tables = tomllib.loads(files("zhiyin.conversation").joinpath("texts", f"{language}.toml").read_text("utf-8"))
    return {f"{section}.{key}": text for section, table in tables.items() for key, text in table.items()}


def say(key: str, language: Language, **values: str) -> str:
    """Return the text `key` in `language` with its {places} filled.

    Raises:
        Broken: the catalogue has no such text, or a place in it was given no value.
    """
    try:
        return _texts(language)[key].format(**values)
    except KeyError as missing:
        raise Broken(f"texts/{language}.toml: {key!r} wants {missing}; add the text or pass the value") from None


def keys(language: Language) -> dict[str, frozenset[str]]:
    """Return every key of a language with the names of its places."""
    return {
        key: frozenset(name for _, name, _, _ in Formatter().parse(text) if name)
        for key, text in _texts(language).items()
    }

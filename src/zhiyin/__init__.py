"""Zhiyin 知音: open, self-hosted customer service that answers from a company's own knowledge."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("zhiyin")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0.0.0"

"""Zhiyin 知音: open, self-hosted customer service that answers from a company's own knowledge."""

import os
from importlib.metadata import PackageNotFoundError, version

# Before NumPy is loaded: our matrices are small, and BLAS threads that wait for each other cost 5 to 20 times the
# CPU of one thread on a busy machine (docs/decisions/005-one-blas-thread.md). Whoever sets it differently is heard.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

try:
    __version__ = version("zhiyin")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0.0.0"

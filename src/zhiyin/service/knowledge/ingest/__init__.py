"""Files to passages: what is read, how it is cut, and what is refused.

The door is `prepare(source, limits=…)`: pure and picklable; only `Invalid` and `TooLarge` come out of it.
`prepare_apart` is the same in a process of its own, which a server should use.
"""

from zhiyin.service.knowledge.ingest.apart import prepare_apart
from zhiyin.service.knowledge.ingest.drafts import PassageDraft, fingerprint, twins
from zhiyin.service.knowledge.ingest.read import Prepared, prepare, read
from zhiyin.service.knowledge.ingest.reading import Limits, Reading
from zhiyin.service.knowledge.ingest.split import split

__all__ = [
    "Limits",
    "PassageDraft",
    "Prepared",
    "Reading",
    "fingerprint",
    "prepare",
    "prepare_apart",
    "read",
    "split",
    "twins",
]

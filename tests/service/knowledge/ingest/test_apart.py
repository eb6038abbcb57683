"""Reading in another process gives the same, and what goes wrong there does no harm here."""

import pytest
from tests.service.knowledge.ingest.files import POLICY, policy_pdf

from zhiyin.errors import Invalid, TooLarge
from zhiyin.service.knowledge import Source
from zhiyin.service.knowledge.ingest import Limits, prepare, prepare_apart

SOURCE = Source("a.md", POLICY.encode(), url="https://example.com/a", metadata={"product": "kettle"})


async def test_the_same_comes_back_from_another_process() -> None:
    assert await prepare_apart(SOURCE) == prepare(SOURCE)


async def test_our_errors_cross_over() -> None:
    with pytest.raises(Invalid, match=r"a\.pdf .*damaged"):
        await prepare_apart(Source("a.pdf", policy_pdf()[:300]))
    with pytest.raises(TooLarge, match="3 pages"):
        await prepare_apart(Source("a.pdf", policy_pdf()), limits=Limits(pages=2))


async def test_a_reader_that_takes_too_long_is_ended_and_the_next_one_works() -> None:
    with pytest.raises(TooLarge, match="too long"):
        await prepare_apart(SOURCE, at_most_s=0.001)
    assert (await prepare_apart(SOURCE)).title == "保修政策"

import pytest

from zhiyin.models.use import UseEmbedder
from zhiyin.service.verify import Gate


@pytest.fixture(scope="session")
def gate() -> Gate:
    return Gate(UseEmbedder())

"""Fixtures of this room."""

from collections.abc import Iterator

import pytest
from jaxtyping import config


@pytest.fixture
def as_users_call_it() -> Iterator[None]:
    """Switch the type checks of the tests off, to reach what the code itself says about a wrong type."""
    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", False)

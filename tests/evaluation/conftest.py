"""Fixtures of this room."""

from collections.abc import Iterator

import numpy as np
import pytest
from jaxtyping import config

from archenc.evaluation.task import Task
from archenc.spaces import space


@pytest.fixture
def as_users_call_it() -> Iterator[None]:
    """Switch the type checks of the tests off, to reach what the code itself says about a wrong type."""
    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", False)


@pytest.fixture(scope="session")
def nb201_task() -> Task:
    """The first 400 cells of NAS-Bench-201, labelled with their number of convolutions, and some noise."""
    nb201 = space("nasbench201")
    archs = [nb201.parse(index) for index in range(400)]
    noise = np.random.default_rng(0).normal(size=400)
    labels = [nb201.format(arch).count("conv") + 0.3 * bit for arch, bit in zip(archs, noise, strict=True)]
    return Task.from_arrays(archs, labels, space="nasbench201", name="convolutions")

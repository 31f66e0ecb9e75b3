"""Every registered search space keeps the contract: a new one needs no line here."""

from __future__ import annotations

import pytest

from archenc.spaces import SearchSpace, space, spaces
from archenc.spaces.nds import NDS
from archenc.testing.space_kit import SpaceKit

OF_NDS = ("nds_darts", "nds_darts_lr_wd", "nds_enas", "nds_nasnet")
"""Of the fifteen spaces of NDS, which one class makes: loose ends or all blocks, rates, 5 to 13 ops."""
SPACES = [name for name in spaces() if name in OF_NDS or not isinstance(space(name), NDS)]


class TestEverySpace(SpaceKit):
    n_fuzz = 500

    @pytest.fixture(autouse=True, params=SPACES)
    def name(self, request: pytest.FixtureRequest) -> None:
        self.space = space(request.param)
        self.n_near = 8 if self.space.size else 2  # without a size, an architecture may have hundreds

    def make_space(self) -> SearchSpace:
        return self.space


@pytest.mark.slow
@pytest.mark.parametrize("name", SPACES)
def test_ten_thousand_damaged_spellings(name):
    kit = TestEverySpace()
    kit.space, kit.n_fuzz = space(name), 10_000
    kit.test_damaged_spellings_end_in_an_architecture_or_our_error()

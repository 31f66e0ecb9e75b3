"""The code of a user's own module: its classes, or what PyTorch's tracers write."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from archenc.errors import InvalidArgument
from archenc.testing.unchecked import unchecked
from archenc.text import exported_source, module_source


class Doubled(nn.Module):
    """A base class."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 2 * x


class Part(Doubled):
    """A part, which the whole uses."""


class Whole(nn.Module):
    """A module of parts."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1)
        self.parts = nn.Sequential(Part(), nn.ReLU(), Part())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.parts(self.conv(x))


class Deciding(nn.Module):
    """Control flow that depends on data."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x if x.sum() > 0 else -x


def test_source_holds_each_class_once_behind_what_it_uses():
    written = module_source(Whole())
    places = [written.index(f"class {name}(") for name in ("Doubled", "Part", "Whole")]
    assert places == sorted(places)
    assert [written.count(f"class {name}(") for name in ("Doubled", "Part", "Whole")] == [1, 1, 1]
    assert "class Sequential" not in written
    assert module_source(Whole()) == written


@unchecked()
def test_a_module_without_source_is_refused_with_a_way_out():
    with pytest.raises(InvalidArgument, match="no source of its own"):
        module_source(nn.Sequential(nn.ReLU()))
    typed = type("Typed", (nn.Module,), {"__module__": "nowhere"})
    with pytest.raises(InvalidArgument, match=r"a \.py file"):
        module_source(typed())
    with pytest.raises(InvalidArgument, match=r"expected a torch\.nn\.Module"):
        module_source("a module")  # type: ignore[arg-type]


def test_fx_describes_the_modules_that_it_calls():
    module = Whole().train()
    written = exported_source(module)
    assert "# self.conv = nn.Conv2d(3, 4, kernel_size=(1, 1), stride=(1, 1))" in written
    assert "def forward(self, x" in written
    assert module.training
    assert exported_source(Whole()) == written


def test_export_writes_operations_on_tensors():
    written = exported_source(Whole(), torch.zeros(1, 3, 4, 4), how="export")
    assert "torch.ops.aten.conv2d" in written
    assert "torch.ops.aten.mul" in written


def test_what_cannot_be_traced_is_refused_with_a_way_out():
    with pytest.raises(InvalidArgument, match="how='export'"):
        exported_source(Deciding())
    with pytest.raises(InvalidArgument, match="how='fx'"):
        exported_source(Deciding(), torch.zeros(1), how="export")
    with pytest.raises(InvalidArgument, match="example=None"):
        exported_source(Whole(), how="export")
    with pytest.raises(InvalidArgument, match="legal: fx, export"):
        exported_source(Whole(), how="jit")

"""Module features, and that the other encoders work on modules: graph, source code, bag of tokens."""

from __future__ import annotations

import math

import numpy as np
import pytest
from torch import nn

from archenc import text
from archenc.encoders import Adjacency, BagOfTokens, GraphFeatures, ModuleFeatures
from archenc.encoders import Path as PathEncoder
from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.graph import Architecture, as_batch
from archenc.networks import from_module
from archenc.spaces import SearchSpace, space


def convolutional(width: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, width, 3, padding=1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(width, 10),
    )


@pytest.fixture(scope="module")
def archs() -> list[Architecture]:
    modules = [convolutional(4), convolutional(8), nn.Sequential(nn.Flatten(), nn.Linear(48, 10))]
    return [from_module(module, (3, 4, 4)) for module in modules]


def test_features_are_what_they_say(archs: list[Architecture]) -> None:
    found = dict(zip(*_features(archs[:1]), strict=True))
    weights = 3 * 4 * 9 + 8 + 4 * 10 + 10
    macs = 16 * 3 * 4 * 9 + 40
    assert found["log_params"] == pytest.approx(math.log10(1 + weights))
    assert found["log_macs"] == pytest.approx(math.log10(1 + macs), rel=1e-5)
    assert found["log_layers"] == pytest.approx(math.log10(3))
    assert found["log_operations"] == pytest.approx(math.log10(6))
    assert found["share_conv"] == pytest.approx(16 * 108 / macs)
    assert found["share_linear"] == pytest.approx(40 / macs)
    assert found["rate_batch_norm"] == found["rate_relu"] == 0.5
    assert found["log_last_places"] == pytest.approx(math.log10(17))


def _features(archs: list[Architecture]) -> tuple[list[str], list[float]]:
    encoder = ModuleFeatures().fit(archs)
    return list(encoder.get_feature_names_out()), encoder.transform(archs)[0].tolist()


def test_rows_do_not_hang_on_the_others(archs: list[Architecture]) -> None:
    encoder = ModuleFeatures().fit(archs)
    whole = encoder.transform(archs)
    assert np.array_equal(whole[1:2], encoder.transform(archs[1:2]))
    assert np.allclose(whole, encoder.transform(as_batch(archs)))
    assert np.isfinite(whole).all()
    with pytest.raises(InvalidArgument, match="module_features are of 'modules'"):
        ModuleFeatures().fit([space("nb201").parse(0)])


@pytest.mark.parametrize(
    "encoder",
    [Adjacency(), GraphFeatures(max_subset=1), BagOfTokens("words", reduction="none")],
    ids=lambda encoder: type(encoder).__name__,
)
def test_other_encoders_work_on_modules(encoder: Adjacency, archs: list[Architecture]) -> None:
    codes = encoder.fit(archs).transform(archs)
    assert codes.shape[0] == 3
    assert np.isfinite(codes).all()
    assert not np.array_equal(codes[0], codes[2])


def test_the_paths_of_modules_are_too_many_to_number(archs: list[Architecture]) -> None:
    with pytest.raises(
        InvalidArgument, match=r"op strings, too many to number; encode them by graph_features"
    ):
        PathEncoder().fit(archs)


def test_the_code_of_a_module_says_its_widths(archs: list[Architecture]) -> None:
    written = text.render(archs[0])
    assert "self.op_1 = nn.Conv2d(in_channels, 4, kernel_size=3)" in written
    assert "self.op_5 = nn.Linear(4, 10)" in written
    assert "h3 = torch.relu(h2)" in written
    assert text.render(archs[1]) != written
    compile(written, "network.py", "exec")


def test_every_operation_has_a_text() -> None:
    from archenc.spaces.modules import OPS, from_nodes

    names = [member.name for member in OPS]
    count = range(1, len(names) + 1)
    measured = {name: list(count) for name in ("channels", "size", "params", "macs", "parts")}
    arch = from_nodes(names, [(number - 1,) for number in count], (len(names),), 1, measured)
    compile(text.render(arch), "network.py", "exec")


def test_what_was_not_measured_is_not_taken_for_nothing(archs: list[Architecture]) -> None:
    for lost in ("layers", "params", "macs_003", "size_001"):
        kept = tuple((name, value) for name, value in archs[0].attributes if name != lost)
        arch = Architecture("modules", archs[0].cells, kept)
        for use in (ModuleFeatures().fit(archs).transform, lambda given: space("modules").key(given[0])):
            with pytest.raises(InvalidArchitecture, match=f"{lost} is None; expected a number"):
                use([arch])


# --- the space ---


def test_the_space_reads_what_it_writes(archs: list[Architecture]) -> None:
    member = space("modules")
    assert isinstance(member, SearchSpace)
    for arch in archs:
        assert member.parse(member.format(arch)) == member.parse(arch) == arch
        assert member.parse(arch.to_dict()) == arch
        assert member.key(arch) == member.key(member.parse(member.format(arch)))
    assert len({member.key(arch) for arch in archs}) == len({arch.id() for arch in archs}) == 3


def test_the_space_cannot_be_drawn_from_or_listed(archs: list[Architecture]) -> None:
    member = space("module")
    for ask in (lambda: member.sample(1, 0), member.enumerate, lambda: member.neighbours(archs[0])):
        with pytest.raises(InvalidArgument, match="make them with archenc"):
            ask()


def test_what_is_no_module_is_refused(archs: list[Architecture]) -> None:
    member = space("modules")
    for native in ("conv", 5, None, space("nb201").parse(0), member.format(archs[0])[:-30]):
        with pytest.raises(InvalidArchitecture):
            member.parse(native)
    with pytest.raises(InvalidArgument, match="legal: native"):
        member.format(archs[0], "onnx")

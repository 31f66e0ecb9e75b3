"""Modules as graphs: what is traced, what is counted, how large graphs are drawn together."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from archenc.errors import InvalidArgument
from archenc.graph import as_batch
from archenc.networks import ModuleGraph, build, count, from_module, trace
from archenc.networks.modules.steps import Step
from archenc.spaces import space
from archenc.testing.unchecked import unchecked


class Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.norm(self.conv(x)))


class Tokens(nn.Module):
    """Attention over patches, with a token and positions of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(1, 8, 2, 2)
        self.token, self.position = nn.Parameter(torch.zeros(1, 1, 8)), nn.Parameter(torch.zeros(1, 17, 8))
        self.norm, self.attention = nn.LayerNorm(8), nn.MultiheadAttention(8, 2, batch_first=True)
        self.head = nn.Linear(8, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(len(x), -1, -1), x], dim=1) + self.position
        y = self.norm(x)
        return self.head((x + self.attention(y, y, y, need_weights=False)[0])[:, 0])


class DataDependent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x) if x.sum() > 0 else x


class Rows(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.gru, self.head = nn.GRU(8, 16, batch_first=True), nn.Linear(16, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.gru(x)[0][:, -1])


def residual_network(blocks: int = 2) -> nn.Module:
    body = [Residual(6) for _ in range(blocks)]
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, stride=2, padding=1), *body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 5)
    )


def names(module: nn.Module, shape: tuple[int, ...], how: str = "auto") -> list[str]:
    return [step.op for step in trace(module, shape, how=how).steps]


@pytest.mark.parametrize("how", ["export", "fx"])
def test_a_residual_network_is_its_operations(how: str) -> None:
    graph = trace(residual_network(1), (3, 8, 8), how=how)
    found = [(step.op, step.sources, step.channels, step.size) for step in graph.steps]
    assert found == [
        ("conv3x3", (0,), 6, 16),
        ("conv3x3", (1,), 6, 16),
        ("batch_norm", (2,), 6, 16),
        ("add", (1, 3), 6, 16),
        ("relu", (4,), 6, 16),
        ("global_pool", (5,), 6, 1),
        ("linear", (6,), 5, 1),
    ]
    assert (graph.outputs, graph.tracer, graph.input_shape) == ((7,), how, (3, 8, 8))


def test_a_transformer_is_its_operations_and_every_weight_is_somewhere() -> None:
    graph = trace(Tokens(), (1, 8, 8))
    found = {step.op: step for step in graph.steps}
    assert [step.op for step in graph.steps] == [
        "conv2x2", "cat", "add", "layer_norm", "linear", "attention", "linear", "add", "linear",
    ]  # fmt: skip
    assert (found["cat"].params, found["add"].params) == (8, 0)  # the token; the later sum has no weight
    assert (found["attention"].channels, found["attention"].size) == (8, 17)
    assert graph.params == sum(weight.numel() for weight in Tokens().parameters())
    assert found["attention"].macs == 2 * 17 * 17 * 8


@pytest.mark.parametrize(
    "arch", ["|nor_conv_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|none~0|none~1|avg_pool_3x3~2|"]
)
def test_weights_and_multiplications_are_those_of_the_counter(arch: str) -> None:
    network = build(space("nb201").parse(arch), channels=4, cells=1, seed=0)
    graph, counted = trace(network, network.input_shape), count(network, convention="macs")
    assert (graph.params, graph.macs) == (counted.params, counted.flops)


@pytest.mark.parametrize(
    ("layer", "shape", "name", "weights", "macs"),
    [
        (nn.Conv2d(4, 8, 1), (4, 5, 5), "conv1x1", 40, 800),
        (nn.Conv2d(4, 8, 5, padding=2), (4, 5, 5), "conv5x5", 808, 20_000),
        (nn.Conv2d(4, 4, 3, padding=1, groups=4), (4, 5, 5), "depthwise3x3", 40, 900),
        (nn.Conv2d(4, 8, 3, padding=1, groups=2), (4, 5, 5), "grouped3x3", 152, 3600),
        (nn.Conv2d(4, 8, (1, 3), padding=(0, 1)), (4, 5, 5), "conv", 104, 2400),
        (nn.Conv1d(4, 8, 3, padding=1), (4, 5), "conv1d", 104, 480),
        (nn.ConvTranspose2d(4, 2, 2, 2), (4, 5, 5), "transposed_conv", 34, 800),
        (nn.Linear(4, 3), (4,), "linear", 15, 12),
        (nn.GRU(8, 16, batch_first=True), (5, 8), "recurrent", 1248, 6240),
        (nn.MaxPool2d(3, 1, 1), (4, 5, 5), "max_pool3x3", 0, 0),
        (nn.AvgPool2d(2), (4, 6, 6), "avg_pool", 0, 0),
        (nn.AdaptiveAvgPool2d(1), (4, 5, 5), "global_pool", 0, 0),
        (nn.AdaptiveAvgPool2d(2), (4, 6, 6), "avg_pool", 0, 0),
        (nn.GroupNorm(2, 4), (4, 5, 5), "group_norm", 8, 0),
        (nn.Hardswish(), (4, 5, 5), "silu", 0, 0),
        (nn.ReLU6(), (4, 5, 5), "relu", 0, 0),
        (nn.Softplus(), (4, 5, 5), "activation", 0, 0),
        (nn.Upsample(scale_factor=2), (4, 5, 5), "resize", 0, 0),
        (nn.PixelShuffle(2), (4, 5, 5), "reorder", 0, 0),
        (nn.Unfold(2), (4, 5, 5), "reorder", 0, 0),
        (nn.Bilinear(4, 4, 4), None, "other_weighted", 68, 0),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else "",
)  # fmt: skip
def test_an_operation_has_its_name_and_its_cost(
    layer: nn.Module, shape: tuple[int, ...] | None, name: str, weights: int, macs: int
) -> None:
    example = (torch.zeros(1, 4), torch.zeros(1, 4)) if shape is None else shape
    graph = trace(layer, example)
    assert ([step.op for step in graph.steps], graph.params, graph.macs) == ([name], weights, macs)


def test_what_moves_numbers_about_is_no_operation() -> None:
    class Shapes(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            a, b = x.chunk(2, dim=1)
            return 0.5 * torch.relu(F.dropout(a.permute(0, 2, 3, 1) + b.permute(0, 2, 3, 1)).flatten(1))

    graph = trace(Shapes(), (4, 3, 3))
    assert [step.op for step in graph.steps] == ["relu"] or [step.op for step in graph.steps] == [
        "add",
        "relu",
    ]
    assert graph.outputs == (len(graph.steps),)


def test_the_module_is_left_as_it_was() -> None:
    module = residual_network()
    module[1].eval()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    trace(module, (3, 8, 8))
    assert module.training
    assert not module[1].training
    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items())


# --- large graphs ---


@pytest.fixture(scope="module")
def whole() -> ModuleGraph:
    """A graph of more nodes than an architecture has by default."""
    return trace(residual_network(20), (3, 8, 8), max_nodes=None)


def test_a_large_graph_is_drawn_together_by_the_parts_of_the_module(whole: ModuleGraph) -> None:
    small = whole.coarsened(64)
    assert (len(whole.steps), len(small.steps)) == (83, 23)
    assert (small.params, small.macs) == (whole.params, whole.macs)
    assert small.steps[1] == Step("conv3x3", "1.conv", (1,), 6, 16, 336, 5184, 4)
    assert sum(step.parts for step in small.steps) == 83


@pytest.mark.parametrize("max_nodes", [3, 4, 7, 10, 20, 24, 25, 26, 60, 84, 85])
def test_a_graph_is_never_larger_than_asked_for(whole: ModuleGraph, max_nodes: int) -> None:
    small = whole.coarsened(max_nodes)
    arch = small.architecture()
    assert arch.cells[0].n_nodes <= max_nodes
    assert arch.cells[0].is_connected
    assert (small.params, small.macs) == (whole.params, whole.macs)


def test_hundreds_of_nodes_make_an_architecture(whole: ModuleGraph) -> None:
    steps = [
        replace(step, sources=tuple(source + 83 * turn for source in step.sources))
        for turn in range(4)
        for step in whole.steps
    ]
    arch = replace(whole, steps=tuple(steps), outputs=(332,)).architecture()
    assert arch.cells[0].n_nodes == 334
    assert len(arch.id()) == 32
    assert space("modules").parse(space("modules").format(arch)) == arch
    assert as_batch([arch]).n_nodes == 334


# --- what cannot be traced ---


def test_a_module_that_looks_at_its_data_is_refused_with_the_reason() -> None:
    with pytest.raises(
        InvalidArgument, match=r"DataDependent: it cannot be traced .*export: .*fx: .*forward"
    ):
        trace(DataDependent(), (4,))


def test_fx_follows_where_export_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(torch.export, "export", fails)
    assert trace(nn.Linear(4, 4), (4,)).tracer == "fx"
    with pytest.raises(InvalidArgument, match="export: RuntimeError: no"):
        trace(nn.Linear(4, 4), (4,), how="export")


@unchecked()
def test_other_arguments_are_refused() -> None:
    module = nn.Linear(4, 4)
    for example in ((), (3, -1), (True,), (4.0,), "3x3", None, torch.zeros(4), torch.zeros(0, 4), 7):
        with pytest.raises(InvalidArgument, match="example"):
            trace(module, example)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument, match=re.escape("legal: auto, export, fx")):
        trace(module, (4,), how="jit")
    for nodes in (2, 3.5):
        with pytest.raises(InvalidArgument, match=rf"max_nodes={nodes}: expected an integer >= 3"):
            trace(nn.Sequential(module, module), (4,), max_nodes=nodes)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument, match=r"expected a torch\.nn\.Module"):
        trace(len, (4,))  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument, match="'weight' has no shape yet"):
        trace(nn.LazyLinear(3), (4,))
    with pytest.raises(InvalidArgument, match=r"does not run on examples of shape \(1, 5\)"):
        trace(module, (5,))
    with pytest.raises(InvalidArgument, match="no operation"):
        trace(nn.Flatten(), (4, 4))


def test_two_inputs_are_two_input_nodes() -> None:
    class Two(nn.Module):
        def forward(self, x: Tensor, y: Tensor) -> Tensor:
            return torch.relu(x + y)

    arch = from_module(Two(), (torch.zeros(1, 3), torch.zeros(1, 3)))
    assert arch.cells[0].n_inputs == 2
    assert [node.name for node in arch.cells[0].nodes[2:-1]] == ["add", "relu"]
    assert names(Rows(), (8, 8)) == ["recurrent", "linear"]

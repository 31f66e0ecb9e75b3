"""The fused network equals the formulas as they read, and depends on nothing that it should not."""

from __future__ import annotations

import dataclasses
from functools import cache

import pytest
import torch

from archenc.graph import Architecture, Cell, Edge, op
from archenc.predictors import GATES, TAGATES
from archenc.predictors.gated import network
from archenc.predictors.gated.config import GatedConfig
from archenc.predictors.losses import pairwise_hinge
from archenc.spaces import space

SMALL = {
    "op_width": 6,
    "node_width": 5,
    "state_width": 7,
    "flow_width": 8,
    "head": (9,),
    "epochs": 1,
    "update_width": 7,
}
P = dict[str, torch.Tensor]


@cache
def _population(name: str) -> list[Architecture]:
    return space(name).sample(12, 3)


def _model(name: str, **options: object) -> TAGATES:
    archs = _population(name)
    model = TAGATES(**{**SMALL, **options}).fit(archs, list(range(len(archs))))  # type: ignore[arg-type]
    # trained for one epoch, vectors that start at zero and stay there hide mistakes
    generator = torch.Generator().manual_seed(7)
    for key in ("node.other", "op.input"):
        if key in model.parameters_[0]:
            model.parameters_[0][key] = torch.randn(model.parameters_[0][key].shape, generator=generator)
    return model


def _linear(p: P, name: str, x: torch.Tensor) -> torch.Tensor:
    return x @ p[f"{name}.weight"] + p[f"{name}.bias"]


def _mlp(p: P, name: str, x: torch.Tensor, depth: int) -> torch.Tensor:
    for i in range(depth):
        x = _linear(p, f"{name}.{i}", x)
        x = torch.relu(x) if i < depth - 1 else x
    return x


def _vectors(config: GatedConfig, p: P, cell: int, nodes: int) -> list[torch.Tensor]:
    inputs = list(p["node.input"][cell])
    return [_linear(p, "node.0", v) for v in (*inputs, *[p["node.other"][cell, 0]] * (nodes - len(inputs)))]


def _run(
    config: GatedConfig,
    p: P,
    stack: str,
    x: list[torch.Tensor],
    places: list[tuple[list[int], int, torch.Tensor | None]],
) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """Run one stack node by node. places: sources, target, embedding (None: the gate is open)."""
    back = stack == "backward"
    residual = config.backward_residual if back else config.residual
    widths = (config.backward if back else config.forward).widths[1:]
    gate_w, gate_b = p[f"{stack}.gate.weight"].split(widths, 1), p[f"{stack}.gate.bias"].split(widths)
    messages: list[torch.Tensor] = []
    for layer in range(config.layers):
        s = [v @ p[f"{stack}.{layer}.weight"] for v in x]
        y = [torch.zeros(widths[layer]) for _ in x]
        messages = []
        for sources, target, e in places:
            gate = 1.0 if e is None else torch.sigmoid(e @ gate_w[layer] + gate_b[layer])
            message = gate * sum((s[j] for j in sources), torch.zeros(widths[layer]))
            y[target] = y[target] + message
            messages.append(message)
        for i in range(len(x)):
            keeps = residual == "all" or (i >= len(x) - residual if back else i < residual)
            y[i] = y[i] + (s[i] if keeps else 0)
            if config.on_nodes:
                y[i] = y[i] + p[f"{stack}.{layer}.bias"]
        x = [torch.relu(v) for v in y] if layer < config.layers - 1 else y
    return x, messages


def _embed(config: GatedConfig, p: P, arch: Architecture, plus_i: bool) -> torch.Tensor:
    """Embed one architecture with nothing shared between operations, cells or steps."""
    rows = {name: p["op.table"][k] for k, name in enumerate(config.rows)}
    es, wires, outs, xs = [], [], [], []
    for number, cell in enumerate(arch.cells):
        cell = cell.prune() if config.on_nodes else cell
        v = config.nodes
        place = [*range(cell.n_nodes - 1), v - 1]  # padding stands before the output
        if config.on_nodes:
            names = ["none"] * v
            for i, node in enumerate(cell.nodes):
                names[place[i]] = node.name
            ends = {"input": p["op.input"], "output": p["op.output"]}
            e = [{**rows, **ends}[name] for name in names]
            before = [[i] if plus_i else [] for i in range(v)]
            for edge in cell.edges:
                before[place[edge.target]].append(place[edge.source])
            wire = [("node", before[i], i) for i in range(v)]
        else:
            edges = [edge for edge in cell.edges if edge.op.name != "none"]
            if config.read_out != "output":
                edges = [edge for edge in edges if edge.op.name != "link"]
            names = [edge.op.name for edge in edges]
            e = [None if n == "link" or n in config.open_rows else rows[n] for n in names]
            wire = [("edge", [edge.source], edge.target) for edge in edges]
        es.append((e, names))
        wires.append(wire)
        xs.append(_vectors(config, p, number, v))
        outs.append(cell)
    for t in range(config.timesteps):
        forward = [
            _run(config, p, "forward", x, [(s, i, e) for (_, s, i), e in zip(wire, e_, strict=True)])
            for x, wire, (e_, _) in zip(xs, wires, es, strict=True)
        ]
        if t == config.timesteps - 1:
            break
        v = _mlp(p, "f2b", torch.cat([y[-1] for y, _ in forward]), 2).split(config.flow_width)
        fresh = []
        for start, wire, (e_, names), (y, messages) in zip(v, wires, es, forward, strict=True):
            zeros = [torch.zeros(config.flow_width) for _ in y]
            if config.on_nodes:
                after = [[k for k, (_, s, _) in enumerate(wire) if i in s] for i in range(len(y))]
                back = [(after[i], i, e_[i]) for i in range(len(y))]
            else:
                back = [([i], s[0], e) for (_, s, i), e in zip(wire, e_, strict=True)]
            z, answers = _run(config, p, "backward", [*zeros[:-1], start], back)
            changed = []
            for k, (_, s, i) in enumerate(wire):
                if config.on_nodes:
                    seen = y[k], z[k]
                elif config.update_input == "message":
                    seen = messages[k], answers[k]
                else:
                    seen = y[i], z[s[0]]
                moves = config.update == "all" or "conv" in names[k]
                e = e_[k]
                if e is not None and moves:
                    e = e + config.update_scale * _mlp(p, "update", torch.cat([e, *seen]), 2)
                changed.append(e)
            fresh.append((changed, names))
        es = fresh
    read = []
    for (y, _), cell in zip(forward, outs, strict=True):
        hidden = [*range(config.inputs, cell.n_nodes - 1)]
        ends = [config.nodes - 1] if config.on_nodes or config.read == config.nodes - config.inputs else []
        match config.read_out:
            case "output":
                read.append(y[-1])
            case "mean":
                read.append(torch.stack([y[i] for i in hidden + ends]).mean(0))
            case "paper":
                read.append(torch.stack([y[i] for i in hidden + ends]).sum(0) / config.read)
    return torch.cat(read)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("nb101", {}),
        ("nb101", {"plus_i": False, "residual": "all", "read_out": "mean", "timesteps": 2}),
        ("nb201", {}),
        ("nb201", {"update_input": "node", "update": "all", "skip_gate": False, "layers": 4}),
        ("nb301", {}),
        ("nb301", {"timesteps": 1, "read_out": "mean"}),
        ("nb301", {"timesteps": 2, "backward_residual": "all", "update_input": "message", "layers": 3}),
        ("tnb101_macro", {"timesteps": 2}),
    ],
)
def test_equals_the_formulas(name: str, options: dict[str, object]) -> None:
    model = _model(name, **options)
    config, p = model.config_, model.parameters_[0]
    fused = network.embed(config, p, *model._tensors(_population(name)))[-1]
    for row, arch in zip(fused, _population(name), strict=True):
        torch.testing.assert_close(row, _embed(config, p, arch, model.layout_.plus_i), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("name", ["nb101", "nb201", "nb301"])
def test_one_step_is_gates_to_the_bit(name: str) -> None:
    archs, y = _population(name), list(range(12))
    shape = {"layers": 3, "read_out": "output", "residual": "all", "head": (9,), "epochs": 3}
    gates = GATES(**shape, plus_i=False, skip_gate=False).fit(archs, y)  # type: ignore[arg-type]
    one = TAGATES(**shape, plus_i=False, skip_gate=False, timesteps=1).fit(archs, y)  # type: ignore[arg-type]
    for key, value in gates.parameters_[0].items():
        assert torch.equal(one.parameters_[0][key], value), key
    assert (gates.predict(archs) == one.predict(archs)).all()


@pytest.mark.parametrize("name", ["nb101", "nb201", "nb301"])
def test_a_zeroed_update_leaves_one_step(name: str) -> None:
    model = _model(name)
    config, tensors = model.config_, model._tensors(_population(name))
    still = {
        k: torch.zeros_like(v) if k.startswith("update.1") else v for k, v in model.parameters_[0].items()
    }
    one = dataclasses.replace(config, timesteps=1)
    torch.testing.assert_close(network.score(config, still, *tensors), network.score(one, still, *tensors))
    assert not torch.allclose(
        network.score(config, model.parameters_[0], *tensors), network.score(one, still, *tensors)
    )


def test_encoding_once_equals_pairwise_forwards() -> None:
    model = _model("nb201")
    p = {k: v.clone().requires_grad_(v.is_floating_point()) for k, v in model.parameters_[0].items()}
    tensors = model._tensors(_population("nb201"))
    pairs = torch.triu_indices(12, 12, 1)
    sign = torch.ones(pairs.shape[1])
    once = pairwise_hinge(network.score(model.config_, p, *tensors), pairs, sign)
    one, other = (network.score(model.config_, p, *[t[k] for t in tensors]) for k in pairs)
    twice = torch.relu(0.1 - (one - other)).mean()
    torch.testing.assert_close(once, twice)
    learned = [v for k, v in p.items() if k not in model.config_.frozen]
    for a, b in zip(torch.autograd.grad(once, learned), torch.autograd.grad(twice, learned), strict=True):
        torch.testing.assert_close(a, b, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("name", ["nb101", "nb201", "nb301"])
def test_no_gradient_enters_the_update_but_from_the_backward_flow(name: str) -> None:
    model = _model(name, timesteps=2)
    config, tensors = model.config_, model._tensors(_population(name))
    width = config.op_width + config.flow_width

    def gradients(deaf: bool, config: GatedConfig) -> tuple[dict[str, torch.Tensor], P]:
        p = {k: v.clone() for k, v in model.parameters_[0].items()}
        if deaf:  # the update hears nothing of the backward flow
            p["update.0.weight"][width:] = 0.0
        for v in p.values():
            v.requires_grad_()
        names = [k for k in p if k not in config.frozen]
        found = torch.autograd.grad(
            network.score(config, p, *tensors).sum(), [p[k] for k in names], allow_unused=True
        )
        zeros = [torch.zeros_like(p[k]) if g is None else g for k, g in zip(names, found, strict=True)]
        return dict(zip(names, zeros, strict=True)), p

    deaf, p = gradients(True, config)
    assert deaf["backward.0.weight"].abs().sum() == 0
    assert deaf["f2b.0.weight"].abs().sum() == 0
    heard, _ = gradients(False, config)
    assert heard["backward.0.weight"].abs().sum() > 0
    assert heard["f2b.0.weight"].abs().sum() > 0
    # with nothing stopped the forward weights and the table are reached through the update, too
    free, _ = gradients(True, dataclasses.replace(config, stop_gradients=False))
    for key in ("forward.0.weight", "op.table"):
        assert not torch.allclose(free[key], deaf[key], atol=1e-7), key
    assert p["op.table"].grad is None


def test_what_is_not_a_convolution_keeps_its_embedding() -> None:
    model = _model("nb201")
    home = space("nb201")
    plain = [
        home.parse("|skip_connect~0|+|avg_pool_3x3~0|skip_connect~1|+|none~0|avg_pool_3x3~1|skip_connect~2|")
    ]
    weighted = [
        home.parse("|nor_conv_3x3~0|+|avg_pool_3x3~0|skip_connect~1|+|none~0|avg_pool_3x3~1|nor_conv_1x1~2|")
    ]
    p, one = model.parameters_[0], dataclasses.replace(model.config_, timesteps=1)
    for archs, same in ((plain, True), (weighted, False)):
        tensors = model._tensors(archs)
        a, b = network.embed(model.config_, p, *tensors)[-1], network.embed(one, p, *tensors)[-1]
        assert torch.equal(a, b) == same


def test_frozen_rows_stay_zero() -> None:
    model = TAGATES(epochs=3).fit(_population("nb301"), list(range(12)))
    table = dict(zip(model.config_.rows, model.parameters_[0]["op.table"], strict=True))
    for name, row in table.items():
        assert (row == 0).all() == (name in ("none", "skip")), name
    assert (model.parameters_[0]["node.other"] == 0).all()


def test_none_is_an_edge_that_is_not_there() -> None:
    home = space("nb201")
    arch = home.parse("|nor_conv_3x3~0|+|none~0|skip_connect~1|+|nor_conv_1x1~0|none~1|avg_pool_3x3~2|")
    cell = arch.cells[0]
    absent = Cell(cell.nodes, tuple(edge for edge in cell.edges if edge.op.name != "none"))
    model = _model("nb201")
    one, other = (
        network.embed(model.config_, model.parameters_[0], *model._tensors([a]))[-1]
        for a in (arch, Architecture(arch.space, (absent,)))
    )
    torch.testing.assert_close(one, other)


def test_isomorphic_cells_have_one_embedding() -> None:
    matrix = [[0, 1, 1, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0, 1], [0, 0, 0, 0, 1], [0, 0, 0, 0, 0]]
    twin = [[0, 1, 1, 0, 0], [0, 0, 0, 0, 1], [0, 0, 0, 1, 0], [0, 0, 0, 0, 1], [0, 0, 0, 0, 0]]
    cells = [
        Cell.from_matrix(matrix, ["input", "conv1x1", "conv3x3", "max_pool3x3", "output"]),
        Cell.from_matrix(twin, ["input", "conv3x3", "conv1x1", "max_pool3x3", "output"]),
    ]
    wide = Cell(
        (*cells[0].nodes[:4], op("conv3x3"), cells[0].nodes[4]),  # a dead node more
        (
            *(Edge(e.source, 5 if e.target == 4 else e.target, e.op) for e in cells[0].edges),
            Edge(1, 4, op("link")),
        ),
    )
    model = _model("nb101")
    archs = [Architecture("nasbench101", (cell,)) for cell in (*cells, wide)]
    embedded = network.embed(model.config_, model.parameters_[0], *model._tensors(archs))[-1]
    torch.testing.assert_close(embedded[1:], embedded[:1].expand(2, -1), atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("read_out", ["mean", "paper"])
def test_padding_changes_nothing(read_out: str) -> None:
    model = _model("nb101", read_out=read_out)
    narrow = model._tensors(_population("nb101"))
    model.layout_ = dataclasses.replace(model.layout_, width=9)
    wide = model._tensors(_population("nb101"))
    p, config = model.parameters_[0], model.config_
    # "paper" divides by 6, whatever the padding; here the nodes to read are three more
    widened = dataclasses.replace(config, nodes=9, places=9, read=8)
    scale = 8 / 6 if read_out == "paper" else 1.0
    torch.testing.assert_close(
        network.embed(widened, p, *wide)[-1] * scale,
        network.embed(config, p, *narrow)[-1],
        atol=1e-5,
        rtol=1e-5,
    )

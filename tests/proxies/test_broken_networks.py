"""Networks that break a proxy: a clear error, NaN with a reason, or a defined value; never a silent 0."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations

from archenc.errors import InvalidArgument
from archenc.proxies import PROXIES, Inputs, Scored, layer_scores, score

from .networks_to_score import Plain, Poisoned, Tied, TwoInputs, Words, double, images, vectors

OF_LOSS = {"grad_norm", "snip", "plain", "grasp", "fisher"}
OF_INPUT = {"jacov", "epe_nas"}


def assert_undefined(found: Scored, names: set[str], reason: str) -> None:
    assert {name for name, value in found.items() if math.isnan(value)} == names == set(found.reasons)
    assert all(reason in found.reasons[name] for name in names), found.reasons


def test_no_batch_norm_changes_nothing_but_the_values():
    found = score(Plain(norm=False), images())
    assert not found.reasons


def test_no_relu_leaves_nwot_undefined():
    assert_undefined(score(Plain(relu=False), images()), {"nwot"}, "ReLU")


def test_weights_that_are_all_zero():
    """The norm of zero weights is no score, though it can be computed."""
    network = Plain(norm=False)
    with torch.no_grad():
        for weight in network.parameters():
            weight.zero_()
    found = score(network, images())
    assert {name for name in found if math.isfinite(found[name])} == {"params", "flops", "zen"}
    assert "exactly 0" in found.reasons["l2_norm"]


def test_a_classifier_of_zeros():
    """Its gradient is none, but the products with it are."""
    network = Plain()
    with torch.no_grad():
        network.out.weight.zero_()
        network.out.bias.zero_()
    found = score(network, images())
    assert found["grad_norm"] > 0
    assert all("exactly 0" in found.reasons[name] for name in ("snip", "plain", "fisher"))
    assert all(math.isnan(row["snip"]) for row in layer_scores(network, images()).values())


def test_dead_units():
    network = Plain(norm=False)
    with torch.no_grad():
        network.body[0].weight.zero_()
        network.body[0].bias.fill_(-1)
    assert_undefined(score(network, images()), OF_INPUT | {"nwot"}, "")


@pytest.mark.parametrize("seed", range(3))
def test_no_score_of_a_damaged_network_is_zero(seed: int):
    """Whatever is damaged: a number, or NaN with its reason."""
    draw = torch.Generator().manual_seed(seed)
    for _ in range(12):
        network = Plain(norm=bool(torch.randint(2, (), generator=draw)))
        with torch.no_grad():
            for weight in network.parameters():
                kind = int(torch.randint(5, (), generator=draw))
                if kind < 3:
                    weight.fill_((0.0, -1.0, 1e30)[kind])
                weight.requires_grad_(bool(torch.randint(2, (), generator=draw)))
        found = score(network, images())
        trained = sum(weight.numel() for weight in network.parameters() if weight.requires_grad)
        for name, value in found.items():
            assert math.isnan(value) == (name in found.reasons)
            assert value != 0 or (name == "params" and not trained), (name, found)


def test_an_output_cut_off_from_the_weights():
    class Detached(Plain):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x).detach()

    found = score(Detached(), images())
    assert_undefined(found, OF_LOSS | OF_INPUT | {"synflow"}, "does not depend")


def test_an_output_that_is_constant():
    class Constant(Plain):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x) * 0

    found = score(Constant(), images())
    assert {name for name in found if math.isfinite(found[name])} == {"params", "flops", "l2_norm"} | {
        "nwot",
        "zen",
    }


def test_an_infinite_gradient_of_a_finite_output():
    class Root(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.out = nn.Linear(6, 5), nn.Linear(5, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.out(self.first(x).sub(self.first(x).detach()).sqrt())

    found = score(Root(), vectors(), ["grad_norm", "snip", "plain", "grasp", "jacov"])
    assert all(math.isnan(value) for value in found.values())
    assert all("not finite" in reason for reason in found.reasons.values()), found.reasons


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions(dtype: torch.dtype):
    reference, found = score(Plain(), images(), seed=1), score(Plain().to(dtype), images(), seed=1)
    assert not found.reasons
    assert found["params"] == reference["params"]
    assert found["flops"] == reference["flops"]


def test_buffers_without_an_absolute_value():
    class Masked(Plain):
        def __init__(self, mask: torch.Tensor) -> None:
            super().__init__()
            self.register_buffer("mask", mask)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x) * self.mask.real

    whole = score(Masked(torch.ones(4, dtype=torch.uint8)), images())
    assert not whole.reasons
    assert not score(Masked(torch.ones(4, dtype=torch.bool)), images(), ["jacov"]).reasons
    broken = score(Masked(torch.ones(4, dtype=torch.complex64)), images(), ["synflow", "snip"])
    assert "complex" in broken.reasons["synflow"]
    assert broken["snip"] > 0


def test_a_layer_without_outputs():
    class Idle(Plain):
        def __init__(self) -> None:
            super().__init__()
            self.idle = nn.Linear(3, 1, bias=False)
            self.idle.weight = nn.Parameter(torch.empty(0, 3))

    assert not score(Idle(), images()).reasons


def test_activations_that_are_functions():
    class Functions(Plain):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            for place in (0, 1, 3, 4):
                x = self.body[place](x)
                x = nn.functional.relu(x) if place in (1, 4) else x
            return self.out(self.pool(x).flatten(1))

    assert_undefined(score(Functions(), images()), {"nwot"}, "F.relu")


def test_a_weight_outside_of_layers():
    class Own(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.kernel, self.out = nn.Parameter(torch.ones(4, 2, 3, 3)), nn.Linear(4, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.out(nn.functional.conv2d(x, self.kernel).mean((2, 3)))

    found = score(Own(), images(), ["params", "flops", "snip"])
    assert found["params"] == 92e-6
    assert "Own has weights and no counting rule" in found.reasons["flops"]


def test_no_layer_with_weights():
    class Nothing(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.mean((2, 3)).tanh() * 3

    found = score(Nothing(), images(classes=2))
    assert found["params"] == 0  # it has none, and that is a count
    assert found["flops"] == 0
    assert {name for name in found if math.isnan(found[name])} == set(PROXIES) - {
        "params",
        "flops",
        "jacov",
        "epe_nas",
    }
    assert "no Conv2d and no Linear" in found.reasons["l2_norm"]


def test_frozen_weights_count_for_nothing_in_gradients():
    network, inputs = double(Plain()), images()
    free = layer_scores(network, inputs)
    network.body[0].weight.requires_grad_(False)
    part = layer_scores(network, inputs)
    for name in ("snip", "plain", "grad_norm", "fisher", "synflow"):
        assert part["body.0"][name] == 0
        assert part["body.3"][name] == pytest.approx(free["body.3"][name], rel=1e-9)
    assert part["body.0"]["l2_norm"] == free["body.0"]["l2_norm"]
    assert score(network, inputs)["params"] == score(Plain(), inputs)["params"] - 108e-6


def test_all_frozen():
    network = Plain().requires_grad_(False)
    found = score(network, images())
    assert_undefined(found, OF_LOSS | {"synflow"}, "frozen")
    assert found["params"] == 0


def test_a_shared_weight_counts_once():
    network, inputs = double(Tied()), vectors()
    shares = layer_scores(network, inputs)
    assert set(shares) == {"first", "out"}
    network.zero_grad()
    nn.functional.cross_entropy(network(inputs.x.double()), inputs.y).backward()
    weight, gradient = network.first.weight.detach(), network.first.weight.grad
    assert shares["first"]["snip"] == pytest.approx(float((weight * gradient).abs().sum()))
    assert shares["first"]["l2_norm"] == pytest.approx(float(weight.norm()))
    assert score(network, inputs)["params"] == pytest.approx(
        sum(weight.numel() for weight in network.parameters()) / 1e6
    )


def test_fisher_adds_up_the_calls_of_shared_layers():
    network, inputs = double(Tied()), vectors()
    kept: list[tuple[nn.Module, torch.Tensor]] = []
    for layer in (network.first, network.second, network.out):
        layer.register_forward_hook(lambda layer, _, out: (out.retain_grad(), kept.append((layer, out)))[1])
    nn.functional.cross_entropy(network(inputs.x.double()), inputs.y).backward()
    assert len(kept) == 4
    expected = sum(float(0.5 * (a.detach() * a.grad).square().mean(0).sum()) * 6 for _, a in kept)
    for layer in (network.first, network.second, network.out):
        layer._forward_hooks.clear()
    assert score(network, inputs)["fisher"] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_activations_that_are_not_finite(value: float):
    found = score(Poisoned(value), images())
    assert_undefined(found, OF_LOSS | OF_INPUT | {"nwot", "zen", "synflow"}, "")
    assert "not finite" in found.reasons["snip"]
    hidden = score(Poisoned(value, hidden=True), images())
    assert "not finite" in hidden.reasons["nwot"]
    assert math.isfinite(hidden["snip"])


def test_weights_that_are_not_finite():
    network = Plain()
    with torch.no_grad():
        network.out.weight[0, 0] = math.inf
    found = score(network, images())
    assert {name for name in found if math.isfinite(found[name])} == {"params", "flops", "zen"}


def test_a_network_of_several_inputs_is_refused():
    with pytest.raises(InvalidArgument, match=r"2 inputs \(left, right\)"):
        score(TwoInputs(), vectors(4))


def test_a_second_input_by_keyword_is_refused():
    class Named(Plain):
        def forward(self, x: torch.Tensor, *, scale: float) -> torch.Tensor:
            return super().forward(x) * scale

    with pytest.raises(InvalidArgument, match="'scale'"):
        score(Named(), images())


def test_an_assertion_of_the_network_is_passed_on():
    class Picky(Plain):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            assert x.shape[1] == 3, "three channels"
            return super().forward(x)

    with pytest.raises(InvalidArgument, match="three channels"):
        score(Picky(), images())


def test_a_network_of_several_outputs_is_refused():
    with pytest.raises(InvalidArgument, match="gives a tuple"):
        score(nn.LSTM(6, 3), vectors())


def test_integer_inputs():
    words = torch.randint(20, (6, 5), generator=torch.Generator().manual_seed(0))
    inputs = Inputs.tensors(words, torch.tensor([0, 1, 2, 0, 1, 2]))
    found = score(Words(), inputs)
    assert {name for name in found if math.isnan(found[name])} == OF_INPUT | {"synflow", "zen", "flops"}
    assert "int64" in found.reasons["jacov"]
    assert "Embedding" in found.reasons["flops"]


def test_bytes_where_floats_are_needed_are_refused():
    x = torch.zeros((4, 2, 5, 5), dtype=torch.uint8)
    with pytest.raises(InvalidArgument, match=r"does not take inputs of shape \(4, 2, 5, 5\)"):
        score(Plain(), Inputs.tensors(x, torch.zeros(4, dtype=torch.int64), 4))


def test_the_wrong_shape_is_refused():
    with pytest.raises(InvalidArgument, match="does not take inputs"):
        score(Plain(), Inputs.noise((3, 5, 5), n_classes=4))


def test_labels_that_the_output_cannot_have_are_refused():
    with pytest.raises(InvalidArgument, match="cross_entropy"):
        score(Plain(classes=4), images(classes=10, batch=32))


def test_no_labels():
    inputs = Inputs.tensors(images().x)
    with pytest.raises(InvalidArgument, match="y=None"):
        score(Plain(), inputs, ["snip"])
    assert not score(Plain(), inputs, ["jacov", "nwot", "synflow", "zen", "params", "flops"]).reasons
    assert "class" in score(Plain(), inputs, ["epe_nas"]).reasons["epe_nas"]


def test_no_inputs():
    assert set(score(Plain(), names=["params", "l2_norm"])) == {"params", "l2_norm"}
    with pytest.raises(InvalidArgument, match="inputs=None"):
        score(Plain(), names=["jacov"])


def test_one_example():
    assert_undefined(score(Plain(norm=False), images(batch=1)), {"jacov", "epe_nas"}, "one input")


def test_equal_examples():
    x = torch.ones(4, 2, 5, 5)
    found = score(Plain(norm=False), Inputs.tensors(x, torch.zeros(4, dtype=torch.int64), 4))
    assert "singular" in found.reasons["nwot"]


def test_a_dense_output():
    network = nn.Sequential(nn.Conv2d(2, 6, 3, padding=1), nn.ReLU(), nn.Conv2d(6, 4, 1))
    labels = torch.randint(4, (3, 5, 5), generator=torch.Generator().manual_seed(0))
    found = score(network, Inputs(images(batch=3).x, labels, 4, "dense"))
    assert_undefined(found, {"epe_nas", "zen"}, "")


def test_regression():
    x = images().x
    for loss in ("mse", "l1"):
        inputs = Inputs(x, torch.zeros(len(x), 4), None, "targets", loss=loss)
        assert "class" in score(Plain(), inputs).reasons["epe_nas"]


def test_an_overwritten_activation_is_noticed():
    class InPlace(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Linear(6, 5), nn.Linear(5, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.second(torch.relu_(self.first(x)))

    found = score(InPlace(), vectors(), ["snip", "fisher"])
    assert "overwritten" in found.reasons["fisher"]
    assert math.isfinite(found["snip"])


def test_no_second_derivative():
    class Once(torch.autograd.Function):
        @staticmethod
        def forward(context, x):
            return x * 2

        @staticmethod
        @torch.autograd.function.once_differentiable
        def backward(context, gradient):
            return gradient * 2

    class Network(Plain):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(Once.apply(self.body[0](x))[:, :2])

    found = score(Network(), images(), ["snip", "grasp"])
    assert "second derivative" in found.reasons["grasp"]
    assert math.isfinite(found["snip"])


def test_a_weight_that_is_computed_is_refused():
    network = nn.Sequential(parametrizations.weight_norm(nn.Linear(6, 3)))
    with pytest.raises(InvalidArgument, match="parametrization"):
        score(network, vectors())


@pytest.mark.parametrize("network", [nn.LazyLinear(3), nn.Linear(6, 3, device="meta")], ids=["lazy", "meta"])
def test_weights_without_values_are_refused(network: nn.Module):
    with pytest.raises(InvalidArgument, match="no values yet"):
        score(network, vectors())


def test_no_running_statistics():
    network = Plain()
    network.body[1] = nn.BatchNorm2d(6, track_running_stats=False)
    assert_undefined(score(network, images()), {"zen"}, "running statistics")

"""What tracers see of a module: batches on other axes, weights of two names, buffers, functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from archenc.errors import InvalidArgument
from archenc.networks import trace

WAYS = pytest.mark.parametrize("how", ["export", "fx"])


class Windows(nn.Module):
    """Attention in windows of 2x2, and a perceptron with places first: the batch is not where it began."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.qkv, self.mix = nn.Conv2d(3, 8, 1), nn.Linear(8, 24), nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        b, _, h, w = x.shape
        x = self.embed(x).reshape(b, 8, h // 2, 2, w // 2, 2).permute(0, 2, 4, 3, 5, 1).reshape(-1, 4, 8)
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        x = torch.softmax(q @ k.transpose(1, 2), dim=-1) @ v
        return self.mix(x.reshape(b, h * w, 8).transpose(0, 1))


@WAYS
@pytest.mark.parametrize("batch", [1, 3])
def test_what_is_counted_is_of_one_example_wherever_the_batch_is(how: str, batch: int) -> None:
    graph = trace(Windows(), torch.zeros(batch, 3, 6, 4), how=how)
    places = 6 * 4
    assert [(step.op, step.channels, step.size, step.macs) for step in graph.steps] == [
        ("conv1x1", 8, places, places * 3 * 8),
        ("linear", 24, places, places * 8 * 24),
        ("matmul", 4, places, places * 4 * 8),
        ("softmax", 4, places, 0),
        ("matmul", 8, places, places * 4 * 8),
        ("linear", 8, places, places * 8 * 8),
    ]


class Sequences(nn.Module):
    def __init__(self, batch_first: bool) -> None:
        super().__init__()
        self.gru = nn.GRU(8, 8, batch_first=batch_first)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=batch_first)
        self.first = batch_first

    def forward(self, x: Tensor) -> Tensor:
        x = self.gru(x if self.first else x.transpose(0, 1))[0]
        x = self.attention(x, x, x, need_weights=False)[0]
        return x if self.first else x.transpose(0, 1)


@pytest.mark.parametrize("batch_first", [True, False])
def test_sequences_count_alike_whether_or_not_the_batch_comes_first(batch_first: bool) -> None:
    graph = trace(Sequences(batch_first), torch.zeros(2, 5, 8))

    def macs(*names: str) -> int:
        return sum(step.macs for step in graph.steps if step.op in names)

    assert macs("recurrent") == 5 * 2 * 3 * 8 * (8 + 1)
    assert macs("linear") == 5 * 4 * 8 * 8
    assert macs("attention", "matmul") == 2 * 5 * 5 * 8
    assert {step.size for step in graph.steps if step.op in ("recurrent", "linear")} == {5}


class Tied(nn.Module):
    """One weight under two names, of which the second is read; one layer under two names, too."""

    def __init__(self) -> None:
        super().__init__()
        self.unused = nn.Linear(6, 6, bias=False)
        self.encode, self.decode = nn.Linear(6, 6, bias=False), nn.Linear(6, 6, bias=False)
        self.decode.weight = self.unused.weight
        self.again = self.encode

    def forward(self, x: Tensor) -> Tensor:
        return self.decode(self.again(torch.relu(self.encode(x))))


@WAYS
def test_a_weight_of_two_names_is_counted_where_it_is_first_read(how: str) -> None:
    graph = trace(Tied(), (6,), how=how)
    assert [(step.op, step.params) for step in graph.steps] == [
        ("linear", 36), ("relu", 0), ("linear", 0), ("linear", 36),
    ]  # fmt: skip


class Remembers(nn.Module):
    """Writes to one buffer, and puts another in the place of a second."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(4))
        self.register_buffer("calls", torch.zeros(()), persistent=False)
        self.layer = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        self.mean.mul_(0.9).add_(0.1 * x.mean(0) + 1)
        self.calls = self.calls + 1
        return self.layer(x - self.mean)


def test_buffers_that_a_pass_changes_are_no_outputs_and_are_put_back() -> None:
    module = Remembers()
    before = module.mean
    graph = trace(module, (4,))
    assert module.mean is before
    assert (module.mean.tolist(), module.calls.item()) == ([0.0] * 4, 0)
    assert [graph.steps[number - 1].op for number in graph.outputs] == ["linear"]


class Functional(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(4, 1, 3, 3))

    def forward(self, x: Tensor) -> Tensor:
        x = F.conv2d(x, self.weight, None, 1, 1, 1, 4)
        x = F.conv2d(x, self.weight, padding=1, groups=4)
        return F.avg_pool2d(F.max_pool2d(x, 3), kernel_size=2)


@WAYS
def test_functions_say_as_much_as_modules(how: str) -> None:
    graph = trace(Functional(), (4, 8, 8), how=how)
    assert [step.op for step in graph.steps] == ["depthwise3x3", "depthwise3x3", "max_pool3x3", "avg_pool"]
    assert (graph.params, graph.macs) == (36, 2 * 64 * 36)


class Applies(nn.Module):
    """A function of the input and of one weight."""

    def __init__(self, function: Callable[[Tensor, Tensor], Tensor], *weight: int) -> None:
        super().__init__()
        self.function, self.weight = function, nn.Parameter(torch.zeros(weight))

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x, self.weight)


@pytest.mark.parametrize(
    ("function", "weight", "shape", "channels", "products"),
    [
        (lambda x, w: torch.einsum("bchw,kc->bkhw", x, w), (7, 3), (3, 6, 5), 7, 7 * 6 * 5 * 3),
        (lambda x, w: torch.einsum("...c,kc->...k", x, w), (7, 3), (4, 3), 7, 4 * 7 * 3),
        (lambda x, w: torch.einsum("bij,jk", x, w), (3, 7), (4, 3), 7, 4 * 7 * 3),
        (lambda x, w: torch.einsum("bdi,bdj->bij", x * w, x), (5,), (6, 5), 5, 6 * 5 * 5),
        (lambda x, w: w @ x, (8, 3), (3, 5), 8, 8 * 5 * 3),
        (lambda x, w: x.transpose(1, 2) @ w, (6, 8), (6, 5), 8, 5 * 8 * 6),
        (lambda x, w: torch.addmm(w[0], x, w), (5, 8), (5,), 8, 5 * 8),
        (lambda x, w: torch.baddbmm(w, x, x.transpose(1, 2)), (1, 3, 3), (3, 5), 3, 3 * 3 * 5),
        (lambda x, w: torch.tensordot(x, w, dims=([1], [0])), (3, 7), (3, 6), 7, 6 * 7 * 3),
        (lambda x, w: torch.tensordot(x, w, dims=1), (6, 7), (3, 6), 7, 3 * 7 * 6),
        (lambda x, w: F.scaled_dot_product_attention(x, x, x) * w, (1,), (2, 6, 5), 10, 2 * 2 * 6 * 6 * 5),
    ],
)
@pytest.mark.parametrize("batch", [1, 2])
def test_products_are_counted_along_what_they_sum(function, weight, shape, channels, products, batch) -> None:
    graph = trace(Applies(function, *weight), torch.zeros(batch, *shape))
    multiplies = [step for step in graph.steps if step.macs]
    assert [(step.channels, step.macs) for step in multiplies] == [(channels, products)]


@WAYS
def test_what_hangs_on_no_data_is_no_operation(how: str) -> None:
    module = Applies(lambda x, w: F.linear(x + torch.zeros_like(x), w) + torch.ones(3), 3, 4)
    assert [step.op for step in trace(module, (4,), how=how).steps] == ["linear"]


class Cells(nn.Module):
    def __init__(self, cell: nn.Module) -> None:
        super().__init__()
        self.cell, self.head = cell, nn.Linear(12, 2)

    def forward(self, x: Tensor) -> Tensor:
        state: Any = None
        for place in range(x.shape[1]):
            state = self.cell(x[:, place], state)
        return self.head(state[0] if isinstance(state, tuple) else state)


@pytest.mark.parametrize(("cell", "gates"), [(nn.GRUCell, 3), (nn.LSTMCell, 4), (nn.RNNCell, 1)])
def test_a_recurrent_cell_is_counted_at_every_place(cell: Any, gates: int) -> None:
    graph = trace(Cells(cell(6, 12)), (4, 6))
    weights = gates * 12 * (6 + 12 + 2)
    assert [(step.op, step.params, step.macs) for step in graph.steps] == [
        ("recurrent", weights, weights), *[("recurrent", 0, weights)] * 3, ("linear", 26, 24),
    ]  # fmt: skip


def test_what_nobody_asked_for_is_left_out_unless_it_costs() -> None:
    class Loose(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.attend = nn.MultiheadAttention(8, 2, batch_first=True)
            self.unread, self.head = nn.Linear(8, 3), nn.Linear(8, 2)

        def forward(self, x: Tensor) -> Tensor:
            x = self.attend(x, x, x)[0]  # its mean attention is not read
            torch.relu(self.unread(x))
            return self.head(x)

    graph = trace(Loose(), (5, 8))
    names = ["linear", "matmul", "softmax", "matmul", "linear", "linear", "linear"]
    assert [step.op for step in graph.steps] == names
    assert graph.params == sum(weight.numel() for weight in Loose().parameters())
    assert graph.outputs == (7,)
    assert graph.steps[-1].sources == (5,)


def test_tokens_are_no_shape_and_the_message_says_what_to_give() -> None:
    module = nn.Sequential(nn.Embedding(9, 4), nn.Linear(4, 2))
    with pytest.raises(InvalidArgument, match=r"may also be a batch of the type .*dtype=torch\.long"):
        trace(module, (5,))
    graph = trace(module, torch.zeros(2, 5, dtype=torch.long))
    assert [step.op for step in graph.steps] == ["embedding", "linear"]

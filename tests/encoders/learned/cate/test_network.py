from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from archenc.encoders.learned.cate.layers import Stack, attention
from archenc.encoders.learned.cate.network import (
    CateNetwork,
    GraphEncoder,
    Size,
    along_paths,
    smoothed_loss,
)
from archenc.encoders.learned.cate.noise import noise, silent
from archenc.encoders.learned.cate.reach import closure, unpack
from archenc.errors import InvalidArgument

SMALL = Size(width=16, heads=4, graph=3, graph_inner=32, cross=2, cross_inner=24, dropout=0.1)


def size(module: nn.Module) -> int:
    return sum(value.numel() for value in module.parameters())


@pytest.mark.parametrize(("inner", "parameters"), [((128, 256), 1_610_821), ((64, 64), 917_317)])
def test_published_sizes(inner: tuple[int, int], parameters: int):
    network = CateNetwork(5, Size(graph_inner=inner[0], cross_inner=inner[1]), spare_norms=True)
    assert size(network) == parameters


def test_clean_network_keeps_one_closing_norm_a_stack():
    assert size(CateNetwork(5, Size())) == 1_610_821 - (11 + 23) * 2 * 64


def test_only_matrices_and_embeddings_decay():
    network = CateNetwork(5, Size())
    vectors = {name for name, value in network.named_parameters() if value.ndim < 2}
    assert vectors == {name for name, _ in network.named_parameters() if "bias" in name or "norm" in name} | {
        f"{stack}.close" for stack in ("graph.layers", "cross")
    }


def reference(stack: Stack, depth: int, width: int) -> nn.TransformerEncoder:
    """The same layers, by torch's own classes."""
    inner = stack.up.shape[1]
    layer = nn.TransformerEncoderLayer(width, stack.heads, inner, 0.0, batch_first=True, norm_first=True)
    twin = nn.TransformerEncoder(layer, depth, nn.LayerNorm(width), enable_nested_tensor=False)
    norms = stack.norm.view(depth, 2, 2, width)
    with torch.no_grad():
        for k, one in enumerate(twin.layers):
            for name, value in {
                "self_attn.in_proj_weight": stack.qkv[k],
                "self_attn.in_proj_bias": stack.qkv_bias.view(depth, -1)[k],
                "self_attn.out_proj.weight": stack.out[k],
                "self_attn.out_proj.bias": stack.out_bias.view(depth, -1)[k],
                "linear1.weight": stack.up[k],
                "linear1.bias": stack.up_bias.view(depth, -1)[k],
                "linear2.weight": stack.down[k],
                "linear2.bias": stack.down_bias.view(depth, -1)[k],
                "norm1.weight": norms[k, 0, 0],
                "norm1.bias": norms[k, 0, 1],
                "norm2.weight": norms[k, 1, 0],
                "norm2.bias": norms[k, 1, 1],
            }.items():
                one.get_parameter(name).copy_(value)
    return twin


def test_equals_the_layers_of_torch():
    torch.manual_seed(0)
    stack = Stack(3, 16, 4, 32)
    with torch.no_grad():
        stack.norm.add_(0.3 * torch.randn_like(stack.norm))
    x, allowed = torch.randn(5, 7, 16), torch.rand(5, 7, 7) > 0.4
    allowed |= torch.eye(7, dtype=torch.bool)
    ours = stack(x, allowed[:, None].float(), silent)
    theirs = reference(stack, 3, 16)(x, mask=(~allowed).repeat_interleave(4, dim=0))
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)


def random_paths(b: int, n: int) -> torch.Tensor:
    links = np.triu(np.random.default_rng(0).random((b, n, n)) < 0.3, 1)
    return torch.from_numpy(unpack(closure(links), n).copy())


@pytest.mark.parametrize("direction", ["succ", "pred", "both"])
def test_a_token_matters_to_the_nodes_from_which_it_is_reached_and_to_no_other(direction: str):
    torch.manual_seed(0)
    encoder = GraphEncoder(7, SMALL).double().eval()
    paths = random_paths(6, 7)
    seen = {"succ": paths, "pred": paths.mT, "both": paths | paths.mT}[direction]
    tokens = torch.randint(2, 7, (6, 7))
    allowed = along_paths(paths, 4, direction, self_loop=True).double()  # type: ignore[arg-type]
    before = encoder(tokens, allowed)
    for j in range(7):
        changed = tokens.clone()
        changed[:, j] = 2 + (changed[:, j] - 1) % 5
        differs = (encoder(changed, allowed) - before).abs().amax(dim=-1) > 1e-12
        if direction == "both":  # over several layers it spreads along both ways, so only the negative holds
            assert not (differs & ~connected(seen)[:, :, j]).any()
        else:
            expected = seen[:, :, j].clone()
            expected[:, j] = True
            torch.testing.assert_close(differs, expected)


def connected(paths: torch.Tensor) -> torch.Tensor:
    spread = paths | torch.eye(paths.shape[-1], dtype=torch.bool)
    for _ in range(4):
        spread = (spread.double() @ spread.double()) > 0
    return spread


def test_a_row_that_may_attend_to_nothing_attends_to_everything_evenly():
    allowed = along_paths(random_paths(3, 7), 4, "succ", self_loop=False)
    query, key = torch.randn(2, 3, 4, 7, 4) * 5
    shares = attention(query, key, allowed)
    torch.testing.assert_close(shares[:, :, -1], torch.full((3, 4, 7), 1 / 7), rtol=0, atol=0)
    torch.testing.assert_close(shares.sum(dim=-1), torch.ones(3, 4, 7))


def test_attention_equals_softmax_and_survives_large_logits():
    query, key = torch.randn(2, 3, 4, 7, 4)
    expected = torch.softmax(query @ key.mT / 2, dim=-1)
    torch.testing.assert_close(attention(query, key, None), expected)
    assert torch.isfinite(attention(1e4 * query, 1e4 * key, None)).all()


def test_refuses_widths_that_heads_do_not_share():
    with pytest.raises(InvalidArgument, match="width=10"):
        CateNetwork(5, Size(width=10, heads=4))


def test_weights_of_the_graph_encoder_alone_can_be_loaded():
    one, other = CateNetwork(5, SMALL), CateNetwork(5, SMALL)
    kept = {name: value for name, value in one.state_dict().items() if name.startswith("graph.")}
    cross = other.cross.qkv.detach().clone()
    other.load_state_dict(kept)
    torch.testing.assert_close(other.graph.embedding, one.graph.embedding)
    torch.testing.assert_close(other.cross.qkv, cross)
    with pytest.raises(RuntimeError, match="Missing"):
        other.load_state_dict(dict(list(kept.items())[1:]))
    with pytest.raises(RuntimeError, match="Missing"):
        other.load_state_dict({**kept, "segments": one.segments})
    deeper = CateNetwork(5, replace(SMALL, cross=4))
    deeper.load_state_dict(one.state_dict())
    torch.testing.assert_close(deeper.graph.embedding, one.graph.embedding)


LEGAL = torch.tensor([False, False, True, True, True, True, True])


def test_loss_of_a_confident_right_answer_has_its_closed_form():
    log_p = torch.log(torch.tensor([[0.0, 0.0, 0.96, 0.01, 0.01, 0.01, 0.01]]).clamp_min(1e-12))
    expected = 0.9 * math.log(0.9 / 0.96) + 4 * 0.025 * math.log(0.025 / 0.01)
    assert math.isclose(float(smoothed_loss(log_p, torch.tensor([2]), LEGAL)), expected, rel_tol=1e-5)


def test_loss_equals_the_divergence_and_is_zero_at_the_target():
    labels = torch.randint(2, 7, (50,))
    target = torch.zeros(50, 7)
    target[:, 2:] = 0.025
    target[torch.arange(50), labels] = 0.9
    log_p = torch.log_softmax(torch.randn(50, 7), dim=-1)
    expected = nn.functional.kl_div(log_p, target, reduction="batchmean")
    torch.testing.assert_close(smoothed_loss(log_p, labels, LEGAL), expected)
    met = smoothed_loss(torch.log(target.clamp_min(1e-12)), labels, LEGAL)
    torch.testing.assert_close(met, torch.tensor(0.0), atol=1e-6, rtol=0)


def test_dropout_keeps_the_mean_and_follows_from_torchs_generator():
    torch.manual_seed(3)
    ones = torch.ones(100_000)
    dropped = noise(0.1, torch.device("cpu"))(ones)
    assert abs(float((dropped == 0).float().mean()) - 26 / 256) < 0.005
    assert abs(float(dropped.mean()) - 1) < 0.005
    torch.manual_seed(3)
    torch.testing.assert_close(noise(0.1, torch.device("cpu"))(ones), dropped, rtol=0, atol=0)
    assert noise(0.0, torch.device("cpu")) is silent


def test_products_of_half_precision_are_for_training_only():
    torch.manual_seed(0)
    stack = Stack(2, 16, 4, 32, half=True)
    x = torch.randn(3, 7, 16)
    exact = stack.eval()(x, None, silent)
    rough = stack.train()(x, None, silent)
    assert rough.dtype == torch.float32
    assert not torch.equal(rough, exact)
    torch.testing.assert_close(rough, exact, atol=0.1, rtol=0.1)
    rough.sum().backward()
    assert all(value.grad is not None and value.grad.dtype == torch.float32 for value in stack.parameters())

"""The networks of einspace: what a derivation says is what is computed."""

from __future__ import annotations

import math

import pytest
import torch

from archenc import networks
from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.networks.einspace import TASKS
from archenc.networks.einspace_layers import PositionalEncoding
from archenc.spaces.einspace import SPACE, EinSpace, Limits, seeds

SMALL = EinSpace(Limits(max_nodes=120, max_params=10**6, max_activations=10**6, max_macs=10**7))
CONV = "routing[im2col(3,2,1), computation<linear(32)>, col2im]"
BARE = "routing[identity, computation<{}>, identity]"


def body(text: str, **options: str) -> torch.nn.Module:
    return networks.build(SPACE.parse(text), seed=0, **options).body.eval()


@pytest.mark.parametrize("shape", [(3, 16, 16), (12, 18, 18), (1, 27, 18), (16, 64), (1, 8, 8)])
def test_every_network_makes_the_shape_and_has_the_weights_that_were_inferred(shape):
    for number, arch in enumerate(SMALL.sample(8, 4, input_shape=shape)):
        inferred = SMALL.infer(SMALL.derivation(arch), shape)
        network = networks.build(arch, seed=number)
        x = torch.randn((2, *shape), generator=torch.Generator().manual_seed(number))
        with torch.no_grad():
            assert network.features(x).shape == (2, *inferred.result.shape)
            assert network(x).shape == (2, 10)
        head = networks.count(network.head, inferred.result.shape).params
        assert networks.count(network).params - head == inferred.total.params
        paths = networks.operation_paths(network)
        assert len(paths) == arch.cells[0].n_nodes - 2
        weighted = [node.parametrised for node in arch.cells[0].nodes[1:-1]]
        assert [bool(paths[0, k]) for k in range(len(paths))] == weighted


def test_a_seed_decides_the_weights_and_copies_have_their_own():
    arch = SPACE.parse("1x8x8 branching(4){clone(4), computation<linear(16)>, cat(4,1)}")
    one, other, third = (networks.build(arch, seed=seed).state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert any(not torch.equal(one[name], third[name]) for name in one)
    branches = [one[f"body.root.branches.{k}.weight"] for k in range(4)]
    assert not torch.equal(branches[0], branches[1])
    assert networks.operation_paths(networks.build(arch, device="meta"))[0, 1] == tuple(
        f"body.root.branches.{k}" for k in range(4)
    )


def test_a_convolution_is_patches_through_a_linear_layer():
    conv, patches = body(CONV), body(CONV, convolutions="patches")
    weight, linear = conv.root, patches.root[1]
    assert isinstance(weight, torch.nn.Conv2d)
    with torch.no_grad():
        linear.weight.copy_(weight.weight.flatten(1))
        linear.bias.copy_(weight.bias)
        x = torch.randn((2, 3, 32, 32), generator=torch.Generator().manual_seed(0))
        torch.testing.assert_close(conv(x), patches(x), atol=1e-5, rtol=1e-5)


def test_terminals_compute_what_their_names_say():
    x = torch.randn((2, 3, 4, 4), generator=torch.Generator().manual_seed(1))

    def made(text: str, **options: str) -> torch.Tensor:
        with torch.no_grad():
            return networks.build(SPACE.parse("3x4x4 " + text), seed=0, **options).body(x)

    assert torch.equal(made(BARE.format("relu")), x.clamp(min=0))
    assert torch.equal(made(BARE.format("relu"), activation="leaky"), torch.where(x > 0, x, 0.01 * x))
    assert torch.allclose(made(BARE.format("softmax")).sum(-1), torch.ones(2, 3, 4))
    assert made(BARE.format("linear(16)")).shape == (2, 3, 4, 16), "it acts on the width"
    assert torch.allclose(made(BARE.format("norm")).mean((0, 2, 3)), torch.zeros(3), atol=1e-6)
    assert torch.equal(made("routing[perm(0,3,1,2), computation<identity>, identity]"), x.permute(0, 3, 1, 2))
    two = "branching(2){{clone(2), computation<relu>, computation<identity>, {}}}"
    assert torch.equal(made(two.format("add(2)")), x.clamp(min=0) + x)
    assert torch.equal(made(two.format("cat(2,2)")), torch.cat([x.clamp(min=0), x], 2))
    assert torch.allclose(made(two.format("dot_product")), x.clamp(min=0) @ x)
    assert torch.allclose(made(two.format("dot_product(scaled)")), x.clamp(min=0) @ x / math.sqrt(4))
    split = "branching(2){group(2,3), computation<relu>, computation<identity>, cat(2,3)}"
    assert torch.equal(made(split), torch.cat([x[..., :2].clamp(min=0), x[..., 2:]], 3))
    four = "branching(4){group(4,2), computation<identity>, add(4)}"
    assert torch.allclose(made(four), x.sum(2, keepdim=True))
    patches = made("routing[im2col(4,4,0), computation<identity>, identity]")
    assert torch.equal(patches, x.reshape(2, 1, 48))
    assert torch.equal(made("routing[im2col(1,2,0), computation<identity>, col2im]"), x[:, :, ::2, ::2])


def test_heads():
    arch = SPACE.parse("6x16 sequential(computation<linear(32)>, computation<relu>)")
    x = torch.randn((2, 6, 16), generator=torch.Generator().manual_seed(2))
    for head, width in (("original", 6), ("positions", 32)):
        network = networks.build(arch, seed=0, head=head)
        assert network.head.classifier.in_features == width
        mean = network.body(x).mean(2 if head == "original" else 1)
        assert torch.allclose(network(x), network.head.classifier(mean))
    dense = networks.build(SPACE.parse("1x128x128 " + BARE.format("relu")), "cosmic", seed=0)
    assert dense(torch.zeros(1, 1, 128, 128)).shape == (1, 1, 128, 128)


def test_a_task_gives_classes_and_shape_and_shapes_are_inferred_anew():
    arch = SPACE.parse(CONV)
    for task, (classes, shape) in TASKS.items():
        if shape == (3, 64, 64):
            network = networks.build(arch, task, device="meta")
            assert (network.n_classes, network.input_shape) == (classes, shape)
    grouped = SPACE.parse("branching(2){group(2,2), computation<relu>, computation<relu>, add(2)}")
    with pytest.raises(InvalidArchitecture, match="27 is not divisible by 2"):
        networks.build(grouped, "gutenberg")


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"max_params": 100}, "brings the params to 896; max_params=100"),
        ({"max_activations": 100}, "max_activations=100"),
        ({"max_macs": 100}, "max_macs=100"),
        ({"input_shape": (16, 64)}, "it needs an image"),
    ],
)
def test_what_is_too_large_is_refused_before_anything_is_allocated(options, why):
    with pytest.raises(InvalidArchitecture, match=why):
        networks.build(SPACE.parse(CONV), **options)


def test_a_batch_beyond_the_memory_is_refused():
    network = networks.build(SPACE.parse(CONV), seed=0, max_bytes=10**6)
    assert network(torch.zeros(2, 3, 32, 32)).shape == (2, 10)
    with pytest.raises(InvalidArgument, match=r"a batch of 64 makes .* allows \d+ examples"):
        network(torch.zeros(64, 3, 32, 32))
    with pytest.raises(InvalidArgument, match=r"expected \(batch, \*\(3, 32, 32\)\)"):
        network(torch.zeros(2, 1, 8, 8))


@pytest.mark.parametrize("options", [{"head": "mean"}, {"activation": "gelu"}, {"convolutions": "fast"}])
def test_words_are_checked(options):
    with pytest.raises(InvalidArgument, match="legal: "):
        networks.build(SPACE.parse(CONV), device="meta", **options)


def test_positions_are_drawn_small():
    network = networks.build(SPACE.parse("1x8x8 " + BARE.format("pos_enc")), seed=0)
    encodings = [layer.encoding for layer in network.modules() if isinstance(layer, PositionalEncoding)]
    assert 0.01 < float(encodings[0].detach().std()) < 0.03


def test_a_seed_architecture_is_trained_a_step():
    arch = EinSpace().from_derivation(seeds.attention((1, 8, 8), 16), (1, 8, 8))
    network = networks.build(arch, seed=0)
    network(torch.ones(4, 1, 8, 8)).sum().backward()
    assert all(weight.grad is not None for weight in network.parameters())

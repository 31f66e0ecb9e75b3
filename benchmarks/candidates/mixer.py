"""Perceptrons: on pixels, and MLP-Mixers on patches (Tolstikhin et al., NeurIPS 2021)."""

from __future__ import annotations

from functools import partial

from torch import Tensor, nn


class MixerLayer(nn.Module):
    """A perceptron over the tokens and one over the channels, each beside a shortcut."""

    def __init__(self, tokens: int, width: int, ratio: int) -> None:
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.tokens = nn.Sequential(
            nn.Linear(tokens, ratio * tokens), nn.GELU(), nn.Linear(ratio * tokens, tokens)
        )
        self.channels = nn.Sequential(
            nn.Linear(width, ratio * width), nn.GELU(), nn.Linear(ratio * width, width)
        )

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.tokens(self.norm_1(x).transpose(1, 2)).transpose(1, 2)
        return x + self.channels(self.norm_2(x))


class Mixer(nn.Module):
    """Patches, mixer layers, the mean of the tokens."""

    def __init__(self, width: int, depth: int, patch: int, ratio: int) -> None:
        super().__init__()
        self.patches = nn.Conv2d(1, width, patch, patch)
        self.layers = nn.Sequential(*(MixerLayer((8 // patch) ** 2, width, ratio) for _ in range(depth)))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x).flatten(2).transpose(1, 2)
        return self.head(self.norm(self.layers(x)).mean(1))


def mlp(*widths: int, norm: bool = False) -> nn.Module:
    """Return a perceptron on the 64 pixels."""
    layers: list[nn.Module] = [nn.Flatten()]
    for c_in, c_out in zip((64, *widths), widths, strict=False):
        layers += [nn.Linear(c_in, c_out), *([nn.BatchNorm1d(c_out)] if norm else []), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(widths[-1], 10))


CANDIDATES = {
    "mixer_d16_l1": partial(Mixer, 16, 1, 2, 2),
    "mixer_d16_l3": partial(Mixer, 16, 3, 2, 2),
    "mixer_d32_l2": partial(Mixer, 32, 2, 2, 2),
    "mixer_d48_l2": partial(Mixer, 48, 2, 2, 2),
    "mixer_d32_l2_p4": partial(Mixer, 32, 2, 4, 2),
    "mixer_d32_l4_r4": partial(Mixer, 32, 4, 2, 4),
    "mlp_16": partial(mlp, 16),
    "mlp_64": partial(mlp, 64),
    "mlp_64-64": partial(mlp, 64, 64),
    "mlp_64-64_bn": partial(mlp, 64, 64, norm=True),
    "mlp_128-64-32_bn": partial(mlp, 128, 64, 32, norm=True),
}

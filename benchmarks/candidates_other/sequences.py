"""Images as sequences of rows: recurrent networks, 1-D convolutions, attention behind convolutions."""

from __future__ import annotations

import itertools
from functools import partial

import torch
from torch import Tensor, nn


class Recurrent(nn.Module):
    """Rows of the image through a GRU or an LSTM; the last state is classified."""

    def __init__(self, width: int, layers: int, kind: type[nn.RNNBase]) -> None:
        super().__init__()
        self.recurrent = kind(8, width, layers, batch_first=True)
        self.head = nn.Linear(width, 10)

    def forward(self, x: Tensor) -> Tensor:
        states, _ = self.recurrent(x[:, 0])
        return self.head(states[:, -1])


class Rows(nn.Module):
    """1-D convolutions over the rows, whose pixels are channels."""

    def __init__(self, width: int, depth: int) -> None:
        super().__init__()
        widths = [8, *[width] * depth]
        self.layers = nn.Sequential(
            *(
                nn.Sequential(nn.Conv1d(a, b, 3, padding=1), nn.BatchNorm1d(b), nn.ReLU())
                for a, b in itertools.pairwise(widths)
            )
        )
        self.head = nn.Linear(width, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.layers(x[:, 0].transpose(1, 2)).mean(2))


class Hybrid(nn.Module):
    """Convolutions, then attention over the pixels that are left."""

    def __init__(self, width: int, heads: int, attentions: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1),
            nn.BatchNorm2d(width),
            nn.SiLU(),
            nn.Conv2d(width, width, 3, 2, 1),
            nn.BatchNorm2d(width),
            nn.SiLU(),
        )
        self.position = nn.Parameter(torch.zeros(1, 16, width))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(attentions))
        self.attentions = nn.ModuleList(
            nn.MultiheadAttention(width, heads, batch_first=True) for _ in range(attentions)
        )
        self.head = nn.Linear(width, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x).flatten(2).transpose(1, 2) + self.position
        for norm, attention in zip(self.norms, self.attentions, strict=True):
            y = norm(x)
            x = x + attention(y, y, y, need_weights=False)[0]
        return self.head(x.mean(1))


CANDIDATES = {
    "gru_32": partial(Recurrent, 32, 1, nn.GRU),
    "lstm_32_2": partial(Recurrent, 32, 2, nn.LSTM),
    "gru_16": partial(Recurrent, 16, 1, nn.GRU),
    "gru_64": partial(Recurrent, 64, 1, nn.GRU),
    "lstm_24": partial(Recurrent, 24, 1, nn.LSTM),
    "rnn_48_2": partial(Recurrent, 48, 2, nn.RNN),
    "rows_16_1": partial(Rows, 16, 1),
    "rows_48_5": partial(Rows, 48, 5),
    "rows_32_2": partial(Rows, 32, 2),
    "rows_64_3": partial(Rows, 64, 3),
    "hybrid_16_1": partial(Hybrid, 16, 2, 1),
    "hybrid_32_1": partial(Hybrid, 32, 4, 1),
    "hybrid_32_3": partial(Hybrid, 32, 4, 3),
    "hybrid_8_1": partial(Hybrid, 8, 2, 1),
    "hybrid_24_2": partial(Hybrid, 24, 4, 2),
}

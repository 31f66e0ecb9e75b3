"""A frozen language model that turns texts into vectors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, final

import numpy as np
import torch
from jaxtyping import Float32, Int64

from archenc.encoders.cole.loading import Backbone, load
from archenc.encoders.cole.pooling import check_pooling, needs_layers, pool
from archenc.encoders.cole.sources import Source, find
from archenc.encoders.cole.tokens import Piece, Tokens, limit, load_tokenizer
from archenc.encoders.watching import Progress


@final
@dataclass(frozen=True, slots=True, eq=False)
class Embedded:
    """vectors: k a text, one but for `multi_layer`. counts: its tokens, and those beyond the limit."""

    vectors: Float32[np.ndarray, "n k d"]
    counts: Int64[np.ndarray, "n 2"]


@final
@dataclass(frozen=True, slots=True)
class LanguageModel:
    """A model, frozen, and how it reads.

    source: where it is, see `find`. max_length: tokens that it reads at once, special ones included; None is
    all its positions. long: "truncate" reads the beginning of a text beyond that, "windows" reads all of it,
    piece by piece, and averages the pieces by their tokens. special_tokens: whether these count in a mean.
    random_weights: a seed for weights drawn anew instead of the trained ones. batch_size: texts at once.
    On a processor a batch holds texts of one length in tokens: nothing is padded, and a vector does not
    depend, to the last bit, on what else is embedded. On a GPU texts of near lengths are padded on the right.
    """

    source: Source
    max_length: int | None = None
    long: str = "truncate"
    special_tokens: bool = True
    dtype: str = "float32"
    device: str = "cpu"
    random_weights: int | None = None
    trust_remote_code: bool = False
    batch_size: int = 32

    @classmethod
    def of(cls, model: str | Path, revision: str | None = None, **options: Any) -> LanguageModel:
        """Return the model of a name, a folder or an id; see `find`. Nothing is loaded yet."""
        return cls(find(model, revision), **options)

    def embed(
        self, texts: Sequence[str], poolings: Sequence[str] = ("mean",), progress: Progress | None = None
    ) -> dict[str, Embedded]:
        """Return the vectors of every text by every pooling, from one pass through the model.

        `echo` takes a pass of its own, over texts twice as long. progress(done, total) counts texts.
        Raises InvalidArgument, IncompatibleModel.
        """
        for pooling in poolings:
            check_pooling(pooling)
        if not texts:  # how wide nothing is, only the model can tell
            one = self.embed([""], poolings).items()
            return {name: Embedded(made.vectors[:0], made.counts[:0]) for name, made in one}
        tokens = self.tokens()
        ids = tokens.ids(texts)
        groups = [[name for name in poolings if (name == "echo") == echo] for echo in (False, True)]
        found: dict[str, Embedded] = {}
        for echo, names in enumerate(groups):
            if names:
                pieces = (tokens.echoes if echo else tokens.pieces)(ids, self.long, self.special_tokens)
                show = _share(progress, bool(found), all(groups))
                vectors = self._run(tokens, pieces, names, len(texts), show)
                counts = tokens.counts(ids, echo=bool(echo))
                found |= {name: Embedded(vectors[name], counts) for name in names}
        return found

    def tokens(self) -> Tokens:
        """Return the tokenizer, with the limit of this model."""
        return Tokens(self._tokenizer(), limit(self._tokenizer(), self.backbone().positions, self.max_length))

    def backbone(self) -> Backbone:
        """Return the network, loading it if it is not."""
        return load(self.source, self.dtype, self.device, self.random_weights, self.trust_remote_code)

    def _tokenizer(self) -> Any:
        return load_tokenizer(self.source, self.trust_remote_code)

    def _run(
        self,
        tokens: Tokens,
        pieces: Sequence[Piece],
        poolings: Sequence[str],
        n: int,
        progress: Progress | None,
    ) -> dict[str, Float32[np.ndarray, "n k d"]]:
        backbone = self.backbone()
        weights = np.zeros(n)
        for piece in pieces:
            weights[piece.text] += piece.weight
        sums: dict[str, np.ndarray] = {}
        done = 0
        with torch.inference_mode():
            for batch in _batches(pieces, self.batch_size, exact=backbone.device.type == "cpu"):
                for pooling, vectors in _forward(backbone, batch, tokens.pad, poolings).items():
                    if pooling not in sums:
                        sums[pooling] = np.zeros((n, *vectors.shape[1:]))
                    for piece, vector in zip(batch, vectors, strict=True):
                        sums[pooling][piece.text] += vector.astype(np.float64) * (
                            piece.weight / weights[piece.text]
                        )
                done += len(batch)
                if progress is not None:
                    progress(done, len(pieces))
        return {pooling: total.astype(np.float32) for pooling, total in sums.items()}


def _forward(
    backbone: Backbone, batch: Sequence[Piece], pad: int, poolings: Sequence[str]
) -> dict[str, np.ndarray]:
    width = max(len(piece.ids) for piece in batch)
    ids = torch.full((len(batch), width), pad, dtype=torch.long)
    read = torch.zeros((len(batch), width), dtype=torch.bool)
    counted = torch.zeros_like(read)
    for row, piece in enumerate(batch):
        ids[row, : len(piece.ids)] = torch.tensor(piece.ids)
        read[row, : len(piece.ids)] = True
        counted[row, slice(*piece.counted)] = True
    ids, read, counted = (part.to(backbone.device) for part in (ids, read, counted))
    layers = needs_layers(poolings)
    out = backbone.network(input_ids=ids, attention_mask=read.long(), output_hidden_states=layers)
    states = out.hidden_states if layers else (out.last_hidden_state,)
    return {pooling: pool(pooling, states, read, counted).cpu().numpy() for pooling in poolings}


def _batches(pieces: Sequence[Piece], size: int, exact: bool) -> Iterator[list[Piece]]:
    """Yield batches, the longest first: a lack of memory shows at once. `exact` keeps lengths apart."""
    ordered = sorted(pieces, key=lambda piece: -len(piece.ids))
    for _, group in groupby(ordered, key=lambda piece: len(piece.ids) if exact else 0):
        members = list(group)
        for start in range(0, len(members), size):
            yield members[start : start + size]


def _share(progress: Progress | None, second: bool, both: bool) -> Progress | None:
    """Show two passes as one count."""
    if progress is None or not both:
        return progress
    return lambda done, total: progress(second * total + done, 2 * total)

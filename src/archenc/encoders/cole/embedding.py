"""Vectors of texts: every distinct text once, from the cache where it is there, in portions that survive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np

from archenc.encoders.cole.cache import Store, text_key
from archenc.encoders.cole.language_model import Embedded, LanguageModel
from archenc.encoders.watching import Progress, watcher
from archenc.errors import DataError

PORTION = 256
"""Texts a shard: what a killed run loses at most."""


def embedded(
    model: LanguageModel, texts: Sequence[str], pooling: str, store: Store, also: Sequence[str] = ()
) -> Embedded:
    """Return k vectors a text, see `pool`, and its length.

    also: poolings that the same pass through the model fills in, for whoever asks for them later.
    """
    keys = [text_key(text) for text in texts]
    wanted = set(store.missing(keys, pooling))
    missing = [(key, text) for key, text in dict(zip(keys, texts, strict=True)).items() if key in wanted]
    missing.sort(key=lambda entry: (-len(entry[1]), entry[0]))
    progress = watcher()
    for start in range(0, len(missing), PORTION):
        part = missing[start : start + PORTION]
        show = None if progress is None else _shifted(progress, start, len(part), len(missing))
        found = model.embed([text for _, text in part], list(dict.fromkeys([pooling, *also])), show)
        columns: dict[str, np.ndarray] = {}
        for name, one in found.items():
            columns |= {name: one.vectors, _counts(name): one.counts[:, None].astype(np.float32)}
        store.put([key for key, _ in part], columns)
    counts = store.get(keys, _counts(pooling)) if not store.missing(keys, _counts(pooling)) else None
    if counts is None:
        raise DataError(
            f"{store.folder}: vectors by {pooling} without the lengths of their texts; remove the folder"
        )
    return Embedded(store.get(keys, pooling), counts[:, 0].astype(np.int64))


def _counts(pooling: str) -> str:
    return f"tokens of {pooling}"


def setting_of(model: LanguageModel) -> dict[str, object]:
    """Return what decides the vectors of a model, but for text and pooling; not where or how fast it runs."""
    fields = asdict(model)
    indifferent = ("source", "device", "batch_size", "trust_remote_code")
    return {
        "layout": 1,
        "model": model.source.name,
        "identity": model.source.identity,
        **{name: value for name, value in fields.items() if name not in indifferent},
    }


def _shifted(progress: Progress, start: int, size: int, total: int) -> Progress:
    """Count on from earlier portions; a text of several pieces or passes counts in parts."""
    return lambda done, of: progress(start + round(size * done / of), total)

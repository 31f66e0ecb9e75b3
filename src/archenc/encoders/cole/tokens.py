"""Texts as token ids: with the model's special tokens, cut or in windows where they are too long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, final

import numpy as np
from jaxtyping import Int64

from archenc.encoders.cole.sentence import transformer_folder
from archenc.encoders.cole.sources import EXTRA, Source
from archenc.errors import IncompatibleModel, InvalidArgument, require, shown

Long = Literal["truncate", "windows"]
LONG = ("truncate", "windows")
ECHO_SEPARATOR = "\n\n"
_CHUNK = 1024
_UNLIMITED = 1_000_000  # a tokenizer that knows no limit says a number far beyond this


@dataclass(frozen=True, slots=True)
class Piece:
    """What the model reads at once.

    text: number of the text. ids: with special tokens. counted: from which token to which states count.
    weight: how many tokens of the text are in it, by which the pieces of a text are averaged.
    """

    text: int
    ids: tuple[int, ...]
    counted: tuple[int, int]
    weight: int


@dataclass(frozen=True, slots=True)
class Lengths:
    """How long n texts are in tokens, special ones left out, against what the model reads at once.

    too_long: texts beyond that. share: of all tokens, those beyond it.
    """

    n: int
    longest: int
    mean: float
    too_long: int
    share: float

    @classmethod
    def of(cls, counts: Int64[np.ndarray, "n 2"]) -> Lengths:
        """Sum up what `Tokens.counts` gives."""
        whole, beyond = counts.T
        return cls(
            n=len(counts),
            longest=int(whole.max(initial=0)),
            mean=float(whole.mean()) if len(counts) else 0.0,
            too_long=int((beyond > 0).sum()),
            share=float(beyond.sum() / max(1, whole.sum())),
        )


class TruncatedTexts(UserWarning):
    """Texts were cut, and what the message says of them was not read."""


@final
class Tokens:
    """A tokenizer and its limits. max_length: tokens that the model reads at once, None where unlimited."""

    def __init__(self, tokenizer: Any, max_length: int | None) -> None:
        self.tokenizer = tokenizer
        self.max_length = max_length
        self.prefix, self.suffix = _special(tokenizer)
        self.pad = pad_id(tokenizer)
        if max_length is not None and max_length <= len(self.prefix) + len(self.suffix):
            raise InvalidArgument(
                f"max_length={max_length!r}: expected more than the {len(self.prefix) + len(self.suffix)} "
                f"special tokens of the model"
            )

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the tokens of every text, without special ones and however many."""
        found: list[list[int]] = []
        for start in range(0, len(texts), _CHUNK):
            part = list(texts[start : start + _CHUNK])
            found += self.tokenizer(part, add_special_tokens=False, verbose=False)["input_ids"]
        return found

    def counts(self, ids: Sequence[Sequence[int]], echo: bool = False) -> Int64[np.ndarray, "n 2"]:
        """Return the tokens of every text, and how many of them are beyond what is read at once."""
        room = self._room(echo)
        whole = np.array([len(one) for one in ids], dtype=np.int64)
        beyond = np.zeros_like(whole) if room is None else np.maximum(whole - room, 0)
        return np.stack([whole, beyond], axis=1)

    def pieces(self, ids: Sequence[Sequence[int]], long: str, special: bool = True) -> list[Piece]:
        """Cut every text into what the model reads at once: its beginning, or windows one after another.

        special: whether the special tokens count among those whose states are pooled.
        """
        found = []
        for text, tokens in enumerate(ids):
            for part in _parts(tokens, self._room(), long):
                whole = (*self.prefix, *part, *self.suffix)
                inner = (len(self.prefix), len(self.prefix) + len(part))
                counted = (0, len(whole)) if special or not part else inner
                found.append(Piece(text, whole, counted, max(1, len(part))))
        return found

    def echoes(self, ids: Sequence[Sequence[int]], long: str, special: bool = True) -> list[Piece]:
        """Write every text twice, so that its second reading knows its end; what counts is the second.

        Raises InvalidArgument where the model reads too little for that.
        """
        separator, room = self._separator(), self._room(echo=True)
        if room is not None and room < 1:
            raise InvalidArgument(f"max_length={self.max_length!r}: too short to write a text twice")
        found = []
        for text, tokens in enumerate(ids):
            for part in _parts(tokens, room, long):
                whole = (*self.prefix, *part, *separator, *part, *self.suffix)
                first = len(self.prefix) + len(part) + len(separator)
                counted = (first, len(whole) if special or not part else first + len(part))
                found.append(Piece(text, whole, counted, max(1, len(part))))
        return found

    def _room(self, echo: bool = False) -> int | None:
        """Return how many tokens of a text are read at once; None where there is no limit."""
        if self.max_length is None:
            return None
        room = self.max_length - len(self.prefix) - len(self.suffix)
        return (room - len(self._separator())) // 2 if echo else room

    def _separator(self) -> list[int]:
        return self.ids([ECHO_SEPARATOR])[0]


def _parts(tokens: Sequence[int], room: int | None, long: str) -> Iterator[Sequence[int]]:
    size = max(1, len(tokens)) if room is None else room
    starts = range(0, max(1, len(tokens)), size) if long == "windows" else (0,)
    for start in starts:
        yield tokens[start : start + size]


@lru_cache(maxsize=8)
def load_tokenizer(source: Source, trust_remote_code: bool = False) -> Any:
    """Load the tokenizer of a model; it pads on the right. Raises IncompatibleModel."""
    transformers: Any = require("transformers", EXTRA)
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(
            str(transformer_folder(source.folder)), trust_remote_code=trust_remote_code
        )
    except Exception as error:  # whatever a library of many formats raises
        raise IncompatibleModel(
            f"model: the tokenizer in {source.folder} cannot be loaded ({error})"
        ) from error
    tokenizer.padding_side = "right"  # padding on the left would shift every position
    tokenizer.truncation_side = "right"
    return tokenizer


def pad_id(tokenizer: Any) -> int:
    """Return the padding token: the model's own, or its end of text, or the first; it is masked anyway."""
    for one in (tokenizer.pad_token_id, tokenizer.eos_token_id):
        if one is not None:
            return int(one)
    return 0


def limit(tokenizer: Any, positions: int | None, wanted: int | None) -> int | None:
    """Return the longest text in tokens: as asked for, or all positions of the model.

    positions: what the model has, None if it has no such limit. Raises InvalidArgument for more than it has.
    """
    if wanted is None:
        stated = int(tokenizer.model_max_length)
        known = [one for one in (positions, stated if stated < _UNLIMITED else None) if one is not None]
        return min(known, default=None)
    if positions is not None and wanted > positions:
        raise InvalidArgument(
            f"max_length={wanted!r}: the model has {positions} positions; expected at most that"
        )
    return wanted


def _special(tokenizer: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the tokens that the tokenizer puts before and behind a text."""
    probe = "x"
    bare = list(tokenizer(probe, add_special_tokens=False)["input_ids"])
    full = list(tokenizer(probe)["input_ids"])
    for start in range(len(full) - len(bare) + 1):
        if full[start : start + len(bare)] == bare:
            return tuple(full[:start]), tuple(full[start + len(bare) :])
    raise IncompatibleModel(
        f"model: its tokenizer makes {shown(full)} of 'x' with special tokens and {shown(bare)} without; "
        f"expected the second within the first"
    )

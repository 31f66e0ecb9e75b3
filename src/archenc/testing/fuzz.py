"""Feed a reader with damaged input: it must refuse with an error of ours, or read something legal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, NamedTuple

import numpy as np

from archenc.errors import ArchencError
from archenc.typing import Seed, as_generator

__all__ = ["Outcome", "damaged", "fuzz"]

_CHARACTERS = [*"0123456789-+.,;:|~_()[]{}<>'\"\\/#%& \t\n\0aefnx", "²", "٣", "é", "\ud800", "🙂", "e9", "0x"]
_NUMBERS = [-1, 0, 1, 2, 7, 255, 10**6, -(10**9), 10**30, 2**64, 0.5, 1.0, -0.0, 1e308]
_STRANGE: list[Callable[[], Any]] = [
    lambda: None,
    lambda: True,
    lambda: float("nan"),
    lambda: float("inf"),
    lambda: 1 + 2j,
    lambda: b"\x80\x04N.",
    bytearray,
    set,
    frozenset,
    dict,
    list,
    tuple,
    str,
    object,
    lambda: int,
    lambda: len,
    lambda: iter(()),
    lambda: range(6),
    lambda: range(10**12),
    lambda: slice(0, 3),
    lambda: np.float64(2.5),
    lambda: np.int8(-3),
    lambda: np.array("text"),
    lambda: np.zeros((0,)),
    lambda: np.zeros((2, 3, 4)),
    lambda: np.array([None, 1, "a"], dtype=object),
    lambda: np.full(6, np.nan),
    lambda: PurePosixPath("cell"),
    lambda: "9" * 5000,
    lambda: "(" * 5000,
    lambda: "[" * 3000 + "]" * 3000,
    lambda: "__import__('os').getcwd()",
    lambda: "\N{COMBINING ACUTE ACCENT}" * 50,
    lambda: _nested(3000),
]


class Outcome(NamedTuple):
    """How many damaged inputs were read as something legal, and how many were refused."""

    read: int
    refused: int


def fuzz(
    read: Callable[[Any], object],
    legal: Sequence[object],
    n: int = 10_000,
    seed: Seed = 0,
    errors: type[ArchencError] | tuple[type[ArchencError], ...] = ArchencError,
) -> Outcome:
    """Call `read` on n damaged versions of legal inputs.

    read: returns, or raises one of `errors` with a message under 2,000 characters; it must check for itself
    that what it returns is legal. Raises AssertionError, which shows the input, where it does neither.
    """
    refused = 0
    for number, item in enumerate(damaged(legal, n, seed)):
        try:
            read(item)
        except errors as error:
            refused += 1
            if not 0 < len(str(error)) < 2000:
                raise AssertionError(f"input {number}: a message of {len(str(error))} characters") from error
        except BaseException as error:
            raise AssertionError(
                f"input {number}, {type(item).__name__} {_start(item)}: "
                f"{type(error).__name__}: {error!s:.500}"
            ) from error
    return Outcome(n - refused, refused)


def damaged(legal: Sequence[object], n: int, seed: Seed = 0) -> Iterator[Any]:
    """Yield n damaged versions of legal inputs: texts, bytes, numbers and containers of these.

    Each has one to four changes: characters and entries lost, added, swapped, repeated or replaced, numbers
    moved or made huge, values of foreign types put in place of parts or of the whole.
    """
    rng = as_generator(seed)
    for _ in range(n):
        item: Any = legal[int(rng.integers(len(legal)))]
        for _ in range(int(rng.integers(1, 5))):
            item = _damage(item, rng)
        yield item


def _damage(item: Any, rng: np.random.Generator, depth: int = 0) -> Any:
    if rng.random() < 0.02 or depth > 8:
        return _pick(_STRANGE, rng)()
    if rng.random() < 0.03:
        return _wrapped(item, rng)

    def changed(part: Any) -> Any:
        return _damage(part, rng, depth + 1)

    match item:
        case str():
            return "".join(_shuffled(list(item), rng, lambda _: _pick(_CHARACTERS, rng)))
        case bytes() | bytearray():
            return bytes(_shuffled(list(item), rng, lambda _: int(rng.integers(256))))
        case list():
            return _shuffled(list(item), rng, changed)
        case tuple():
            return tuple(_shuffled(list(item), rng, changed))
        case Mapping():
            return dict(_shuffled(list(item.items()), rng, lambda pair: _damaged_pair(pair, rng, changed)))
        case np.ndarray():
            return _damaged_array(item, rng)
        case bool() | int() | float():
            return _pick([*_NUMBERS, str(item), item + 1, item - 1, -item, float(item), [item]], rng)
        case _:
            return _pick(_STRANGE, rng)()


def _wrapped(item: Any, rng: np.random.Generator) -> Any:
    forms = [[item], (item,), {"arch": item}, {0: item}, [item] * 6, (item, item), _start(item)]
    return _pick(forms, rng)


def _shuffled(items: list[Any], rng: np.random.Generator, changed: Callable[[Any], Any]) -> list[Any]:
    """Lose, add, swap, repeat or replace entries of a list, most often the last."""
    if not items:
        return [changed(0)]
    i, j = sorted(int(k) for k in rng.integers(0, len(items), size=2))
    match int(rng.integers(10)):
        case 0:
            return items[:i] + items[i + 1 :]
        case 1:
            return items[:i] + items[j:]
        case 2:
            return items[:i]
        case 3:
            return [*items[:i], changed(items[j]), *items[i:]]
        case 4:
            items[i], items[j] = items[j], items[i]
            return items
        case 5:
            return items[:j] + items[i:j] * int(rng.choice([1, 2, 50])) + items[j:]
        case 6:
            return items[::-1] if rng.random() < 0.2 else [*items[:i], items[j], *items[i + 1 :]]
        case _:
            return [*items[:i], changed(items[i]), *items[i + 1 :]]


def _damaged_pair(pair: Any, rng: np.random.Generator, changed: Callable[[Any], Any]) -> tuple[Any, Any]:
    key, value = pair if isinstance(pair, tuple) else (0, pair)
    if rng.random() < 0.3:
        key = changed(key)
        return (key if isinstance(key, (str, int, float)) else _start(key)), value
    return key, changed(value)


def _damaged_array(item: np.ndarray, rng: np.random.Generator) -> Any:
    flat = item.ravel()
    match int(rng.integers(6)):
        case 0:
            return flat[: int(rng.integers(0, len(flat) + 1))]
        case 1:
            return np.concatenate([flat, flat])
        case 2:
            return item[None]
        case 3:
            return item.astype(str)[..., None]
        case 4:
            return np.array([*flat.tolist(), None], dtype=object)
        case _:
            return np.where(rng.random(item.shape) < 0.3, 99, item.astype(object))


def _pick(choices: list[Any], rng: np.random.Generator) -> Any:
    return choices[int(rng.integers(len(choices)))]


def _nested(depth: int) -> list[Any]:
    item: list[Any] = []
    for _ in range(depth):
        item = [item]
    return item


def _start(item: object) -> str:
    try:
        return repr(item)[:300]
    except RecursionError:
        return "(too deep to show)"

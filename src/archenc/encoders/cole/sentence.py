"""What a sentence-transformers folder says of itself: its own pooling, normalisation and longest text."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archenc.errors import IncompatibleModel

_MODES = {
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_lasttoken": "last_token",
}


@dataclass(frozen=True, slots=True)
class Sentence:
    """pooling: the model's own. normalised: whether vectors get length 1."""

    pooling: str
    normalised: bool


def transformer_folder(folder: Path) -> Path:
    """Return where the transformer of a folder is: a subfolder in some sentence-transformers models."""
    try:
        return folder / str(_json(folder / "modules.json")[0]["path"])
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return folder  # a bare model; a damaged listing is `read_sentence`'s affair


def read_sentence(folder: Path) -> Sentence | None:
    """Read a sentence-transformers folder; None for a bare model.

    Raises IncompatibleModel for one that does more than pool and normalise: give `pooling` yourself then.
    """
    listing = folder / "modules.json"
    if not listing.is_file():
        return None
    try:
        modules = [(str(one["type"]).rsplit(".", 1)[-1], folder / str(one["path"])) for one in _json(listing)]
        kinds = [kind for kind, _ in modules]
        if kinds[:2] != ["Transformer", "Pooling"] or kinds[2:] not in ([], ["Normalize"]):
            raise IncompatibleModel(
                f"model: {folder} is made of {', '.join(kinds)}; of sentence-transformers archenc reads "
                f"Transformer, Pooling and Normalize. Give pooling='mean' to read its transformer alone"
            )
        return Sentence(_mode(_json(modules[1][1] / "config.json"), folder), len(kinds) > 2)
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise IncompatibleModel(
            f"model: {folder} is a damaged sentence-transformers folder ({error!r})"
        ) from error


def _mode(config: dict[str, Any], folder: Path) -> str:
    named = config.get("pooling_mode")  # newer folders say it in one word
    modes = [
        _MODES.get(key, key) for key, value in config.items() if key.startswith("pooling_mode_") and value
    ]
    if isinstance(named, str):
        modes = [{"lasttoken": "last_token"}.get(named, named)]
    if len(modes) != 1 or modes[0] not in _MODES.values():
        raise IncompatibleModel(
            f"model: {folder} pools by {', '.join(modes) or 'nothing'}; archenc knows one of "
            f"{', '.join(_MODES.values())}. Give pooling= to choose one"
        )
    return modes[0]


def _json(path: Path) -> Any:
    return json.loads(path.read_text())

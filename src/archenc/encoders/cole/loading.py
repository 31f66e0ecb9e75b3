"""Loading a language model: its backbone without a head, in eval mode, on a device and in a number format."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import torch

from archenc.encoders.cole.sentence import transformer_folder
from archenc.encoders.cole.sources import EXTRA, Source
from archenc.encoders.learned.forked import forked
from archenc.errors import IncompatibleModel, InvalidArgument, require

Dtype = Literal["float32", "bfloat16", "float16", "int8"]
DTYPES: dict[str, torch.dtype] = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
    "int8": torch.float32,  # what is not quantised
}
_HEADS = ("pooler.", "lm_head.", "cls.")  # made anew where the file has none, and not read


@dataclass(frozen=True, slots=True)
class Backbone:
    """A network that reads token ids. positions: how many at most, None where there is no such limit."""

    network: Any
    positions: int | None
    device: torch.device


def check_device(device: str) -> torch.device:
    """Return a device that is there: "auto" is the first GPU, or the processor. Raises InvalidArgument."""
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        found = torch.device(device)
    except (RuntimeError, TypeError) as error:
        raise InvalidArgument(f"device={device!r}: expected auto, cpu, cuda or cuda:N") from error
    if found.type == "cuda" and not torch.cuda.is_available():
        raise InvalidArgument(
            f"device={device!r}: this machine, or this torch, has no CUDA; expected auto or cpu"
        )
    return found


@lru_cache(maxsize=2)
def load(
    source: Source, dtype: str, device: str, random_weights: int | None, trust_remote_code: bool
) -> Backbone:
    """Load a model; the last two stay loaded, so that copies of an encoder share them.

    random_weights: a seed for weights drawn anew, as training would begin, in place of the trained ones.
    Raises IncompatibleModel for files that are no model, or lack a part of one; InvalidArgument.
    """
    if dtype not in DTYPES:
        raise InvalidArgument(f"dtype={dtype!r}; legal: {', '.join(DTYPES)}")
    where = check_device(device)
    transformers: Any = require("transformers", EXTRA)
    folder, number = str(transformer_folder(source.folder)), DTYPES[dtype]
    remote = {"trust_remote_code": trust_remote_code}
    with quiet(transformers):
        try:
            if random_weights is None:
                network, report = transformers.AutoModel.from_pretrained(
                    folder, dtype=number, output_loading_info=True, **remote
                )
                _check_whole(source, report)
            else:
                config = transformers.AutoConfig.from_pretrained(folder, **remote)
                with forked(torch.device("cpu")) as reseed:
                    reseed(random_weights)
                    network = transformers.AutoModel.from_config(config, **remote).to(number)
        except IncompatibleModel:
            raise
        except Exception as error:  # whatever a library of hundreds of models raises
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise IncompatibleModel(f"model={source.name!r}: {folder} cannot be loaded ({reason})") from error
    if network.config.is_encoder_decoder:
        network = network.get_encoder()
    if dtype == "int8":
        from archenc.encoders.cole.int8 import quantised

        network = quantised(network)
    return Backbone(network.to(where).eval().requires_grad_(False), positions(network), where)


def _check_whole(source: Source, report: dict[str, Any]) -> None:
    """Refuse a model of which a part was not in the file: it would be random numbers."""
    missing = sorted(name for name in report["missing_keys"] if not name.startswith(_HEADS))
    wrong = sorted(str(entry) for entry in report.get("mismatched_keys", ()))
    if missing or wrong:
        raise IncompatibleModel(
            f"model={source.name!r}: {len(missing)} weights are missing in {source.folder} and {len(wrong)} "
            f"have another shape, the first {(missing + wrong)[0]}: fetch the model again"
        )


def positions(network: Any) -> int | None:
    """Return how many tokens a network has positions for; None where positions are not numbered."""
    stated = getattr(network.config, "max_position_embeddings", None) or getattr(
        network.config, "n_positions", None
    )
    if not isinstance(stated, int) or stated <= 0:
        return None
    table = getattr(getattr(network, "embeddings", None), "position_embeddings", None)
    offset = getattr(table, "padding_idx", None)  # RoBERTa and its kin number from behind the padding
    return stated if offset is None else stated - offset - 1


@contextmanager
def quiet(transformers: Any) -> Iterator[None]:
    """Keep the library from drawing bars of its own, and from listing what it does not need."""
    logging = transformers.utils.logging
    level, shown = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if shown:
            logging.enable_progress_bar()

"""Training of a small language model on the source code of cells, without labels."""

from __future__ import annotations

from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import nn

from archenc.encoders.cole.learning.contrast import ContrastTask
from archenc.encoders.cole.learning.corpus import Corpus, gather_texts
from archenc.encoders.cole.learning.lesson import Lesson, Shape
from archenc.encoders.cole.learning.masked import MaskedTask
from archenc.encoders.cole.learning.phrases import phrase_tokenizer
from archenc.encoders.cole.learning.reading import Reader
from archenc.encoders.cole.loading import positions, quiet
from archenc.encoders.cole.sentence import transformer_folder
from archenc.encoders.cole.sources import EXTRA, find
from archenc.encoders.cole.tokens import limit, load_tokenizer, pad_id
from archenc.encoders.learned.forked import forked
from archenc.encoders.learned.history import write_losses
from archenc.encoders.learned.pretraining import Progress, Schedule, Task, run
from archenc.errors import IncompatibleModel, InvalidArgument, require
from archenc.store import write_json

RECORD = "training.json"
LESSON, SHAPE = Lesson(), Shape()


def train_language_model(
    out: str | Path,
    lesson: Lesson = LESSON,
    model: str | Path | None = None,
    *,
    shape: Shape = SHAPE,
    revision: str | None = None,
    device: str = "cpu",
    half: bool = False,
    progress: Progress | None = None,
    checkpoint_seconds: float = 30.0,
) -> dict[str, Any]:
    """Train a language model on texts of cells; return what its training.json says.

    model: what training goes on from, see `COLE`; None begins from nothing, with a tokenizer of its own. out:
    a folder in Hugging Face's format, which `COLE(model=out)` takes, with training.json and losses.csv; in
    `progress`, checkpoints: a killed run goes on from the last one and ends with the same weights (on a GPU,
    nearly). half: store float16.
    Raises InvalidArgument if `out` holds a run of other settings, and what `find` raises.
    """
    folder = Path(out)
    checkpoints = folder / "progress"
    if (folder / "config.json").exists() and not checkpoints.exists():
        raise InvalidArgument(f"out={str(folder)!r} holds a model already; give another folder")
    corpus = gather_texts(lesson.spaces, lesson.cells, lesson.seed, lesson.cost)
    where = torch.device(device)
    network, tokenizer, begun = _fresh(corpus, shape, lesson) if model is None else _known(model, revision)
    corpus, reader = _read(corpus, tokenizer, network, where)
    task = _task(lesson, network, corpus, reader, tokenizer)
    schedule = Schedule(
        lesson.epochs,
        lesson.batch_size,
        lesson.lr,
        weight_decay=0.01,
        clip=1.0,
        warmup=100,
        decay="linear",
        seed=lesson.seed,
    )
    trained = run(
        task, schedule, checkpoints, device=device, progress=progress, checkpoint_seconds=checkpoint_seconds
    )
    network.load_state_dict({name: torch.from_numpy(value) for name, value in trained.tensors.items()})
    record = {
        "archenc": version("archenc"),
        "begun": begun,
        "lesson": {**asdict(lesson), "spaces": list(lesson.spaces)},
        "shape": asdict(shape) if model is None else None,
        "texts": len(corpus.texts),
        "networks": len(corpus.space),
        "parameters": sum(weight.numel() for weight in network.parameters()),
        "last": trained.history[-1],
    }
    _save(folder, network.to("cpu", torch.float16 if half else torch.float32), tokenizer)
    write_json(folder / RECORD, record)
    write_losses(folder, trained.history)
    return record


def _fresh(corpus: Corpus, shape: Shape, lesson: Lesson) -> tuple[Any, Any, str]:
    transformers: Any = require("transformers", EXTRA)
    tokenizer = phrase_tokenizer(corpus.texts, shape.vocabulary, shape.positions)
    config = transformers.BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=shape.width,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=shape.inner,
        max_position_embeddings=shape.positions,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        pad_token_id=tokenizer.pad_token_id,
    )
    with forked(torch.device("cpu")) as reseed:
        reseed(lesson.seed)
        return transformers.BertForMaskedLM(config), tokenizer, "nothing"


def _known(model: str | Path, revision: str | None) -> tuple[Any, Any, str]:
    transformers: Any = require("transformers", EXTRA)
    source = find(model, revision)
    with quiet(transformers), forked(torch.device("cpu")) as reseed:
        reseed(0)  # of a head that is not there
        try:
            network = transformers.AutoModelForMaskedLM.from_pretrained(
                str(transformer_folder(source.folder)), dtype=torch.float32
            )
        except Exception as error:  # whatever a library of many models raises
            raise IncompatibleModel(
                f"model={source.name!r}: {source.folder} cannot be trained: it is no encoder that says "
                f"hidden tokens ({error})"
            ) from error
    return network, load_tokenizer(source), f"{Path(source.name).name}: {source.identity}"


def _read(corpus: Corpus, tokenizer: Any, network: Any, device: torch.device) -> tuple[Corpus, Reader]:
    """Return the texts that the model can read at once, and their tokens."""
    most = limit(tokenizer, positions(network.base_model), None)
    ids = tokenizer(corpus.texts, verbose=False)["input_ids"]
    kept = [row for row, one in enumerate(ids) if most is None or len(one) <= most]
    short = corpus.only(kept)
    return short, Reader([ids[row] for row in kept], pad_id(tokenizer), device)


def _task(lesson: Lesson, network: nn.Module, corpus: Corpus, reader: Reader, tokenizer: Any) -> Task:
    if lesson.objective == "contrast":
        return ContrastTask(
            network,
            corpus,
            reader,
            temperature=lesson.temperature,
            share=lesson.share,
            near=lesson.near,
            batch_size=lesson.batch_size,
            seed=lesson.seed,
        )
    if tokenizer.mask_token_id is None:
        raise InvalidArgument("objective='masked': the tokenizer of the model has no mask; legal: 'contrast'")
    return MaskedTask(
        network,
        corpus,
        reader,
        mask=tokenizer.mask_token_id,
        special=tuple(tokenizer.all_special_ids),
        share=lesson.hidden,
        batch_size=lesson.batch_size,
        seed=lesson.seed,
    )


def _save(folder: Path, network: Any, tokenizer: Any) -> None:
    """Write the model beside its place and move it there, config.json last: with it, the model is whole."""
    with quiet(require("transformers", EXTRA)), TemporaryDirectory(dir=folder) as beside:
        network.save_pretrained(beside)
        tokenizer.save_pretrained(beside)
        for path in sorted(Path(beside).iterdir(), key=lambda path: path.name == "config.json"):
            path.replace(folder / path.name)

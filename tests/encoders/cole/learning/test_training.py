"""A model of one's own: made, continued after a kill, gone on from, and read by the encoder."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from archenc.cli.app import app
from archenc.encoders import COLE
from archenc.encoders.cole.learning.lesson import Lesson, Shape
from archenc.encoders.cole.learning.training import train_language_model
from archenc.errors import IncompatibleModel, InvalidArgument
from archenc.spaces import space
from archenc.store import file_sha256
from archenc.testing.unchecked import unchecked

transformers: Any = pytest.importorskip("transformers", reason="needs the extra cole")
LESSON = Lesson(spaces=("tnb101",), cells=60, epochs=2, batch_size=16)
SHAPE = Shape(width=16, layers=1, heads=2, inner=16, positions=64)
CELLS = space("tnb101").sample(20, 9)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("own") / "model"
    train_language_model(folder, LESSON, shape=SHAPE)
    return folder


def weights(folder: Path) -> str:
    return file_sha256(folder / "model.safetensors")


def test_the_encoder_reads_it(own: Path) -> None:
    encoder = COLE(str(own), canonical=True, cache=False)
    codes = encoder.fit(CELLS).transform(CELLS)
    assert codes.shape[0] == 20
    assert np.isfinite(codes).all()
    assert encoder.lengths(CELLS).too_long == 0
    untrained = COLE(str(own), canonical=True, random_weights=0, cache=False).fit(CELLS)
    assert not np.allclose(codes, untrained.transform(CELLS))


def test_it_says_how_it_was_made(own: Path) -> None:
    record = json.loads((own / "training.json").read_text())
    assert record["lesson"]["spaces"] == ["tnb101"]
    assert record["begun"] == "nothing"
    assert record["last"]["held_out_loss"] > 0
    assert (own / "losses.csv").read_text().startswith("step,epoch,items,train_loss,held_out_loss")


def test_it_learns_and_says_hidden_tokens_by_its_own_library(own: Path) -> None:
    lines = (own / "losses.csv").read_text().splitlines()
    assert float(lines[-1].split(",")[4]) < float(lines[1].split(",")[4])
    network = transformers.AutoModelForMaskedLM.from_pretrained(own)
    tokenizer = transformers.AutoTokenizer.from_pretrained(own)
    assert network(**tokenizer("x = 1", return_tensors="pt")).logits.shape[-1] == len(tokenizer)


class Killed(Exception):
    """What ends a run in the middle."""


@pytest.mark.parametrize("objective", ["masked", "contrast"])
def test_a_killed_run_ends_with_the_same_weights(objective: Any, own: Path, tmp_path: Path) -> None:
    lesson = replace(LESSON, objective=objective)
    model = None if objective == "masked" else own
    train_language_model(tmp_path / "whole", lesson, model, shape=SHAPE)

    def kill(done: int, total: int, last: object) -> None:
        del total, last
        if done == 3:
            raise Killed

    with pytest.raises(Killed):
        train_language_model(
            tmp_path / "killed", lesson, model, shape=SHAPE, progress=kill, checkpoint_seconds=0
        )
    assert not (tmp_path / "killed" / "model.safetensors").exists()
    train_language_model(tmp_path / "killed", lesson, model, shape=SHAPE)
    assert weights(tmp_path / "killed") == weights(tmp_path / "whole")
    if objective == "masked":
        assert weights(tmp_path / "whole") == weights(own)
        train_language_model(tmp_path / "other", replace(lesson, seed=1), model, shape=SHAPE)
        assert weights(tmp_path / "other") != weights(own)


def test_a_contrast_goes_on_from_any_encoder(bert: Path, tmp_path: Path) -> None:
    before = COLE(str(bert), canonical=True, cache=False).fit(CELLS).transform(CELLS)
    record = train_language_model(tmp_path / "out", replace(LESSON, objective="contrast"), bert, half=True)
    after = COLE(str(tmp_path / "out"), canonical=True, cache=False).fit(CELLS).transform(CELLS)
    assert record["begun"].startswith(f"{bert.name}: ")
    assert record["shape"] is None
    assert not np.allclose(before, after)


def test_a_folder_that_holds_a_model_is_left_alone(own: Path, bert: Path) -> None:
    digest = weights(own)
    with pytest.raises(InvalidArgument, match="holds a run with other settings"):
        train_language_model(own, replace(LESSON, seed=4), shape=SHAPE)
    assert weights(own) == digest
    with pytest.raises(InvalidArgument, match="holds a model already"):
        train_language_model(bert, LESSON, shape=SHAPE)


def test_a_decoder_is_refused(llama: Path, tmp_path: Path) -> None:
    with pytest.raises(IncompatibleModel, match="no encoder that says hidden tokens"):
        train_language_model(tmp_path / "out", LESSON, llama)


def test_a_model_without_a_mask_learns_by_contrast_alone(bert: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="no mask; legal: 'contrast'"):
        train_language_model(tmp_path / "out", LESSON, bert)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"objective": "guess"}, "legal: masked, contrast"),
        ({"cost": "price"}, "legal: params, flops"),
        ({"spaces": "nb201"}, "expected one or several different ones"),
        ({"spaces": ("nb201", "nb201")}, "expected one or several different ones"),
        ({"hidden": 0}, "hidden=0: expected a share"),
        ({"share": 1.5}, "share=1.5: expected a share, 0 to 1"),
        ({"temperature": 0.0}, "expected a number > 0"),
        ({"near": "wide"}, "near='wide': expected a number > 0"),
        ({"batch_size": 1}, "expected an integer >= 2"),
        ({"epochs": True}, "epochs=True: expected an integer >= 1"),
    ],
)
@unchecked()
def test_a_lesson_that_cannot_be_taught(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidArgument, match=words):
        Lesson(**options)


def test_a_shape_that_cannot_be() -> None:
    with pytest.raises(InvalidArgument, match="width=10: expected a multiple of heads=4"):
        Shape(width=10)
    with pytest.raises(InvalidArgument, match="layers=0"):
        Shape(layers=0)


def test_the_command(own: Path, tmp_path: Path) -> None:
    words = ["pretrain-text", "--out", str(tmp_path / "out"), "--spaces", "tnb101", "--cells", "60"]
    words += ["--epochs", "2", "--batch-size", "16", "--no-progress"]
    for name, value in vars_of(SHAPE).items():
        words += ["--set", f"{name}={value}"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert "parameters" in done.output
    assert weights(tmp_path / "out") == weights(own)
    wrong = CliRunner().invoke(app, [*words, "--set", "depth=3"])
    assert wrong.exit_code == 2
    assert "there is no depth; legal: objective" in " ".join(wrong.output.split())
    both = CliRunner().invoke(app, [*words, "--model", str(own)])
    assert both.exit_code == 2
    assert "leave out --model" in " ".join(both.output.split())


def vars_of(shape: Shape) -> dict[str, int]:
    return {name: getattr(shape, name) for name in Shape.__dataclass_fields__}

"""`archenc text`: prints what `archenc.text` writes."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from archenc import text
from archenc.cli.app import app
from archenc.spaces import space

NATIVE = "|nor_conv_3x3~0|+|skip_connect~0|none~1|+|avg_pool_3x3~0|nor_conv_1x1~1|skip_connect~2|"
CELL = space("nb201").parse(NATIVE)


def call(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["text", *arguments])
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("options", "choices"),
    [
        ([], {}),
        (["--form", "inline", "--context", "network"], {"form": "inline", "context": "network"}),
        (["--canonical", "--unit-name", "Block7"], {"canonical": True, "unit_name": "Block7"}),
        (["--context", "comment", "--dataset", "cifar100"], {"context": "comment", "dataset": "cifar100"}),
        (["--form", "routing"], {"form": "routing"}),
        (["--form", "onnx_legacy"], {"form": "onnx_legacy"}),
    ],
)
def test_it_prints_the_text(options: list[str], choices: dict):
    written = text.render(CELL, **choices).removesuffix("\n")
    assert call("--space", "nb201", "--arch", NATIVE, *options) == (0, written + "\n")


def test_a_cell_of_nasbench101_is_written_as_it_was_built():
    cell = space("nb101").parse("110-01-1|c3,mp")
    code, said = call("--space", "nb101", "--arch", "110-01-1|c3,mp", "--nb101-detail", "faithful")
    assert (code, said) == (0, text.render(cell, nb101_detail="faithful"))


def test_what_is_wrong_is_said_in_one_line():
    for options, words in (
        (["--space", "nb201", "--arch", "a cell"], "legal: '|nor_conv_3x3~0|+"),
        (["--space", "nb201", "--arch", NATIVE, "--dataset", "mnist"], "cifar10, cifar100, imagenet16"),
        (["--space", "tnb101_macro", "--arch", "64-41414-basic", "--form", "onnx"], "no ONNX text is known"),
    ):
        code, said = call(*options)
        assert code == 2
        assert words in said
        assert said.startswith("error: ")

"""`archenc rank` end to end on a small folder, and its refusals."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from archenc.cli.app import app

NETS = """from torch import nn


def net(width):
    return nn.Sequential(nn.Flatten(), nn.Linear(16, width), nn.ReLU(), nn.Linear(width, 3))


CANDIDATES = {f"w{width}": lambda width=width: net(width) for width in (2, 4, 8, 16, 32, 64, 128)}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven networks, a file that fails, five measured values."""
    place = tmp_path_factory.mktemp("rank")
    (place / "nets").mkdir()
    (place / "nets" / "mlp.py").write_text(NETS)
    (place / "nets" / "broken.py").write_text("import nowhere_at_all\n")
    lines = [
        f"mlp.w{width},{value}" for width, value in ((2, 40), (4, 61.5), (16, 80), (64, 88), (128, 89.5))
    ]
    (place / "measured.csv").write_text(
        "\n".join(["candidate,accuracy", *lines, "mlp.w8,", "broken.a,7"]) + "\n"
    )
    return place


def run(folder: Path, *further: object, measured: str = "measured.csv") -> Result:
    arguments = [
        "rank", folder / "nets", "--measured", folder / measured, "--input-shape", "1x4x4", "--classes", 3,
        "--proxies", "none", "--no-progress", "--cache", folder / "cache.jsonl", *further,
    ]  # fmt: skip
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_ranking_is_printed_and_written(folder: Path) -> None:
    done = run(folder, "--format", "csv", "--bounds", "0,100", "--report", folder / "report.html")
    assert done.exit_code == 0, done.output
    rows = {row["candidate"]: row for row in csv.DictReader(io.StringIO(done.stdout))}
    assert set(rows) == {f"mlp.w{width}" for width in (2, 4, 8, 16, 32, 64, 128)}
    assert float(rows["mlp.w2"]["measured"]) == 40
    assert rows["mlp.w8"]["measured"] == ""
    assert 40 < float(rows["mlp.w8"]["predicted"]) < 90
    assert float(rows["mlp.w8"]["low"]) <= float(rows["mlp.w8"]["predicted"]) <= float(rows["mlp.w8"]["high"])
    assert {rows["mlp.w8"]["train next"], rows["mlp.w32"]["train next"]} == {"1", "2"}
    assert "left out: broken: ModuleNotFoundError" in done.stderr
    assert "Left out with it, though measured: broken.a." in done.stderr
    assert "mlp.w32" in (folder / "report.html").read_text()


def test_the_table_ends_with_what_to_train_next(folder: Path) -> None:
    done = run(folder, "--advise", 1)
    assert done.exit_code == 0, done.output
    assert "7 networks, 5 measured; intervals of 80%" in done.stdout
    assert "Train next: mlp.w" in done.stdout


def test_few_values_give_intervals_with_ends(folder: Path) -> None:
    done = run(folder, "--format", "json", "--coverage", 0.95)
    rows = json.loads(done.stdout)
    rest = [row for row in rows if row["measured"] == ""]
    assert len(rest) == 2
    assert all(math.isfinite(row["low"]) and row["low"] < row["predicted"] < row["high"] for row in rest)


@pytest.mark.parametrize(
    ("text", "further", "words"),
    [
        ("name,accuracy\nmlp.w2,1\n", (), "no column `candidate`; it has name, accuracy"),
        ("candidate\nmlp.w2\n", (), "--metric: needed"),
        ("candidate,a,b\nmlp.w2,1,2\n", (), "has the columns a, b"),
        ("candidate,a\nmlp.w2,1\n", ("--metric", "b"), "--metric 'b'"),
        ("candidate,a\nmlp.w2,1\nmlp.w2,2\n", (), "'mlp.w2' has two values"),
        ("candidate,a\nmlp.w2,high\n", (), "bad.csv"),
        ("candidate,a\nmlp.w3,1\n", (), "'mlp.w3' is no candidate (did you mean mlp.w"),
        ("candidate;a\nmlp.w2;1\n", (), "it has candidate;a; separate columns by commas"),
        ("candidate,a\nmlp.w2,1\nmlp.w4,2\n", (), "2 networks; a prediction needs at least 4"),
        ("candidate,a\n", (), "there are no labels"),
        ("candidate,a\nmlp.w2,1\n", ("--input-shape", "1xfour"), "--input-shape '1xfour'"),
        ("candidate,a\nmlp.w2,1\n", ("--direction", "up"), "legal: max, min"),
        ("candidate,a\nmlp.w2,1\n", ("--inputs", "photos"), "--inputs 'photos'"),
        ("candidate,a\nmlp.w2,1\n", ("--proxies", "snap"), "did you mean snip"),
        ("candidate,a\nmlp.w2,1\n", ("--bounds", "1"), "--bounds '1'"),
        ("candidate,a\nmlp.w2,1\n", ("--bounds", "2,1"), "the lower one first"),
        ("candidate,a\nmlp.w2,71\n", ("--bounds", "0,1"), "'mlp.w2' has the value 71; expected one within"),
        ("candidate,a\nmlp.w2,inf\n", (), "'mlp.w2' has the value inf; expected a finite number"),
        ("candidate,a\nmlp.w2,1\n", ("--coverage", "80"), "--coverage 80.0: expected a share"),
        ("candidate,a\nmlp.w2,1\n", ("--set", "deep=3"), "no network takes 'deep'; legal: width"),
    ],
)
def test_what_is_wrong_is_said(folder: Path, text: str, further: tuple[str, ...], words: str) -> None:
    (folder / "bad.csv").write_text(text)
    done = run(folder, *further, measured="bad.csv")
    assert done.exit_code == 2, done.output
    assert words in done.stderr


def test_a_file_or_folder_that_is_not_there_is_named(folder: Path) -> None:
    done = run(folder, measured="absent.csv")
    assert done.exit_code == 2
    assert "absent.csv: no such file" in done.stderr
    other = CliRunner().invoke(
        app, ["rank", str(folder / "nowhere"), "--measured", str(folder / "measured.csv"), "--no-progress"]
    )
    assert other.exit_code == 2
    assert "no such folder; expected one of Python files" in other.stderr


def test_scores_that_networks_do_not_have_are_told(folder: Path) -> None:
    done = run(folder, "--proxies", "zen,snip")
    assert "score zen: none for 7 of 7 networks: the network calls no AdaptiveAvgPool2d" in done.stderr
    assert "snip" not in done.stderr


def test_large_networks_are_not_thought_to_be_faster(folder: Path) -> None:
    """By default a prior for accuracies is used where higher is better, and none where lower is."""
    asked = {
        options: run(folder, "--format", "csv", *options).stdout
        for options in (
            (),
            ("--expects-large",),
            ("--expects-nothing",),
            ("--direction", "min"),
            ("--direction", "min", "--expects-large"),
            ("--direction", "min", "--expects-nothing"),
        )
    }
    assert asked[()] == asked["--expects-large",] != asked["--expects-nothing",]
    lower = asked["--direction", "min"]
    assert lower == asked["--direction", "min", "--expects-nothing"]
    assert lower != asked["--direction", "min", "--expects-large"]

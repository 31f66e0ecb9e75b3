"""What `import archenc` offers, and what it costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import archenc

HEAVY = {
    "torch",
    "sklearn",
    "scipy",
    "pyarrow",
    "pandas",
    "plotly",
    "duckdb",
    "xgboost",
    "matplotlib",
    "numpy",
}


def imported_by(code: str) -> set[str]:
    """Top-level modules that a fresh interpreter has loaded after running the code."""
    listing = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return {name.partition(".")[0] for name in listing.split("\n")[-2].split()}


def test_importing_archenc_loads_nothing_heavy():
    assert not imported_by("import archenc") & HEAVY


@pytest.mark.parametrize(
    "room",
    [
        "graph",
        "spaces",
        "store",
        "tables",
        "networks",
        "text",
        "proxies",
        "encoders",
        "predictors",
        "evaluation",
        "search",
        "report",
    ],
)
def test_no_room_loads_torch_before_it_is_needed(room: str):
    assert "torch" not in imported_by(f"import archenc.{room}")


def test_the_help_of_the_command_line_loads_neither_torch_nor_a_table_reader():
    run = "import archenc.cli.app as cli\ntry: cli.app(['--help'])\nexcept SystemExit: pass"
    assert not imported_by(run) & (HEAVY - {"numpy"})


@pytest.mark.parametrize("name", archenc.__all__)
def test_every_public_name_is_there_and_says_what_it_is(name: str):
    member = getattr(archenc, name)
    assert name in dir(archenc)
    if name != "__version__":
        assert member.__doc__, f"{name} has no docstring"
        assert member.__module__.startswith("archenc.")


def test_type_checkers_see_the_same_names():
    tree = ast.parse(Path(archenc.__file__).read_text())
    seen = {
        (str(node.module), alias.name)
        for block in tree.body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname == alias.name
    }
    assert seen == {(f"archenc.{room}", name) for name, room in archenc._HOME.items()}


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="Flann"):
        archenc.Flann  # noqa: B018

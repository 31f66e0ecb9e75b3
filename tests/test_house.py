"""Rules of the house that no linter holds, checked over every source file."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
MEASURED = sorted([*SOURCES, *(ROOT / "benchmarks").rglob("*.py")])

# A file that must be longer than 300 lines stands here with its reason.
LONG_FILES: dict[str, str] = {}

UNSAFE_CALLS = {
    "eval": "evaluates text as code",
    "exec": "executes text as code",
    "pickle.load": "executes a pickle",
    "pickle.loads": "executes a pickle",
    "joblib.load": "executes a pickle",
    "pandas.read_pickle": "executes a pickle",
    "pd.read_pickle": "executes a pickle",
    "cloudpickle.load": "executes a pickle",
    "cloudpickle.loads": "executes a pickle",
    "marshal.loads": "executes foreign code objects",
}
GLOBAL_GENERATORS = re.compile(
    r"(np|numpy)\.random\.(?!default_rng|get_state|Generator|SeedSequence|PCG64|SFC64|BitGenerator)\w+"
    r"|random\.(?!Random$)\w+"
    r"|torch\.(manual_seed|seed|random\.manual_seed|cuda\.manual_seed(_all)?|set_rng_state)"
)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def keywords(call: ast.Call) -> dict[str, str]:
    return {word.arg: ast.unparse(word.value) for word in call.keywords if word.arg}


@pytest.mark.parametrize("path", MEASURED, ids=name)
def test_no_file_executes_a_pickle_or_text(path: Path):
    for function, call in calls(path):
        assert function not in UNSAFE_CALLS, f"line {call.lineno}: {function} {UNSAFE_CALLS[function]}"
        if function == "torch.load":
            assert keywords(call).get("weights_only") == "True", (
                f"line {call.lineno}: torch.load executes a pickle"
            )
        if function in ("np.load", "numpy.load"):
            assert keywords(call).get("allow_pickle", "False") == "False", (
                f"line {call.lineno}: executes a pickle"
            )


@pytest.mark.parametrize("path", MEASURED, ids=name)
def test_nothing_touches_a_global_random_generator(path: Path):
    touched = [
        (call.lineno, function) for function, call in calls(path) if GLOBAL_GENERATORS.fullmatch(function)
    ]
    assert not touched, "take a numpy.random.Generator or an integer seed instead"


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_a_file_holds_one_idea(path: Path):
    lines = len(path.read_text().splitlines())
    assert lines <= 300 or name(path) in LONG_FILES, f"{lines} lines: split it, or list it with the reason"


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_every_function_is_typed(path: Path):
    bare = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            lacking = [argument.arg for argument in given if argument.annotation is None]
            lacking = [argument for argument in lacking if argument not in ("self", "cls")]
            if lacking or node.returns is None:
                bare.append(f"line {node.lineno}: {node.name}({', '.join(lacking)})")
    assert not bare


def test_a_class_is_abstract_or_final():
    classes = {
        node.name: node
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    }

    def is_abstract(node: ast.ClassDef) -> bool:
        bases = {ast.unparse(base).partition("[")[0] for base in node.bases}
        decorators = {
            ast.unparse(mark) for part in ast.walk(node) for mark in getattr(part, "decorator_list", ())
        }
        return bool(
            bases & {"ABC", "Protocol", "abc.ABC"} or decorators & {"abstractmethod", "abc.abstractmethod"}
        )

    def is_error(node: ast.ClassDef) -> bool:
        bases = [ast.unparse(base) for base in node.bases]
        return any(
            base.endswith(("Error", "Exception")) or (base in classes and is_error(classes[base]))
            for base in bases
        )

    subclassed = {ast.unparse(base).partition("[")[0] for node in classes.values() for base in node.bases}
    subclassed -= {"Protocol"}  # typing's; a class of ours by that name describes how methods are tested
    both = [
        name
        for name in sorted(subclassed & set(classes))
        if not (is_abstract(classes[name]) or is_error(classes[name]))
    ]
    assert not both, "subclassed, yet not abstract"


def test_no_file_names_a_place_on_one_machine():
    places = re.compile(r"(?<![\w.])/(?:work|home|root|Users|mnt|opt)/\w")
    texts = [
        path
        for folder in ("src", "tests", "docs", "benchmarks", ".ci", "tools")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".md", ".toml", ".json", ".html", ".css", ".js", ".csv", ""}
        and path.is_file()
    ]
    texts += [path for path in ROOT.iterdir() if path.suffix in {".md", ".toml", ".yml", ".txt"}] + [
        ROOT / "Makefile"
    ]
    found = {name(path) for path in texts if path != Path(__file__) and places.search(path.read_text())}
    assert not found


def test_every_pin_is_exact():
    pins = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    assert len(pins) > 50
    loose = [pin for pin in pins if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.]*", pin)]
    assert not loose, "an exact version without a local suffix"

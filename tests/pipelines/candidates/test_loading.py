"""A folder of Python files as candidates: which are found, under which names, and what is refused."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from archenc.errors import DataError
from archenc.pipelines.candidates.imports import imported
from archenc.pipelines.candidates.loading import NoCandidate, load, named, python_files

HEAD = "from __future__ import annotations\nimport torch\nfrom torch import nn\n"


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / f"{name}.py"
    path.write_text(HEAD + text)
    return path


def names(path: Path) -> list[str]:
    return [one.name for one in load(path)]


def test_a_mapping_names_its_candidates(tmp_path: Path) -> None:
    path = write(tmp_path, "small", "CANDIDATES = {'a': lambda: nn.Linear(2, 3), 'b': lambda: nn.ReLU()}\n")
    assert names(path) == ["small.a", "small.b"]
    assert named(path, "small.a").build().weight.shape == (3, 2)


def test_one_function_or_class_called_model_is_the_file(tmp_path: Path) -> None:
    function = write(tmp_path, "f", "def model(width=3): return nn.Linear(2, width)\n")
    class_ = write(tmp_path, "g", "class model(nn.Linear):\n    def __init__(self): super().__init__(2, 3)\n")
    assert (names(function), names(class_)) == (["f"], ["g"])
    assert named(function, "f").build(options={"width": 7, "depth": 2}).out_features == 7


def test_functions_that_say_so_return_modules_as_in_timm(tmp_path: Path) -> None:
    text = (
        "class Net(nn.Module):\n    def __init__(self, width, num_classes): super().__init__()\n"
        "def net_small(pretrained: bool = False, **kwargs) -> Net: return Net(8, **kwargs)\n"
        "def net_large(pretrained: bool = False, **kwargs) -> nn.Module:\n"
        "    return nn.Linear(8, kwargs['num_classes'])\n"
        "def _hidden() -> nn.Module: return nn.ReLU()\n"
        "def helper(): return 3\n"
        "def needs(width: int) -> nn.Module: return nn.ReLU()\n"
    )
    path = write(tmp_path, "net", text)
    assert names(path) == ["net.net_small", "net.net_large"]
    assert named(path, "net.net_large").build(options={"num_classes": 5}).out_features == 5
    listed = write(tmp_path, "listed", text + "__all__ = ['net_large']\n")
    assert names(listed) == ["listed"]


def test_classes_count_where_no_function_does(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "classes",
        "class A(nn.ReLU): pass\nclass B(nn.ReLU): pass\nclass Needs(nn.Linear):\n"
        "    def __init__(self, width): super().__init__(width, width)\n",
    )
    assert names(path) == ["classes.A", "classes.B"]


def test_files_may_share_helpers_and_folders_do_not_mix(tmp_path: Path) -> None:
    for folder, width in ((tmp_path / "one", 3), (tmp_path / "two", 5)):
        folder.mkdir()
        write(folder, "_parts", f"WIDTH = {width}\n")
        write(folder, "net", "from _parts import WIDTH\ndef model(): return nn.Linear(2, WIDTH)\n")
        (path,) = python_files(folder)
        assert named(path, "net").build().out_features == width
    assert "_parts" not in sys.modules
    assert all(str(tmp_path) not in place for place in sys.path)


def test_helpers_may_be_packages_and_imported_when_a_network_is_built(tmp_path: Path) -> None:
    for folder, width in ((tmp_path / "one", 3), (tmp_path / "two", 5)):
        (folder / "parts" / "sizes").mkdir(parents=True)
        write(folder / "parts" / "sizes", "wide", f"WIDTH = {width}\n")
        text = "def model():\n    from parts.sizes.wide import WIDTH\n    return nn.Linear(2, WIDTH)\n"
        (path,) = (write(folder, "net", text),)
        assert named(path, "net").build().out_features == width
    assert not [name for name in sys.modules if name.startswith("parts")]


def test_files_may_import_each_other_as_a_package_as_in_timm(tmp_path: Path) -> None:
    for folder, width in ((tmp_path / "one", 3), (tmp_path / "two", 5)):
        folder.mkdir()
        write(folder, "_registry", f"WIDTH = {width}\n")
        write(folder, "sizes", "from ._registry import WIDTH\n")
        inside = "    from .sizes import WIDTH\n    return nn.Linear(2, WIDTH)\n"
        path = write(folder, "net", f"from . import sizes\ndef model():\n{inside}")
        assert named(path, "net").build().out_features == width
        assert imported(path) == [folder / "_registry.py", folder / "sizes.py"]
    left = [name for name in sys.modules if name.startswith("archenc_candidates")]
    assert all(name.startswith("archenc_candidates.candidate_") for name in left)


def test_what_a_file_imports_is_read_from_its_text(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    inside = write(tmp_path / "parts", "blocks", "from .other import Y\nfrom late import X\n")
    a = write(tmp_path, "a", "import b.c, os\ndef f():\n    from parts import blocks\n")
    b, late = write(tmp_path, "b", "import a\n"), write(tmp_path, "late", "def f(:\n")
    write(tmp_path, "alone", "")
    assert imported(a) == sorted([b, inside, late])
    assert imported(late) == []


def test_weights_hang_on_the_seed_alone(tmp_path: Path) -> None:
    path = write(tmp_path, "net", "def model(): return nn.Linear(2, 3)\n")
    before = torch.get_rng_state()
    one, two, other = (named(path, "net").build(seed).weight for seed in (0, 0, 1))
    assert torch.equal(one, two)
    assert not torch.equal(one, other)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import nowhere_at_all\n", "ModuleNotFoundError while the file was run: No module named"),
        ("def f(:\n", r"SyntaxError, line 4 while the file was run"),
        ("raise SystemExit(3)\n", "SystemExit while the file was run"),
        ("x = 1\n", "defines no candidate; expected a mapping CANDIDATES"),
        ("CANDIDATES = [1, 2]\n", "expected a mapping from names to callables"),
        ("CANDIDATES = {'a': 3}\n", "expected a mapping from names to callables"),
        ("CANDIDATES = {}\n", "CANDIDATES is empty"),
        (
            "CANDIDATES = {'a': nn.ReLU()}\n",
            r"CANDIDATES\['a'\] is a ReLU that has been built; expected a fun",
        ),
        ("model = nn.Linear(2, 3)\n", "model is a Linear that has been built"),
        (
            "class Net(nn.Linear):\n    def __init__(self, width, *, depth): pass\n"
            "def small(width) -> nn.Module: return nn.ReLU()\n",
            "without required arguments; small needs width; Net needs width, depth",
        ),
    ],
)
def test_a_file_without_candidates_says_why(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(NoCandidate, match=words):
        load(write(tmp_path, "bad", text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def model(): return 3\n", r"made a int, not a torch\.nn\.Module"),
        ("def model(): return nn.Linear(2, -1)\n", "RuntimeError while it was built"),
        ("def model(): raise KeyError('x')\n", "KeyError while it was built: 'x'"),
    ],
)
def test_a_candidate_that_cannot_be_built_says_why(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(NoCandidate, match=words):
        named(write(tmp_path, "bad", text), "bad").build()


def test_folders_without_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        python_files(tmp_path / "nowhere")
    write(tmp_path, "_helper", "")
    with pytest.raises(DataError, match=r"holds no \.py file"):
        python_files(tmp_path)
    with pytest.raises(NoCandidate, match="no longer defines 'gone'"):
        named(write(tmp_path, "net", "def model() -> nn.Module: return nn.ReLU()\n"), "gone")
    assert isinstance(named(tmp_path / "net.py", "net").build(), nn.ReLU)

"""What holds for the texts of all spaces: choices, contexts, order, names, and what is refused."""

from __future__ import annotations

import subprocess
import sys

import pytest

from archenc import text
from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.graph import Architecture
from archenc.spaces import space
from archenc.testing.unchecked import unchecked

SPACES = ("nasbench101", "nasbench201", "nasbench301", "transnasbench101")


def test_architectures_of_several_spaces_keep_their_order():
    archs = [space(name).sample(1, 5)[0] for name in (*SPACES, "tnb101_macro", *SPACES)]
    for canonical in (False, True):
        written = text.texts(archs, canonical=canonical)
        assert written == [text.render(arch, canonical=canonical) for arch in archs]


def test_strings_are_forms_too():
    archs = space("nb201").sample(4, 6)
    assert text.texts(archs, form="routing") == [text.routing(arch) for arch in archs]
    assert text.texts(archs, form="onnx") == [text.slim_text(arch) for arch in archs]
    legacy = [text.slim_text(arch, legacy=True) for arch in archs]
    assert text.texts(archs, form="onnx_legacy") == legacy


def test_rendering_loads_no_torch():
    program = (
        "import sys; from archenc import text; from archenc.spaces import space\n"
        f"for name in {SPACES}:\n"
        "    arch = space(name).sample(1, 0)[0]\n"
        "    text.render(arch, context='network', nb101_detail='faithful', canonical=True)\n"
        "    text.slim_text(arch), text.routing(arch)\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(
    "choices",
    [
        {"form": "outline"},
        {"form": None},
        {"context": "network", "form": "routing"},
        {"context": "all"},
        {"canonical": "yes"},
        {"unit_name": "Conv Unit"},
        {"unit_name": "class"},
        {"unit_name": "Network"},
        {"unit_name": 7},
        {"dataset": "mnist"},
        {"dataset": 10},
        {"nb101_detail": "full"},
    ],
)
@unchecked()
def test_a_wrong_choice_is_named(choices: dict):
    arch = space("nb201").sample(1, 0)[0]
    with pytest.raises(InvalidArgument, match=next(iter(choices))):
        text.render(arch, **choices)


@unchecked()
def test_what_is_no_architecture_is_refused():
    with pytest.raises(InvalidArgument, match="expected an Architecture"):
        text.render("|none~0|")  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument, match="expected an Architecture"):
        text.texts([space("nb201").sample(1, 0)[0], None])  # type: ignore[list-item]
    with pytest.raises(InvalidArgument, match="expected an Architecture"):
        text.routing(None)  # type: ignore[arg-type]


def test_a_cell_of_another_kind_is_refused():
    other = space("nb101").sample(1, 0)[0].cells
    for name in ("nasbench201", "transnasbench101"):
        for context in ("none", "network"):
            with pytest.raises(InvalidArchitecture, match="operations on edges"):
                text.render(Architecture(name, other), context=context)

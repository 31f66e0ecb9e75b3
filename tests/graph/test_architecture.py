"""Architectures: identity on every machine, and their JSON."""

import json
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archenc.errors import InvalidArchitecture, UnknownName
from archenc.graph import Architecture, Cell, Edge, forms, op
from archenc.spaces import space
from archenc.testing.strategies import NB101_OPS, architectures, edge_cells, node_cells, relabelled

CELL = Cell((op("input"), op("sum"), op("output")), (Edge(0, 1, op("conv3x3")), Edge(1, 2, op("skip"))))

# Golden ids: they are stored in tables and journals, so they may never change under these names of forms.
GOLDEN = {
    None: "a609e9c6d9d2205ae2b453c98265f5a5",
    "raw-v1": "89bfb31833291aa0376c82dbef971e39",
    "live-v1": "870e49e3f46cb6e47d853d72f3248e42",
    "live-iso-v1": "a33ee448232e8b45d15424327f015cb5",
    "skip-v1": "9614e7f89b172f4077f1a16c9a85a74c",
    "nats-v1": "a609e9c6d9d2205ae2b453c98265f5a5",
    "algebra-v1": "eb4517a2f2aefd3d32a965a96134c055",
}


def test_ids_are_the_golden_ones():
    arch = Architecture("any", (CELL,))
    assert {form: arch.id(form) for form in GOLDEN} == GOLDEN


def test_ids_are_equal_in_another_process():
    script = (
        "from archenc.spaces import space; from archenc.graph import forms\n"
        "for a in space('nb201').architectures()[:40]:\n"
        "    print(*(a.id(form) for form in forms()[:-1]))"
    )
    env = {**os.environ, "PYTHONHASHSEED": "20261122"}
    out = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
    ours = [" ".join(a.id(form) for form in forms()[:-1]) for a in space("nb201").architectures()[:40]]
    assert out.stdout.splitlines() == ours


@given(edge_cells(), st.data())
def test_the_id_of_operations_on_edges_does_not_depend_on_the_numbering(cell, data):
    other = Architecture("any", (data.draw(relabelled(cell)),))
    arch = Architecture("any", (cell,))
    assert arch.id() == other.id()
    for form in ("live-iso-v1", "skip-v1", "nats-v1", "algebra-v1"):
        assert arch.id(form) == other.id(form)


@given(node_cells(), st.data())
def test_the_id_of_operations_on_nodes_does_not_depend_on_the_numbering(cell, data):
    if cell.is_connected:
        other = Architecture("any", (data.draw(relabelled(cell)),))
        arch = Architecture("any", (cell,))
        assert arch.id() == other.id()
        assert arch.id("live-iso-v1") == other.id("live-iso-v1")


@given(edge_cells(n_inputs=2), node_cells(n_inputs=2, ops=NB101_OPS), st.data())
def test_two_inputs_do_not_depend_on_the_numbering_either(on_edges, on_nodes, data):
    arch = Architecture("any", (on_edges, on_nodes))
    other = Architecture("any", (data.draw(relabelled(on_edges)), data.draw(relabelled(on_nodes))))
    assert arch.id("live-iso-v1") == other.id("live-iso-v1")


def test_the_default_form_follows_the_kind_of_cell():
    nodes = Cell.from_matrix([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["input", "conv3x3", "output"])
    assert Architecture("any", (CELL,)).id() == Architecture("any", (CELL,)).id("nats-v1")
    assert Architecture("any", (nodes,)).id() == "b49ac8c578b4561d79ac7087988f1c61"
    assert Architecture("any", (CELL, CELL)).id() == Architecture("any", (CELL, CELL)).id("live-iso-v1")
    two = Cell((op("input"),) * 2 + (op("output"),), (Edge(0, 2, op("skip")), Edge(1, 2, op("conv1x1"))))
    assert Architecture("any", (two,)).id() == Architecture("any", (two,)).id("live-iso-v1")


def test_attributes_are_part_of_the_identity_and_the_space_is_not():
    plain = Architecture("a", (CELL,))
    assert plain.id() == Architecture("b", (CELL,)).id()
    assert plain.id() != Architecture("a", (CELL,), (("width", 16),)).id()


def test_equal_attributes_have_one_text():
    one = Architecture("a", (CELL,), (("width", 16.0), ("depth", 0.5)))
    other = Architecture("a", (CELL,), (("depth", 0.5), ("width", 16)))
    assert one == other
    assert one.id() == other.id()
    assert Architecture("a", (CELL,), (("x", -0.0),)).id() == Architecture("a", (CELL,), (("x", 0),)).id()


def test_a_form_that_does_not_apply_is_refused():
    with pytest.raises(InvalidArchitecture, match="'nb101-v1' is for operations on nodes"):
        Architecture("any", (CELL,)).id("nb101-v1")
    with pytest.raises(UnknownName, match=r"'nats-v2'.*nats-v1"):
        Architecture("any", (CELL,)).id("nats-v2")


@pytest.mark.parametrize(
    ("cells", "attributes", "message"),
    [
        ((), (), "at least one cell"),
        ((CELL,), (("w", 1), ("w", 2)), "occurs twice"),
        ((CELL,), (("w", float("nan")),), "attribute 'w' is nan"),
    ],
)
def test_a_wrong_architecture_is_refused(cells, attributes, message):
    with pytest.raises(InvalidArchitecture, match=message):
        Architecture("any", cells, attributes)


@given(architectures())
def test_json_round_trip(arch):
    again = Architecture.from_json(arch.to_json())
    assert again == arch
    assert again.to_json() == arch.to_json()


@given(architectures(), st.data())
def test_no_truncated_json_is_read(arch, data):
    text = arch.to_json()
    with pytest.raises(InvalidArchitecture):
        Architecture.from_json(text[: data.draw(st.integers(0, len(text) - 1))])


def altered(change) -> str:
    data = Architecture("any", (CELL,), (("width", 16),)).to_dict()
    del data["checksum"]
    change(data)
    return json.dumps(data)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "expected an object"),
        (altered(lambda d: d.update(version=2)), "version is 2; this archenc reads version 1"),
        (altered(lambda d: d.pop("version")), "version is None"),
        (altered(lambda d: d.pop("cells")), '"cells" a list'),
        (altered(lambda d: d.update(cells=[])), "at least one cell"),
        (altered(lambda d: d.update(cells=[[]])), r'cells\[0\] needs "nodes" and "edges"'),
        (altered(lambda d: d["cells"][0].update(nodes=3)), "must be lists"),
        (altered(lambda d: d["cells"][0]["nodes"].append("outptu")), r"cells\[0\]: operation 'outptu'"),
        (altered(lambda d: d["cells"][0]["edges"].append([1, 0, "skip"])), "edge 1->0 closes a cycle"),
        (altered(lambda d: d["cells"][0]["edges"].append([1, "skip"])), "is not .source, target, operation"),
        (altered(lambda d: d.update(attributes=[1])), '"attributes" must be an object'),
        (altered(lambda d: d.update(attributes={"w": None})), "attribute 'w' is None"),
        (altered(lambda d: d.update(colour="red")), r"unknown fields \['colour'\]"),
    ],
)
def test_altered_json_is_refused_with_a_reason(text, message):
    with pytest.raises(InvalidArchitecture, match=message):
        Architecture.from_json(text)


def test_the_checksum_finds_a_change_that_is_legal_in_itself():
    text = Architecture("any", (CELL,)).to_json()
    assert text.count("conv3x3") == 1
    with pytest.raises(InvalidArchitecture, match="checksum"):
        Architecture.from_json(text.replace("conv3x3", "conv1x1"))


def test_json_by_hand_needs_no_checksum():
    assert Architecture.from_json(altered(lambda d: d.pop("attributes"))) == Architecture("any", (CELL,))

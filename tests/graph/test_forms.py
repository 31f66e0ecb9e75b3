"""The register of canonical forms."""

import pytest

from archenc.errors import InvalidArchitecture, UnknownName
from archenc.graph import Cell, Edge, forms, op
from archenc.graph.forms import cells_text, default_form

NODES = Cell.from_matrix([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["input", "conv3x3", "output"])
EDGES = Cell((op("input"), op("output")), (Edge(0, 1, op("conv3x3")),))
TWO_INPUTS = Cell((op("input"), op("input"), op("output")), (Edge(0, 2, op("conv3x3")),))


def test_names_carry_their_version():
    assert forms() == ("raw-v1", "live-v1", "live-iso-v1", "skip-v1", "nats-v1", "algebra-v1", "nb101-v1")


@pytest.mark.parametrize(
    ("cells", "form"),
    [
        ((NODES,), "nb101-v1"),
        ((EDGES,), "nats-v1"),
        ((TWO_INPUTS,), "live-iso-v1"),
        ((NODES, NODES), "live-iso-v1"),
        ((EDGES, EDGES), "live-iso-v1"),
    ],
)
def test_the_default_follows_the_kind_of_cell(cells, form):
    assert default_form(cells) == form


def test_the_document_names_every_form(request):
    text = (request.config.rootpath / "docs" / "canonical-forms.md").read_text()
    assert all(f"| `{form}` |" in text for form in forms())


def test_errors_name_the_forms_that_would_do():
    with pytest.raises(UnknownName, match=r"no canonical form 'live-v2'; did you mean 'live-v1'\?"):
        cells_text((NODES,), "live-v2")
    with pytest.raises(InvalidArchitecture, match=r"'skip-v1' is for operations on edges; .*nb101-v1"):
        cells_text((NODES,), "skip-v1")
    with pytest.raises(InvalidArchitecture, match=r"'nb101-v1' is for operations on nodes; .*nats-v1"):
        cells_text((EDGES,), "nb101-v1")

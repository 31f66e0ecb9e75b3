"""Operations by what they are, and parameters that read another number of cells."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from archenc.errors import InvalidArgument
from archenc.graph import op, vocabulary
from archenc.predictors.carrying import carry, carry_rows, related

NB101 = ("conv1x1", "conv3x3", "max_pool3x3")
NB201 = ("avg_pool3x3", "conv1x1", "conv3x3", "none", "skip")
NB301 = ("max_pool3x3", "avg_pool3x3", "skip", "sep_conv3x3", "sep_conv5x5", "dil_conv3x3", "dil_conv5x5")


def _rows(names: tuple[str, ...], seed: int) -> torch.Tensor:
    return torch.randn(len(names), 4, generator=torch.Generator().manual_seed(seed))


def test_an_operation_is_itself_whatever_the_order():
    source, drawn = _rows(NB201, 0), _rows(NB101, 1)
    table = carry_rows(source, NB201, drawn, NB101, "meaning")
    assert torch.equal(table[0], source[1])
    assert torch.equal(table[1], source[2])
    assert torch.equal(table[2], source[0])  # pooling of either sort is nearer than nothing


def test_what_is_not_there_is_the_mean_of_its_kind_else_as_drawn():
    source, drawn = _rows(NB101, 0), _rows(NB301, 1)
    table = carry_rows(source, NB101, drawn, NB301, "meaning")
    assert torch.equal(table[0], source[2])
    torch.testing.assert_close(table[3], source[:2].mean(0))
    torch.testing.assert_close(table[6], source[:2].mean(0))
    assert torch.equal(table[2], drawn[2])  # nothing in the source is like skip


def test_the_published_rule_goes_round_and_none_takes_nothing():
    source, drawn = _rows(NB101, 0), _rows(NB201, 1)
    assert torch.equal(carry_rows(source, NB101, drawn, NB201, "tiled"), source[[0, 1, 2, 0, 1]])
    assert torch.equal(carry_rows(source, NB101, drawn, NB201, "none"), drawn)


def test_rows_of_zeros_stay_and_further_rows_are_left_alone():
    drawn = torch.cat([_rows(NB201, 1), torch.ones(3, 4)])
    drawn[3] = 0.0
    table = carry_rows(_rows(NB201, 0), NB201, drawn, NB201, "tiled")
    assert not table[3].any()
    assert torch.equal(table[5:], drawn[5:])


@pytest.mark.parametrize("wanted", vocabulary())
def test_related_prefers_equal_then_kind_and_knows_everything_of_its_own(wanted):
    known = list(vocabulary())
    assert related(wanted, known) == [wanted.index]
    others = [one for one in known if one != wanted]
    assert all(others[i] != wanted for i in related(wanted, others))
    of_kind = [i for i, one in enumerate(others) if one.kind == wanted.kind]
    assert not of_kind or related(wanted, others) == of_kind
    assert related(wanted, []) == []


def test_a_description_counts_not_the_space():
    assert related(op("sep_conv3x3"), [op("conv3x3"), op("sep_conv3x3"), op("max_pool3x3")]) == [1]
    assert related(op("residual3x3"), [op("conv3x3"), op("max_pool3x3")]) == [0]


@pytest.mark.parametrize(("source", "target"), [(1, 2), (2, 1), (2, 2), (1, 3)])
def test_equal_cells_are_read_as_before(source: int, target: int):
    learned = {
        "head.0.weight": torch.randn(source * 3, 5),
        "head.0.bias": torch.randn(5),
        "f2b.0.weight": torch.block_diag(*[torch.eye(3)] * source),
        "f2b.0.bias": torch.ones(source * 3),
        "node.input": torch.randn(1, 1, 2).expand(source, 1, 2),
        "table": torch.zeros(1, 1),
    }
    drawn = {
        "head.0.weight": torch.zeros(target * 3, 5),
        "head.0.bias": torch.zeros(5),
        "f2b.0.weight": torch.zeros(target * 3, target * 3),
        "f2b.0.bias": torch.zeros(target * 3),
        "node.input": torch.zeros(target, 2, 2),
        "table": torch.ones(2, 1),
        "new": torch.zeros(3),
    }
    carried, left = carry(learned, drawn, (source, target), table="table")
    assert left == ["new"]
    code = torch.randn(3)
    torch.testing.assert_close(
        code.repeat(source) @ learned["head.0.weight"], code.repeat(target) @ carried["head.0.weight"]
    )
    torch.testing.assert_close(
        code.repeat(target) @ carried["f2b.0.weight"] + carried["f2b.0.bias"], (code + 1).repeat(target)
    )
    assert (carried["node.input"] == learned["node.input"][0, 0]).all()
    assert torch.equal(carried["table"], drawn["table"])
    assert {k: v.shape for k, v in carried.items()} == {k: v.shape for k, v in drawn.items()}


def test_another_width_is_refused_by_name():
    with pytest.raises(InvalidArgument, match=r"supplement\.0\.weight has shape \(13, 4\).*\(7, 4\)"):
        carry(
            {"supplement.0.weight": torch.ones(13, 4)},
            {"supplement.0.weight": torch.ones(7, 4)},
            (1, 1),
            table="t",
        )


def test_what_is_carried_is_a_copy():
    learned = {"a": torch.ones(2)}
    carried, _ = carry(learned, {"a": torch.zeros(2)}, (1, 1), table="t")
    carried["a"][0] = np.pi
    assert learned["a"][0] == 1

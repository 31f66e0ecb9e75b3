"""The cell spaces of NDS."""

import json
from dataclasses import replace

import numpy as np
import pytest

from archenc.errors import InvalidArchitecture
from archenc.graph import as_batch
from archenc.spaces import space, spaces
from archenc.spaces.nds import LR, OPS, WD

AMOEBA, DARTS, RATED = (space(f"nds_{name}") for name in ("amoeba", "darts", "darts_lr_wd"))
NORMAL = [
    ["avg_pool_3x3", 0],
    ["max_pool_3x3", 1],
    ["sep_conv_3x3", 0],
    ["sep_conv_5x5", 2],
    ["sep_conv_3x3", 0],
    ["avg_pool_3x3", 3],
    ["sep_conv_3x3", 1],
    ["skip_connect", 1],
    ["skip_connect", 0],
    ["avg_pool_3x3", 1],
]
GENOTYPE = {"normal": NORMAL, "normal_concat": [4, 5, 6], "reduce": NORMAL, "reduce_concat": [4, 5, 6]}
NET = {"genotype": GENOTYPE, "width": 24, "depth": 12, "aux": False, "drop_prob": 0.0}


def rated(**optim) -> dict:
    cell = [["none", 0], ["skip_connect", 1]] * 4
    genotype = {"normal": cell, "normal_concat": [2, 3, 4, 5], "reduce": cell, "reduce_concat": [2, 3, 4, 5]}
    return {"net": {"genotype": genotype, "width": 16, "depth": 4}, "optim": optim}


def test_all_spaces_of_the_paper_are_there():
    names = [name for name in spaces() if name.startswith("nds_")]
    assert len(names) == 15
    assert sum(name.endswith("_in") for name in names) == 6
    assert {family: len(ops) for family, ops in OPS.items()} == {
        "amoeba": 8,
        "darts": 8,
        "enas": 5,
        "nasnet": 13,
        "pnas": 8,
    }


def test_a_record_of_the_official_files():
    arch = AMOEBA.parse(NET)
    assert dict(arch.attributes) == {"width": 24, "depth": 12}
    assert AMOEBA.parse({"net": NET, "optim": {"base_lr": 0.1}, "params": 1}) == arch
    assert AMOEBA.parse(json.dumps({"net": NET})) == AMOEBA.parse(AMOEBA.format(arch, "record")) == arch
    assert json.loads(AMOEBA.format(arch))["genotype"] == GENOTYPE
    assert [cell.n_nodes for cell in arch.cells] == [13, 13]
    assert len(arch.cells[0].edges) == 18


def test_learning_rate_and_weight_decay_are_attributes_where_they_vary():
    arch = RATED.parse(rated(base_lr=0.05, wd=3e-4))
    assert dict(arch.attributes) == {"width": 16, "depth": 4, "lr": 0.05, "wd": 3e-4}
    other = RATED.parse(rated(base_lr=0.06, wd=3e-4))
    assert RATED.key(arch) != RATED.key(other)
    assert arch.cells == other.cells
    assert "lr" not in dict(DARTS.parse(rated(base_lr=0.05, wd=3e-4)).attributes)
    batch = as_batch([arch, other])
    assert batch.attribute_names == ("depth", "lr", "wd", "width")
    for name, bounds in (("lr", LR), ("wd", WD)):
        drawn = [dict(one.attributes)[name] for one in RATED.sample(200, 0)]
        assert bounds[0] <= min(drawn) < bounds[0] * 3
        assert bounds[1] / 3 < max(drawn) <= bounds[1]


@pytest.mark.parametrize(
    "optim", [{}, {"base_lr": 0.1}, {"base_lr": -1, "wd": 1e-4}, {"base_lr": "a", "wd": 1}]
)
def test_a_rate_that_is_none_is_refused(optim):
    with pytest.raises(InvalidArchitecture, match=r"(lr|wd) is .*legal: a positive number"):
        RATED.parse(rated(**optim))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"width": 0}, "width is 0"),
        ({"depth": 2.5}, "depth is 2.5"),
        ({"genotype": {**GENOTYPE, "normal": NORMAL[:-1]}}, "expected 10 pairs"),
        ({"genotype": {**GENOTYPE, "normal": [["avg_pool_3x3", 2], *NORMAL[1:]]}}, "pair 0 of normal"),
        ({"genotype": {**GENOTYPE, "reduce": [["conv_9x9", 0], *NORMAL[1:]]}}, "pair 0 of reduce"),
        ({"genotype": {**GENOTYPE, "normal_concat": []}}, "normal_concat"),
        ({"genotype": {**GENOTYPE, "normal_concat": [4, 4]}}, "normal_concat"),
        ({"genotype": {**GENOTYPE, "reduce_concat": [7]}}, "reduce_concat"),
        ({"genotype": {"normal": NORMAL}}, "needed: normal, normal_concat"),
    ],
)
def test_what_a_record_cannot_say_is_named(change, message):
    with pytest.raises(InvalidArchitecture, match=f"{message}.*legal: the dictionary"):
        AMOEBA.parse({**NET, **change})


def test_neighbours_rewire_the_output_by_the_rule_of_the_space():
    arch = AMOEBA.sample(1, 3)[0]
    for other in AMOEBA.neighbours(arch):
        code = AMOEBA.code(other)
        for pairs, concat in ((code.genotype[0], code.genotype[1]), (code.genotype[2], code.genotype[3])):
            used = {state for state, _ in pairs}
            assert concat == tuple(state for state in range(2, 7) if state not in used)
    widths = {dict(other.attributes)["width"] for other in AMOEBA.neighbours(arch)}
    assert widths == {16, 24, 32}


def test_the_fixed_spaces_draw_one_size():
    member = space("nds_enas_fix_w_d")
    assert {arch.attributes for arch in member.sample(20, 0)} == {(("depth", 20), ("width", 16))}
    assert replace(member, name="mine").name == "mine"


def test_rates_of_every_length_are_read_back():
    for wd in (0.00023423946834291567, 1.2345678901234567e-05, 0.1 + 0.2):
        arch = RATED.parse(rated(base_lr=wd, wd=wd))
        assert RATED.parse(RATED.format(arch)) == arch
        assert dict(arch.attributes)["wd"] == wd


def test_numbers_of_arrays_are_numbers():
    arch = RATED.parse(rated(base_lr=np.float32(0.5), wd=np.float64(0.25)))
    assert arch == RATED.parse(rated(base_lr=0.5, wd=0.25))
    arch = AMOEBA.parse({**NET, "width": np.int64(24), "depth": np.array(12)})
    assert dict(arch.attributes) == {"width": 24, "depth": 12}

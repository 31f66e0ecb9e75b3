"""Public spellings of NAS-Bench-301: all below are one architecture, the second-order cells of DARTS."""

import copy
import json
import random
from collections import namedtuple
from types import MappingProxyType

import numpy as np
import pytest

from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.spaces.darts_spelling import STYLES, read, write

Genotype = namedtuple("Genotype", "normal normal_concat reduce reduce_concat")  # noqa: PYI024 - as published

PUBLISHED = Genotype(  # Liu et al. 2019, as they write it: the stronger operation of a step first
    normal=[("sep_conv_3x3", 0), ("sep_conv_3x3", 1), ("sep_conv_3x3", 0), ("sep_conv_3x3", 1),
            ("sep_conv_3x3", 1), ("skip_connect", 0), ("skip_connect", 0), ("dil_conv_3x3", 2)],
    normal_concat=[2, 3, 4, 5],
    reduce=[("max_pool_3x3", 0), ("max_pool_3x3", 1), ("skip_connect", 2), ("max_pool_3x3", 1),
            ("max_pool_3x3", 0), ("skip_connect", 2), ("skip_connect", 2), ("max_pool_3x3", 1)],
    reduce_concat=[2, 3, 4, 5],
)  # fmt: skip
CODE = (
    ((0, 3), (1, 3), (0, 3), (1, 3), (0, 2), (1, 3), (0, 2), (2, 5)),
    ((0, 0), (1, 0), (1, 0), (2, 2), (0, 0), (2, 2), (1, 0), (2, 2)),
)
LISTS = [[list(pair) for pair in cell] for cell in CODE]
NAMED = [[(source, name) for name, source in cell] for cell in (PUBLISHED.normal, PUBLISHED.reduce)]
CONFIG = json.loads(write(CODE, "config"))


@pytest.mark.parametrize(
    "native",
    [
        CODE,
        LISTS,
        np.array(CODE),
        NAMED,
        PUBLISHED,
        PUBLISHED._replace(normal_concat=range(2, 6)),
        PUBLISHED._asdict(),
        MappingProxyType(PUBLISHED._asdict()),
        CONFIG,
        CONFIG | {"NetworkSelectorDatasetInfo:darts:layers": 20},
        str(CODE),
        str(LISTS),
        json.dumps(LISTS),
        str([list(cell) for cell in CODE]).replace(" ", ""),
        f"  {CODE}\n",
        str(PUBLISHED),
        str(PUBLISHED._replace(reduce_concat=range(2, 6))),
        json.dumps(PUBLISHED._asdict()),
        str(PUBLISHED._asdict()),
        json.dumps(CONFIG),
        str(CONFIG),
        [tuple(reversed(cell[:2])) + tuple(cell[2:]) for cell in CODE],
        [[(np.int64(source), np.int8(member)) for source, member in cell] for cell in CODE],
    ],
)
def test_every_spelling_of_one_architecture(native):
    assert read(native) == CODE


def test_writing():
    assert write(CODE, "native").startswith("(((0, 3), (1, 3), (0, 3),")
    assert write(CODE, "naslib_lists").startswith("[[(0, 3), (1, 3), (0, 3),")
    assert write(CODE, "genotype").startswith("Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1),")
    assert len(json.loads(write(CODE, "config"))) == 22
    with pytest.raises(InvalidArgument, match="style='nas'; legal: native, naslib_lists, genotype, config"):
        write(CODE, "nas")


def changed(cell, slot, pair):
    cells = copy.deepcopy(LISTS)
    cells[cell][slot] = pair
    return cells


@pytest.mark.parametrize(
    ("native", "message"),
    [
        (LISTS[:1], "has 1 entries; a normal and a reduction cell are needed"),
        ([*LISTS, []], "has 3 entries"),
        ([LISTS[0], LISTS[1][:7]], "the reduction cell is .*: eight pairs are needed"),
        ([LISTS[0], 3], "the reduction cell is 3: eight pairs"),
        (changed(0, 0, [0, 7]), r"pair 0 of the normal cell has operation 7; legal: 0..6, which are max"),
        (changed(0, 0, [0, -1]), "has operation -1"),
        (changed(0, 1, [2, 0]), r"step 0 of the normal cell has source 2; legal: 0..1"),
        (changed(1, 7, [5, 0]), r"step 3 of the reduction cell has source 5; legal: 0..4"),
        (changed(1, 7, [-1, 0]), "has source -1"),
        (changed(1, 6, [2, 0]), "step 3 of the reduction cell takes source 2 twice.*legal: 0 and 1, 0 and 2"),
        (changed(0, 1, [0, 0]), "step 0 of the normal cell takes source 0 twice.*legal: 0 and 1$"),
        (changed(0, 0, [0, 3, 1]), r"pair 0 of the normal cell is \[0, 3, 1\]; legal: \(source"),
        (changed(0, 0, [0.0, 3]), r"pair 0 of the normal cell is \[0.0, 3\]"),
        (changed(0, 0, [False, 3]), r"is \[False, 3\]"),
        (changed(0, 0, ["a", "b"]), "pair 0"),
        (changed(0, 0, None), "pair 0 of the normal cell is None"),
        (changed(0, 0, ["none", 0]), "is 'none': NAS-Bench-301 leaves it out"),
        (changed(0, 0, ["sep_conv_7x7", 0]), "unknown operation 'sep_conv_7x7'; did you mean 'sep_conv_5x5'"),
        (changed(0, 0, [10**5000, 10**5000]), "pair 0 of the normal cell has operation a int"),
        (PUBLISHED._replace(normal_concat=[2, 3, 4, 5, 6]), "normal_concat is .*four steps, concatenated"),
        (PUBLISHED._replace(reduce_concat=range(4, 7)), "reduce_concat is range.*another space"),
        (PUBLISHED._replace(normal=PUBLISHED.normal[:4]), "'normal' of the genotype is .* eight pairs"),
        ({"normal": [], "reduce": []}, "lacks normal_concat, reduce_concat"),
        ({"NetworkSelectorDatasetInfo:darts:layers": 20}, "neither a genotype nor a configuration"),
        ({}, "neither a genotype nor a configuration"),
        (CONFIG | {"NetworkSelectorDatasetInfo:darts:edge_normal_0": "none"}, "NAS-Bench-301 leaves it out"),
        ("resnet18", "expected a value at character 0, found 'resnet18'; legal: two cells of eight pairs"),
        (str(CODE)[:-1], "expected ',' or .* found the end; legal: "),
        ("[]", "has 0 entries"),
        ("7", "cannot read an architecture from '7'; legal: two cells"),
        (7, "cannot read an architecture from 7"),
        (None, "cannot read an architecture from None"),
        (np.zeros((2, 8, 3)), "cannot read an architecture from array"),
    ],
)  # fmt: skip
def test_wrong_spellings_are_refused_with_a_reason(native, message):
    with pytest.raises(InvalidArchitecture, match=message):
        read(native)


def test_a_bottomless_list_is_refused():
    bottomless: list = []
    bottomless += [bottomless, bottomless]
    deep: list = []
    for _ in range(100_000):
        deep = [deep]
    for native in (bottomless, deep, [deep, deep], [[deep] * 8] * 2, {"normal": deep}):
        with pytest.raises(InvalidArchitecture):
            read(native)


@pytest.mark.parametrize("style", STYLES)
def test_mutated_texts_end_in_our_error_or_in_a_code(style):
    rng, legal = random.Random(STYLES.index(style)), 0
    text = write(CODE, style)
    alphabet = sorted(set(text) | set("()[]{}'\":,=+*_ \\\n\x00é9"))
    for _ in range(10_000):
        letters = list(text)
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(len(letters))
            end = at + rng.choice((0, 1, 1, 1, 5, 40))
            letters[at:end] = (
                rng.choices(alphabet, k=rng.choice((0, 1, 1, 2))) + letters[at:end][: rng.choice((0, 0, 9))]
            )
        try:
            code = read("".join(letters))
        except InvalidArchitecture:
            continue
        assert read(write(code, style)) == code
        legal += 1
    assert 10 < legal < 9_000


def test_mutated_values_end_in_our_error_or_in_a_code():
    rng = random.Random(0)
    junk = [
        0,
        1,
        3,
        6,
        7,
        -1,
        2.5,
        True,
        None,
        "none",
        "skip_connect",
        "",
        (),
        [],
        {},
        "0_1",
        object(),
        10**5000,
        b"x",
    ]
    starts = [LISTS, NAMED, PUBLISHED._asdict(), CONFIG]

    def mutate(value):
        if isinstance(value, (list, tuple, dict)) and len(value) and rng.random() < 0.85:
            items = dict(value) if isinstance(value, dict) else dict(enumerate(value))
            key = rng.choice(list(items))
            if rng.random() < 0.1:
                del items[key]
            else:
                items[key] = mutate(items[key])
            return items if isinstance(value, dict) else type(value)(items.values())
        return rng.choice(junk)

    legal = 0
    for _ in range(10_000):
        try:
            legal += read(mutate(rng.choice(starts))) is not None
        except InvalidArchitecture:
            continue
    assert 10 < legal < 9_000

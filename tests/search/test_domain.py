"""Domains: numbers, neighbours, samples, and what counts as one architecture."""

from __future__ import annotations

import json

import numpy as np
import pytest

from archenc.encoders import Adjacency
from archenc.errors import InvalidArgument, UnknownName
from archenc.search import Pool, WholeSpace
from archenc.search.base import draw_design
from archenc.search.domain import as_domain
from archenc.search.perturbing import OneChange
from archenc.search.weight_prior import weights
from archenc.spaces import space
from archenc.testing.unchecked import unchecked

NB201 = WholeSpace("nasbench201", identity="key")


@pytest.mark.parametrize(
    ("name", "count"), [("nasbench201", 24), ("transnasbench101", 18), ("nasbench301", 120)]
)
def test_neighbours_are_many_mutual_and_never_oneself(name, count):
    domain, rng = WholeSpace(name, identity="key"), np.random.default_rng(0)
    for number in [domain.sample(rng) for _ in range(5)]:
        near = domain.neighbours(number)
        assert len(set(near.tolist())) == len(near) == count
        assert number not in near
        for other in near[:: max(1, count // 6)]:
            assert number in domain.neighbours(int(other))


def test_identity_says_what_is_one():
    assert len(NB201) == 15_625
    assert len(WholeSpace("nasbench201")) == 6_466
    assert NB201.fingerprint != WholeSpace("nasbench201").fingerprint
    merged = WholeSpace("nasbench201")
    member = space("nasbench201")
    twins = [member.from_code((0, 0, 0, 3, 0, 0)), member.from_code((1, 0, 0, 3, 0, 0))]
    assert len({merged.number(arch) for arch in twins}) == 1
    assert len({NB201.number(arch) for arch in twins}) == 2


@pytest.mark.parametrize("domain", [NB201, WholeSpace("nasbench301")], ids=["listed", "as met"])
def test_what_is_spelled_can_be_read_in_plain_json(domain):
    rng = np.random.default_rng(0)
    numbers = [domain.sample(rng) for _ in range(20)]
    spelled = json.loads(json.dumps([domain.spell(number) for number in numbers]))
    assert [domain.read(text) for text in spelled] == numbers


def test_a_pool_knows_its_members_and_the_nearest_of_them():
    archs = space("nasbench101").sample(200, 0)
    pool = Pool(archs, nearest=7)
    codes = Adjacency().fit(pool.archs(range(len(pool)))).transform(pool.archs(range(len(pool))))
    apart = ((codes - codes[3]) ** 2).sum(axis=1)
    apart[3] = np.inf
    assert pool.neighbours(3).tolist() == np.argsort(apart, kind="stable")[:7].tolist()
    with pytest.raises(InvalidArgument, match="not in the domain"):
        Pool(archs[:5]).number(archs[-1])
    assert len(Pool(archs[:1]).neighbours(0)) == 0


def test_children_differ_from_their_parents():
    rng = np.random.default_rng(0)
    for changes in (1, 2, 3):
        perturb = OneChange(changes)
        for number in range(0, 15_625, 997):
            child = perturb(NB201, number, rng)
            codes = np.array([space("nb201").code(NB201.arch(n)) for n in (number, child)])
            assert 1 <= (codes[0] != codes[1]).sum() <= changes
    with pytest.raises(InvalidArgument, match="no neighbour"):
        OneChange()(Pool([NB201.arch(0)]), 0, rng)


def test_a_short_design_begins_a_long_one():
    long = draw_design(NB201, 20, np.random.default_rng(4))
    assert draw_design(NB201, 7, np.random.default_rng(4)) == long[:7]
    assert len(set(long)) == 20
    assert sorted(draw_design(Pool(NB201.archs([1, 9, 5])), 10, np.random.default_rng(0))) == [0, 1, 2]


def test_weights_count_what_is_alive():
    member = space("nasbench201")
    assert weights(member.from_code((3, 0, 0, 0, 0, 3))) == 0  # 0-1 and 2-3: nothing gets through
    assert weights(member.from_code((3, 0, 0, 0, 3, 3))) == 18  # 2-3 has no input
    assert weights(member.from_code((1, 0, 0, 2, 1, 0))) == 1
    separable = space("nasbench301").sample(1, 0)[0]
    assert weights(separable) > 0


@pytest.mark.parametrize(
    "domain",
    [NB201, WholeSpace("nasbench201"), WholeSpace("nasbench301")],
    ids=["key", "canonical", "as met"],
)
def test_an_architecture_of_another_space_is_in_no_domain(domain):
    """One canonical form may be of several spaces: a cell of TransNAS is also one of NAS-Bench-201."""
    other = space("transnasbench101").sample(1, 0)[0]
    assert not domain.holds(other)
    with pytest.raises(InvalidArgument, match="is of transnasbench101; this search is in nasbench"):
        domain.number(other)


@unchecked()
def test_what_is_no_domain_is_refused():
    with pytest.raises(UnknownName):
        as_domain("nasbench999")
    with pytest.raises(InvalidArgument, match="identity='name'"):
        WholeSpace("nasbench201", identity="name")
    with pytest.raises(InvalidArgument, match="expected an Architecture"):
        as_domain(["|none~0|"])
    with pytest.raises(InvalidArgument, match="pool: 3: expected a list of Architectures, or a space's name"):
        as_domain(3)
    with pytest.raises(InvalidArgument, match="expected an Architecture"):
        NB201.number("|none~0|")

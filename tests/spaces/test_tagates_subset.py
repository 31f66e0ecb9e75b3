"""The cells of TA-GATES: their order and halves are published as hashes."""

import hashlib
import json

from archenc.spaces import tagates_subset
from archenc.spaces.nasbench101 import SPACE


def digest(keys: list[str]) -> str:
    return hashlib.sha256("\n".join(keys).encode()).hexdigest()


def test_the_hashes_in_their_published_order():
    keys = tagates_subset.keys()
    assert len(set(keys)) == len(keys) == tagates_subset.SIZE == 14580
    assert keys[0] == "1d09f20d30b91a199aba06fc972a3c77"
    assert keys[-1] == "37977ef88cc6a0c54f6059bfb3782198"
    assert digest(keys) == "00d2fe1d1998005019530210aef1d0e15c3cfc0d0bcd69d384f7e67d5ef0ff1f"
    assert digest(sorted(keys)) == "b9b12d26f16bc159cc9b2b6a31777e774d07328bb3cdfc2fd9aaf800b515d17e"
    test = tagates_subset.keys("test")
    assert test[0] == "4ba4240744d5e0b1366265fec2eed553"
    assert digest(test) == "5de4aa9298239fb97136ebb720d2359057c5cf42f6902a3314cc7f1361229f06"
    train = sorted(tagates_subset.keys("train"))
    assert digest(train) == "80e7ba7972187c07a9539713afa220b7f370ed8726dad126a3cfc7f5f39cba5f"


def test_the_published_split(shared_data):
    published = json.loads((shared_data / "nb101" / "tagates_split.json").read_text())
    assert tagates_subset.keys("test") == published["test"]
    assert set(tagates_subset.keys("train")) == set(published["train"])


def test_the_halves_share_no_wiring():
    train, test = tagates_subset.specs("train"), tagates_subset.specs("test")
    assert train + test == tagates_subset.specs()
    assert len(train) == len(test) == 7290
    wirings = [{spec.bits for spec in part} for part in (train, test)]
    assert [len(part) for part in wirings] == [30, 30]
    assert not wirings[0] & wirings[1]


def test_the_architectures_are_those_of_the_keys():
    test = tagates_subset.architectures("test")
    keys = tagates_subset.keys("test")
    assert [SPACE.key(arch) for arch in test[::500]] == keys[::500]
    assert all(SPACE.canonical(arch) == arch for arch in test[::500])  # a chain has one numbering only

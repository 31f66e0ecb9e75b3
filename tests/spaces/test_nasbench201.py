"""The search space of NAS-Bench-201."""

from archenc.spaces import space


def test_size_and_neighbours():
    nb201 = space("nb201")
    assert nb201 is space("nasbench201")
    archs = nb201.architectures()
    assert len(set(archs)) == nb201.size == 15625
    assert len(set(nb201.neighbours(archs[7]))) == 24

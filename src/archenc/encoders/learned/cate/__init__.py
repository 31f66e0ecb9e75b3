"""CATE, computation-aware encoding by a transformer (Yan et al., ICML 2021).

reach.py: the closure of every cell of a space in one pass. costs.py, pairs.py: cells of similar cost.
corruption.py: hidden tokens. layers.py, network.py, noise.py: the transformer. task.py: what it is trained
on. published.py: the tokens of the reference. encoder.py: `CATE`.
"""

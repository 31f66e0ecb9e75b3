"""arch2vec: a variational graph isomorphism auto-encoder (Yan et al., NeurIPS 2020)."""

from __future__ import annotations

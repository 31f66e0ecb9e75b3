"""The algorithms by name: each recipe makes its strategies once, and a searcher for every domain and seed."""

from archenc.search.recipes.base import Start
from archenc.search.recipes.networks import bananas, cate_local, dngo, greedy, weaknas
from archenc.search.recipes.plain import evolution, local, random
from archenc.search.recipes.predictors import FLAN_SIZES, flan_rounds, predictor_guided
from archenc.search.recipes.processes import botorch_process, gaussian_process, recommended, score_prior
from archenc.search.recipes.transfer import flan_transfer

__all__ = [
    "FLAN_SIZES",
    "Start",
    "bananas",
    "botorch_process",
    "cate_local",
    "dngo",
    "evolution",
    "flan_rounds",
    "flan_transfer",
    "gaussian_process",
    "greedy",
    "local",
    "predictor_guided",
    "random",
    "recommended",
    "score_prior",
    "weaknas",
]

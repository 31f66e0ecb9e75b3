"""Predictors on any encoding [n, d]: one file each; `archenc.predictors` gives their names."""

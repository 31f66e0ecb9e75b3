"""Codes of all spaces by one network.

frames.py: shared operations, and an output token a space. training.py: joint training. encoders.py: the
encoders that read its weights.
"""

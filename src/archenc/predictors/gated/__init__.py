"""GATES and its successors: one gated flow, trained by ranking."""

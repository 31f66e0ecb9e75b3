"""Report: the results of an evaluation as one self-contained HTML page."""

from __future__ import annotations

from archenc.report.page import write_report

__all__ = ["write_report"]

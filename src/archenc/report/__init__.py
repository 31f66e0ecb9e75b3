"""Report: the results of an evaluation or a search as one self-contained HTML page."""

from __future__ import annotations

from archenc.report.page import write_report
from archenc.report.search_page import Searches, write_search_report

__all__ = ["Searches", "write_report", "write_search_report"]

"""The quarterly report: from the published file to one HTML page, Markdown or JSON.

`build_report` reads the marts and states what they say; `render` writes it down. All formats
are written from the same `Report`, so they state the same figures.
"""

from winloss.report.build import build_report
from winloss.report.document import Report
from winloss.report.marts import ReportError
from winloss.report.render import FORMATS, render, write_report

__all__ = ["FORMATS", "Report", "ReportError", "build_report", "render", "write_report"]

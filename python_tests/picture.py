"""The picture of the README: the head of the sample company's report, as Chromium draws it.

make build      # without files of your own: the sample company
make picture    # writes docs/report.png
"""

import base64
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from python_tests.browser import browser, show
from winloss.report import render
from winloss.report.build import report_on
from winloss.report.marts import ReportError, read_marts

WIDTH = 1040


def picture_of(published: Path) -> bytes:
    """A PNG, `WIDTH` pixels wide, of the report on the published file down to its tiles.

    Raises ReportError where the file is not the sample company's.
    """
    marts = read_marts(published)
    runs = marts.rows("run_history")
    if not runs or runs[-1]["crm"] != "sample":
        raise ReportError(f"{published} is not of the sample company: build it without files of your own, make build.")
    with TemporaryDirectory() as folder, browser() as driver:
        page = Path(folder) / "report.html"
        page.write_text(render(report_on(marts), "html"), encoding="utf-8")
        show(driver, page, WIDTH)
        end = driver.execute_script("return document.getElementById('glance').getBoundingClientRect().bottom")
        clip = {"x": 0, "y": 0, "width": WIDTH, "height": round(end) + 12, "scale": 1}
        drawn = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png", "clip": clip})
        return base64.b64decode(drawn["data"])


if __name__ == "__main__":
    try:
        Path("docs/report.png").write_bytes(picture_of(Path("published/marts.duckdb")))
    except ReportError as problem:
        sys.exit(str(problem))

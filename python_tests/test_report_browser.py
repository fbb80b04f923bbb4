"""The report in a real browser: nothing overflows or overlaps, nothing is fetched, and everyone can read it."""

import base64
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from python_tests.browser import browser, needs_browser, show
from python_tests.conftest import ROOT, SampleBuild
from python_tests.report_companies import COMPANIES, publish_company
from winloss.report import build_report, render

pytestmark = [pytest.mark.browser, needs_browser]

AWKWARD = [
    "sample",
    "very long names",
    "right-to-left names and emoji",
    "10,000 segments",
    "one deal",
    "nothing closed",
]

# Width in pixels and medium. A4 less its margins is 688 pixels wide, Letter 710.
SIZES = [(360, "screen"), (800, "screen"), (1400, "screen"), (688, "print"), (710, "print")]

# Every stretch of visible text with the boxes it fills, cut off where its container scrolls.
BOXES = """
const seen = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const node = walker.currentNode;
  const parent = node.parentElement;
  if (!node.textContent.trim() || parent.closest('title, desc, .unseen, .skip, style')) continue;
  if (!parent.checkVisibility({contentVisibilityAuto: true, visibilityProperty: true})) continue;
  const range = document.createRange();
  range.selectNodeContents(node);
  const frame = parent.closest('.table, nav ul');
  const edge = frame ? frame.getBoundingClientRect() : {left: -1e9, right: 1e9};
  const svg = parent.closest('svg');
  const outer = svg ? svg.getBoundingClientRect() : null;
  const scale = svg ? outer.width / svg.viewBox.baseVal.width : 1;
  for (const box of range.getClientRects()) {
    const left = Math.max(box.left, edge.left), right = Math.min(box.right, edge.right);
    if (right - left < 1 || box.height < 1) continue;
    seen.push({
      text: node.textContent.trim().slice(0, 60), left, right, top: box.top + scrollY, bottom: box.bottom + scrollY,
      sticky: !!parent.closest('nav'), svg: svg ? svg.getAttribute('aria-labelledby') : null,
      svgLeft: outer ? outer.left : null, svgRight: outer ? outer.right : null,
      svgTop: outer ? outer.top + scrollY : null, svgBottom: outer ? outer.bottom + scrollY : null,
      size: parseFloat(getComputedStyle(parent).fontSize) * scale,
    });
  }
}
return seen;
"""

OVERFLOWING = """
const wrong = [];
for (const element of document.querySelectorAll('h1, h2, h3, p, li, dt, dd, figure, figcaption, .figure, .badge, .drawing, summary')) {
  if (!element.checkVisibility() || element.closest('.unseen, .skip, nav')) continue;
  const style = getComputedStyle(element);
  if (element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0 && style.display !== 'inline')
    wrong.push(element.tagName + '.' + element.className + ': '
      + element.textContent.trim().slice(0, 60) + ' ' + element.scrollWidth + '>' + element.clientWidth);
}
return wrong;
"""


@pytest.fixture(scope="module")
def page_of(sample_build: SampleBuild, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The report of a company as a file."""
    folder = tmp_path_factory.mktemp("pages")
    made: dict[str, Path] = {}

    def find(name: str) -> Path:
        if name not in made:
            path = (
                sample_build.database
                if name == "sample"
                else publish_company(sample_build, COMPANIES[name](), folder / str(len(made)))
            )
            made[name] = folder / f"{len(made)}.html"
            made[name].write_text(render(build_report(path), "html"), encoding="utf-8")
        return made[name]

    return find


@pytest.fixture(scope="module")
def driver() -> Iterator[Any]:
    with browser() as found:
        yield found


def overlapping(boxes: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Pairs of texts whose boxes share more than a sliver."""
    found = []
    ordered = sorted((box for box in boxes if not box["sticky"]), key=lambda box: box["top"])
    for place, one in enumerate(ordered):
        for other in ordered[place + 1 :]:
            if other["top"] >= one["bottom"]:
                break
            wide = min(one["right"], other["right"]) - max(one["left"], other["left"])
            high = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])
            # a line's box is taller than its letters, so lines may touch; a third of the smaller height is an overlap
            if wide > 1.5 and high > 0.34 * min(one["bottom"] - one["top"], other["bottom"] - other["top"]):
                found.append((one["text"], other["text"]))
    return found


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]} px {size[1]}")
@pytest.mark.parametrize("company", AWKWARD)
def test_nothing_overflows_or_overlaps(
    driver: Any, page_of: Callable[[str], Path], company: str, size: tuple[int, str]
) -> None:
    show(driver, page_of(company), *size)
    assert driver.execute_script("return document.documentElement.scrollWidth") <= size[0]
    boxes = driver.execute_script(BOXES)
    assert len(boxes) > 30
    assert overlapping(boxes) == []
    outside = [
        (box["text"], box["svg"])
        for box in boxes
        if box["svg"]
        and (
            box["left"] < box["svgLeft"] - 1
            or box["right"] > box["svgRight"] + 1
            or box["top"] < box["svgTop"] - 1
            or box["bottom"] > box["svgBottom"] + 1
        )
    ]
    assert outside == []
    assert [box["text"] for box in boxes if box["svg"] and box["size"] < 8.5] == []
    assert driver.execute_script(OVERFLOWING) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_passes_an_accessibility_check(driver: Any, page_of: Callable[[str], Path], scheme: str) -> None:
    axe_core_python = pytest.importorskip(
        "axe_core_python", reason="ACCESSIBILITY NOT CHECKED: pip install axe-core-python"
    )
    script = next(Path(axe_core_python.__file__).parent.glob("*.js")).read_text(encoding="utf-8")
    show(driver, page_of("sample"), 1400, scheme=scheme)
    driver.execute_script("document.querySelectorAll('details').forEach(details => details.open = true)")
    driver.execute_script(script)
    driver.set_script_timeout(300)
    result = driver.execute_async_script("const done = arguments[0]; axe.run(document).then(done)")
    driver.execute_script("document.querySelectorAll('details').forEach(details => details.open = false)")
    assert len(result["passes"]) > 25
    assert [(rule["id"], [node["html"][:120] for node in rule["nodes"][:3]]) for rule in result["violations"]] == []


def test_the_page_asks_nothing_of_the_network_and_breaks_no_rule_of_its_own(
    driver: Any, page_of: Callable[[str], Path]
) -> None:
    driver.get("about:blank")
    driver.get_log("browser")
    show(driver, page_of("sample"), 1400)
    assert driver.execute_script("return performance.getEntriesByType('resource').length") == 0
    assert driver.get_log("browser") == []
    # the style sheet is in force, so its hash in the content policy is right
    assert driver.execute_script("return getComputedStyle(document.querySelector('.figures')).display") == "grid"


def test_dark_mode_is_dark(driver: Any, page_of: Callable[[str], Path]) -> None:
    def lightness(scheme: str) -> int:
        show(driver, page_of("sample"), 1400, scheme=scheme)
        colour = driver.execute_script("return getComputedStyle(document.body).backgroundColor")
        return sum(int(part) for part in re.findall(r"\d+", colour)[:3])

    assert lightness("light") > 700 and lightness("dark") < 150


def test_data_tables_stand_open_on_paper_and_shut_on_screen(driver: Any, page_of: Callable[[str], Path]) -> None:
    from selenium.webdriver.support.ui import WebDriverWait

    script = "return [...document.querySelectorAll('details.data table')].map(table => table.checkVisibility({contentVisibilityAuto: true}))"
    show(driver, page_of("sample"), 1400)
    on_screen = driver.execute_script(script)
    assert len(on_screen) > 4 and not any(on_screen)
    show(driver, page_of("sample"), 688, "print")
    # a busy browser opens them a frame later
    WebDriverWait(driver, 20).until(lambda driver: all(driver.execute_script(script)), "not all tables stand open")


@pytest.mark.parametrize(("paper", "width", "height"), [("A4", 8.27, 11.69), ("Letter", 8.5, 11.0)])
def test_the_page_prints(driver: Any, page_of: Callable[[str], Path], paper: str, width: float, height: float) -> None:
    show(driver, page_of("sample"), 1400, "")
    printed = driver.execute_cdp_cmd(
        "Page.printToPDF",
        {"paperWidth": width, "paperHeight": height, "generateTaggedPDF": True, "printBackground": True},
    )
    content = base64.b64decode(printed["data"])
    assert content.startswith(b"%PDF")
    pages = len(re.findall(rb"/Type\s*/Page\b(?!s)", content))
    assert 6 <= pages <= 28


def test_sections_are_reached_by_their_links(driver: Any, page_of: Callable[[str], Path]) -> None:
    show(driver, page_of("sample"), 1400)
    links = driver.find_elements("css selector", "nav a")
    assert len(links) == 19
    links[5].click()
    target = driver.execute_script("return document.querySelector(location.hash).getBoundingClientRect().top")
    # below the bar that stays in place
    assert -60 < target < 120


# ---------------------------------------------------------------- the site of dbt docs


@pytest.fixture(scope="module")
def site(sample_build: SampleBuild) -> Path:
    run = sample_build.dbt("docs", "generate", "--static", target="docs")
    assert run.returncode == 0, run.stdout + run.stderr
    return sample_build.folder / "docs" / "static_index.html"


OVERVIEW = (ROOT / "models/overview.md").read_text(encoding="utf-8")

# The lineage of a page is drawn by Cytoscape, on a canvas: its own records say what is drawn, and where an arrow ends.
DRAWN = """
const holder = document.querySelector('.__________cytoscape_container');
const graph = holder && holder._cyreg && holder._cyreg.cy;
if (!graph) return null;
return graph.nodes(':visible').map(node => [node.id(), node.outgoers('edge:visible').map(edge => edge.target().id())]);
"""


def _until(driver: Any, find: Callable[[Any], Any]) -> Any:
    """What `find` finds, once it finds something; a machine under load may take its time to draw a page of 5 MB."""
    from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
    from selenium.webdriver.support.ui import WebDriverWait

    gone = (NoSuchElementException, StaleElementReferenceException)
    return WebDriverWait(driver, 240, ignored_exceptions=gone).until(find)


def _until_shown(driver: Any, text: str) -> None:
    assert _until(driver, lambda found: text in found.find_element("css selector", "body").text)


def test_the_docs_site_leads_from_a_question_to_its_table_and_on_to_the_report(
    driver: Any, site: Path, sample_build: SampleBuild
) -> None:
    question, table = "Did the win rate move, or is it chance? Are sales faster?", "win_rates_by_quarter"
    assert f"| {question} | [{table}]" in OVERVIEW
    show(driver, site, 1400)
    row = _until(
        driver,
        lambda found: next((row for row in found.find_elements("css selector", "tr") if question in row.text), None),
    )
    row.find_element("link text", table).click()

    # the table: what a row is, and every column with its meaning
    described = sample_build.models()[table]
    _until_shown(driver, described["description"].splitlines()[0][:60])
    columns = [row.find_elements("css selector", "td") for row in driver.find_elements("css selector", "tr.column-row")]
    assert [cells[0].text for cells in columns] == list(described["columns"])
    assert [cells[0].text for cells in columns if len(cells[2].text) < 10] == []

    # its lineage: an arrow to the report, where it ends
    report = "exposure.winloss.quarterly_report"
    driver.find_element("css selector", ".launcher-btn").click()
    drawn = dict(_until(driver, lambda found: found.execute_script(DRAWN)))
    assert report in drawn[f"model.winloss.{table}"] and drawn[report] == []
    assert "model.winloss.fct_closed_deals" in drawn

    # and by links: the report it serves, and from there another table
    driver.get(f"{site.as_uri()}#!/model/model.winloss.{table}")
    _until(driver, lambda found: found.find_element("link text", "Exposures")).click()
    _until(driver, lambda found: found.find_element("css selector", f"a[href$='#!/exposure/{report}']")).click()
    _until_shown(driver, "The page leadership gets once a quarter")
    _until_shown(driver, "Sales operations")
    _until(driver, lambda found: found.find_element("link text", "win_rate_baseline")).click()
    _until_shown(driver, sample_build.models()["win_rate_baseline"]["description"].splitlines()[0][:60])


def test_every_table_of_the_overview_is_there_and_every_question_has_one(sample_build: SampleBuild) -> None:
    linked = re.findall(r"\[(\w+)\]\(#!/(?:model/model|exposure/exposure)\.winloss\.(\w+)\)", OVERVIEW)
    assert len(linked) > 30 and [pair for pair in linked if pair[0] != pair[1]] == []
    assert {name for name, _ in linked} <= {*sample_build.models(), "quarterly_report"}
    questions = re.findall(r"^\| ([^|]+\?) \| ([^|]+) \|$", OVERVIEW, re.MULTILINE)
    assert len(questions) > 20 and [question for question, tables in questions if "](#!/model/" not in tables] == []


def test_every_published_answer_the_report_reads_is_named_by_the_exposure(sample_build: SampleBuild) -> None:
    from winloss.report.marts import read_marts

    read = set(read_marts(sample_build.database).tables) - {"run_history"}
    exposure = sample_build.manifest["exposures"]["exposure.winloss.quarterly_report"]
    assert {name.rpartition(".")[2] for name in exposure["depends_on"]["nodes"]} == read
    assert (ROOT / "models/overview.md").is_file()

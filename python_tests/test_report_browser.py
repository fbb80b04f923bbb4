"""The report in a real browser: nothing overflows or overlaps, nothing is fetched, and everyone can read it."""

import base64
import itertools
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from python_tests.browser import browser, needs_browser, show
from python_tests.conftest import ROOT, SampleBuild
from python_tests.picture import WIDTH, picture_of
from python_tests.report_companies import COMPANIES, publish_company
from winloss.report import render
from winloss.report.build import brief_on, report_on
from winloss.report.marts import Marts, Record, ReportError, read_marts

pytestmark = [pytest.mark.browser, needs_browser]

AWKWARD = [
    "very long names",
    "right-to-left names and emoji",
    "10,000 segments",
    "one deal",
    "nothing closed",
]

# Width in pixels and medium. A4 less its margins is 688 pixels wide and 1020 high.
SIZES = [(360, "screen"), (800, "screen"), (1400, "screen"), (688, "print")]
A4 = {"paperWidth": 8.27, "paperHeight": 11.69, "preferCSSPageSize": True, "printBackground": True}
LETTER = {"paperWidth": 8.5, "paperHeight": 11.0, "printBackground": True}

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
  const frame = parent.closest('.scroll');
  const edge = frame ? frame.getBoundingClientRect() : {left: -1e9, right: 1e9};
  for (const box of range.getClientRects()) {
    const left = Math.max(box.left, edge.left), right = Math.min(box.right, edge.right);
    if (right - left < 1 || box.height < 1) continue;
    seen.push({
      text: node.textContent.trim().slice(0, 60), left, right, top: box.top + scrollY, bottom: box.bottom + scrollY,
      sticky: !!parent.closest('nav'), size: parseFloat(getComputedStyle(parent).fontSize),
    });
  }
}
return seen;
"""

OVERFLOWING = """
const wrong = [];
for (const element of document.querySelectorAll('h1, h2, h3, p, li, dt, dd, figure, figcaption, .tile, .badge, summary')) {
  if (!element.checkVisibility() || element.closest('.unseen, .skip, nav')) continue;
  const style = getComputedStyle(element);
  if (element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0 && style.display !== 'inline')
    wrong.push(element.tagName + '.' + element.className + ': '
      + element.textContent.trim().slice(0, 60) + ' ' + element.scrollWidth + '>' + element.clientWidth);
}
return wrong;
"""

# Words of up to sixteen letters that stand on two lines; a longer one may have to break.
BROKEN = """
const wrong = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const node = walker.currentNode;
  if (node.parentElement.closest('title, desc, .unseen, .skip, style, svg, code') || !node.parentElement.checkVisibility()) continue;
  for (const word of node.textContent.matchAll(/[A-Za-z]{2,16}/g)) {
    // a name that may break stands in several stretches
    if (node.nextSibling && node.nextSibling.nodeName === 'WBR' || node.previousSibling && node.previousSibling.nodeName === 'WBR') continue;
    const range = document.createRange();
    range.setStart(node, word.index);
    range.setEnd(node, word.index + word[0].length);
    const tops = new Set([...range.getClientRects()].filter(box => box.width > 0).map(box => Math.round(box.top)));
    if (tops.size > 1) wrong.push(word[0]);
  }
}
return wrong;
"""

# Pages laid side by side as columns, which break by the same rules: headings whose next element begins on another page.
TORN = """
const wide = 688, high = 1020, gap = 40;
document.body.style.cssText = `width: ${wide}px; height: ${high}px; column-width: ${wide}px; column-gap: ${gap}px; column-fill: auto;`;
document.querySelectorAll('#why').forEach(section => section.style.breakBefore = 'column');
const page = element => Math.floor((element.getClientRects()[0].left + scrollX + 1) / (wide + gap));
const wrong = [];
let last = 0;
for (const heading of document.querySelectorAll('main h2, main h3')) {
  if (!heading.checkVisibility() || heading.closest('.unseen') || !heading.getClientRects().length) continue;
  // a heading of a section leads to its first chart, that of a chart to its first row
  const chart = heading.parentElement.querySelector(':scope > figure, :scope > .pair figure, :scope > .scroll');
  const next = chart && chart.querySelector('tbody tr, svg.c') || heading.nextElementSibling;
  if (next && next.getClientRects().length && page(next) !== page(heading)) wrong.push(heading.textContent.trim());
  last = Math.max(last, page(heading));
}
document.body.style.cssText = '';
return [last + 1, wrong];
"""


def grown(marts: Marts, is_named: bool = True) -> Marts:
    """The same rows with amounts of twelve digits and more in a currency that is written out, and names of sixty letters."""
    names = (
        ()
        if not is_named
        else ("segment", "segment_label", "persona", "competitor", "source_row", "stage", "second_segment")
    )

    def longer(row: Record) -> Record:
        is_amount = "amount" in str(row.get("measure"))
        values = {
            name: value * 10_000_000
            if isinstance(value, float) and ("amount" in name or (is_amount and name != "deals"))
            else f"{value} and all of its many subsidiaries in the north and the south"[:60]
            if name in names and isinstance(value, str) and value != "unknown"
            else "CHF"
            if name == "value_currency"
            else value
            for name, value in row.items()
        }
        if row.get("setting") == "company_name":
            values["value"] = "Extraordinarily Long Holding Company of the Northern Hemisphere"
        return Record(row.table, tuple(row.key), values)

    return Marts(
        marts.path,
        {name: tuple(longer(row) for row in rows) for name, rows in marts.tables.items()},
        marts.segment_counts,
    )


def later(marts: Marts) -> Marts:
    """The same report as the second one, with seven statements each that are new, gone and still said."""
    rows = tuple(
        Record("report_changes", ("about",), {"about": f"{state} {number}", "state": state, "kind": "action", "grade": "strong",
            "previous_grade": None, "statement": f"Target more: Revenue band number {number} of the list", "place": number,
            "compared_quarter": "2025-Q3"})
        for state in ("new", "gone", "still") for number in range(7)
    )  # fmt: skip
    return Marts(marts.path, {**marts.tables, "report_changes": rows}, marts.segment_counts)


MADE: dict[str, Callable[[Marts], Any]] = {
    "sample": report_on,
    "large amounts": lambda marts: report_on(grown(marts, is_named=False)),
    "large amounts and long names": lambda marts: report_on(grown(marts)),
    "second report": lambda marts: report_on(later(marts)),
    "brief": lambda marts: brief_on(later(marts)),
}


@pytest.fixture(scope="module")
def page_of(sample_build: SampleBuild, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The report of a company as a file."""
    folder = tmp_path_factory.mktemp("pages")
    made: dict[str, Path] = {}

    def find(name: str) -> Path:
        if name not in made:
            path = (
                sample_build.database
                if name in MADE
                else publish_company(sample_build, COMPANIES[name](), folder / str(len(made)))
            )
            report = MADE.get(name, report_on)(read_marts(path))
            made[name] = folder / f"{len(made)}.html"
            made[name].write_text(render(report, "html"), encoding="utf-8")
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


@pytest.mark.parametrize("company", [*MADE, *AWKWARD])
def test_nothing_overflows_overlaps_or_breaks_at_any_width(
    driver: Any, page_of: Callable[[str], Path], company: str
) -> None:
    wrong = []
    for width, medium in SIZES:
        show(driver, page_of(company), width, medium)
        boxes = driver.execute_script(BOXES)
        assert len(boxes) > 20
        found = {
            "wide": [wide]
            if (wide := driver.execute_script("return document.documentElement.scrollWidth")) > width
            else [],
            "overlapping": overlapping(boxes),
            "small": [box["text"] for box in boxes if box["size"] < 8],
            "overflowing": driver.execute_script(OVERFLOWING),
            "broken": driver.execute_script(BROKEN),
        }
        wrong += [(width, medium, name, what[:5]) for name, what in found.items() if what]
    assert wrong == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_passes_an_accessibility_check(driver: Any, page_of: Callable[[str], Path], scheme: str) -> None:
    axe_core_python = pytest.importorskip(
        "axe_core_python", reason="ACCESSIBILITY NOT CHECKED: pip install axe-core-python"
    )
    script = next(Path(axe_core_python.__file__).parent.glob("*.js")).read_text(encoding="utf-8")
    show(driver, page_of("second report"), 1400, scheme=scheme)
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
    assert driver.execute_script("return getComputedStyle(document.querySelector('.tiles')).display") == "grid"
    # one heading of the first level, none skipped
    levels = driver.execute_script(
        "return [...document.querySelectorAll('h1, h2, h3, h4')].map(found => +found.tagName[1])"
    )
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    # and a dark page where the reader's system is dark
    for scheme, is_right in (("light", lambda sum_: sum_ > 700), ("dark", lambda sum_: sum_ < 150)):
        show(driver, page_of("sample"), 1400, scheme=scheme)
        colour = driver.execute_script("return getComputedStyle(document.body).backgroundColor")
        assert is_right(sum(int(part) for part in re.findall(r"\d+", colour)[:3]))


def pages(driver: Any, page: Path, paper: dict[str, Any]) -> int:
    show(driver, page, 1400, "")
    content = base64.b64decode(driver.execute_cdp_cmd("Page.printToPDF", paper)["data"])
    assert content.startswith(b"%PDF")
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", content))


def test_the_report_prints_on_eight_pages_and_the_brief_on_one(driver: Any, page_of: Callable[[str], Path]) -> None:
    printed = {name: pages(driver, page_of(name), A4) for name in ("sample", "large amounts", "second report", "brief")}
    assert printed["brief"] == 1
    assert all(6 <= count <= 8 for name, count in printed.items() if name != "brief"), printed
    assert pages(driver, page_of("sample"), LETTER) <= 9


@pytest.mark.parametrize("company", ["sample", "large amounts and long names"])
def test_no_heading_is_torn_from_what_it_heads(driver: Any, page_of: Callable[[str], Path], company: str) -> None:
    show(driver, page_of(company), 688, "print")
    count, torn = driver.execute_script(TORN)
    assert 6 <= count <= 12
    assert torn == []


def test_the_picture_of_the_readme_is_made_of_the_sample_alone(sample_build: SampleBuild, tmp_path: Path) -> None:
    drawn = picture_of(sample_build.folder / "published.duckdb")
    assert drawn.startswith(b"\x89PNG") and len(drawn) < 200_000
    kept = (ROOT / "docs/report.png").read_bytes()
    assert drawn[16:20] == kept[16:20] == WIDTH.to_bytes(4, "big")
    other = tmp_path / "marts.duckdb"
    shutil.copyfile(sample_build.folder / "published.duckdb", other)
    with duckdb.connect(str(other)) as connection:
        connection.execute("update run_history set crm = 'salesforce'")
    with pytest.raises(ReportError, match="is not of the sample company"):
        picture_of(other)


def test_an_appendix_is_printed_only_when_it_is_open(driver: Any, page_of: Callable[[str], Path]) -> None:
    script = "return [...document.querySelectorAll(arguments[0])].map(found => found.checkVisibility({contentVisibilityAuto: true}))"
    show(driver, page_of("sample"), 688, "print")
    for selector in ("#appendix", "details.data", "nav"):
        shut = driver.execute_script(script, selector)
        assert shut and not any(shut), selector
    driver.execute_script("document.getElementById('appendix').open = true")
    assert all(driver.execute_script(script, "#appendix table"))
    driver.execute_script("document.getElementById('appendix').open = false")


def test_sections_are_reached_by_their_links(driver: Any, page_of: Callable[[str], Path]) -> None:
    show(driver, page_of("sample"), 1400)
    links = driver.find_elements("css selector", "nav a")
    assert len(links) == 15
    # a click of the driver's own takes what is in a closed <details> for hidden, also where the style shows it
    assert driver.execute_script("return arguments[0].checkVisibility({contentVisibilityAuto: true})", links[5])
    driver.execute_script("arguments[0].click()", links[5])
    target = driver.execute_script("return document.querySelector(location.hash).getBoundingClientRect().top")
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
    read = {node for node in described["depends_on"]["nodes"] if node.startswith("model.")}
    assert read and read <= drawn.keys()

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
    read = set(read_marts(sample_build.database).tables) - {"run_history"}
    exposure = sample_build.manifest["exposures"]["exposure.winloss.quarterly_report"]
    assert {name.rpartition(".")[2] for name in exposure["depends_on"]["nodes"]} == read
    assert (ROOT / "models/overview.md").is_file()

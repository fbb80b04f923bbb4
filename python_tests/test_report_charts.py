"""What is drawn on the page is what the published tables say: the drawings are read back from the page as a reader sees them."""

from __future__ import annotations

import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import duckdb
import pytest

from python_tests.conftest import SampleBuild
from winloss.report.charts import Promise, Promises, promises
from winloss.report.render import write_report

_SVG = re.compile(r'<svg (?:class="c" )?width="100%".*?</svg>(?=</div>|\s*<figcaption|\s*<details)', re.DOTALL)


@pytest.fixture(scope="module")
def page(sample_build: SampleBuild, tmp_path_factory: pytest.TempPathFactory) -> str:
    out = tmp_path_factory.mktemp("page") / "report.html"
    return write_report(sample_build.folder / "published.duckdb", out).read_text(encoding="utf-8")


def drawings(page: str, section: str, heading: str) -> list[Element]:
    """The drawings of a figure, from the section and what its heading begins with; axes are left out."""
    inside = page.partition(f'<section id="{section}"')[2].partition("</section>")[0]
    figure = inside.partition(f"<h3>{heading}")[2].partition("</figure>")[0].partition("<details")[0]
    body = figure.partition("<tbody>")[2] or figure
    return [ElementTree.fromstring(found) for found in _SVG.findall(body + "\n<details")]


def percent(element: Element, name: str) -> float:
    return float(element.attrib[name].rstrip("%")) / 100


def bars(drawing: Element) -> list[tuple[str, float, float]]:
    """What fills each bar, where it begins and how long it is, in parts of the width."""
    return [(one.attrib["fill"], percent(one, "x"), percent(one, "width")) for one in drawing.iter("rect")]


def one(build: SampleBuild, sql: str) -> dict[str, float]:
    return rows(build, sql)[0]


def rows(build: SampleBuild, sql: str) -> list[dict[str, float]]:
    with duckdb.connect(str(build.folder / "published.duckdb"), read_only=True) as connection:
        answer = connection.execute(sql)
        return [dict(zip([column[0] for column in answer.description], values)) for values in answer.fetchall()]


def test_bars_of_competition_are_the_shares_of_won_and_of_lost_deals(page: str, sample_build: SampleBuild) -> None:
    told = one(sample_build, "select * from competition_coverage where period = 'window'")
    lost = {name: told[f"{name}_deals"] - told[f"{name}_won_deals"] for name in ("named", "none", "unknown")}
    won = {name: told[f"{name}_won_deals"] for name in lost}
    drawn = drawings(page, "against-whom", "A competitor is named on")
    for drawing, counts in zip(drawn, (won, lost), strict=True):
        whole = sum(counts.values())
        assert [length for _, _, length in bars(drawing)] == pytest.approx(
            [deals / whole for deals in counts.values() if deals], abs=0.002
        )
        assert bars(drawing)[-1][0] == "url(#hatch)"


def test_dots_of_few_and_many_contacts_stand_where_their_rates_are(page: str, sample_build: SampleBuild) -> None:
    drawn = drawings(page, "who-buys", "Win rate with fewer")
    for drawing, moment in zip(drawn, ("early", "at close"), strict=True):
        told = one(sample_build, f"select * from multithreading where period = 'window' and moment = '{moment}'")
        dots = list(drawing.iter("circle"))
        assert [percent(dot, "cx") for dot in dots] == pytest.approx(
            [told["few_win_rate"], told["many_win_rate"]], abs=0.001
        )
        # few above many, and the one that proves nothing hollow, for who sees no colour
        assert [dot.attrib["cy"] for dot in dots] == ["28%", "72%"]
        assert all(("f-paper" in dot.attrib["class"]) == (moment == "at close") for dot in dots)
        whiskers = [line for line in drawing.iter("line") if "y1" in line.attrib]
        assert [(percent(line, "x1"), percent(line, "x2")) for line in whiskers] == [
            pytest.approx((told[f"{side}_win_rate_low"], told[f"{side}_win_rate_high"]), abs=0.001)
            for side in ("few", "many")
        ]
        assert [line.attrib["y1"] for line in whiskers] == ["28%", "72%"]


def axis(texts: list[Element]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Of labels in percent, the first and the last: a value and its place in pixels."""
    found = [
        (float((text.text or "").rstrip("%")) / 100, float(text.attrib["y"]) - 4)
        for text in texts
        if text.attrib["x"] == "0" and (text.text or "").endswith("%")
    ]
    return found[0], found[-1]


def test_dots_of_tiers_stand_where_promise_and_outcome_meet(page: str, sample_build: SampleBuild) -> None:
    told = rows(sample_build, "select * from account_tiers where judged_deals > 0 order by promised_win_rate")
    assert len(told) > 1
    (drawing,) = drawings(page, "accounts", "Every tier kept its promise")
    (low, y_low), (high, y_high) = axis(list(drawing.iter("text")))
    lines = list(drawing.iter("line"))
    [diagonal] = [line for line in lines if "stroke-dasharray" in line.attrib]
    left, right = percent(diagonal, "x1"), percent(diagonal, "x2")
    assert [float(diagonal.attrib[name]) for name in ("y1", "y2")] == pytest.approx([y_low, y_high], abs=0.1)

    def promised(element: Element, name: str) -> float:
        return low + (percent(element, name) - left) / (right - left) * (high - low)

    def won(element: Element, name: str) -> float:
        return low + (float(element.attrib[name]) - y_low) / (y_high - y_low) * (high - low)

    dots = list(drawing.iter("circle"))
    assert [(promised(dot, "cx"), won(dot, "cy")) for dot in dots] == [
        pytest.approx((tier["promised_win_rate"], tier["judged_win_rate"]), abs=0.003) for tier in told
    ]
    whiskers = [line for line in lines if "s-main" in line.attrib["class"]]
    assert [(won(line, "y1"), won(line, "y2")) for line in whiskers] == [
        pytest.approx((tier["judged_win_rate_low"], tier["judged_win_rate_high"]), abs=0.003) for tier in told
    ]
    # who sees no drawing is told the same
    words = drawing.find("desc")
    assert words is not None and all(f"tier {tier['tier']}, promised" in (words.text or "") for tier in told)


def test_bars_of_accounts_are_as_long_as_tiers_are_large(page: str, sample_build: SampleBuild) -> None:
    told = rows(sample_build, "select * from account_tiers order by tier")
    most = max(tier["accounts"] or 0 for tier in told)
    for drawing, tier in zip(drawings(page, "accounts", "Accounts by tier"), told, strict=True):
        assert sum(length for _, _, length in bars(drawing)) == pytest.approx((tier["accounts"] or 0) / most, abs=0.003)


def test_labels_of_dots_that_stand_close_stand_on_either_side() -> None:
    """Promised .50 and .52 of an axis from 30 to 70 %: the second label stands below its interval."""
    near = Promises((Promise("B 55%", 0.52, 0.55, 0.5, 0.6), Promise("C 45%", 0.5, 0.45, 0.35, 0.55)))
    drawing = ElementTree.fromstring(promises(near, "t", "t", "d"))
    places = {text.text: float(text.attrib["y"]) for text in drawing.iter("text")}
    ends = {
        line.attrib["x1"]: sorted((float(line.attrib["y1"]), float(line.attrib["y2"])))
        for line in drawing.iter("line")
        if "s-main" in line.attrib["class"]
    }
    (first, second) = (ends[place] for place in sorted(ends))
    assert places["C 45%"] < first[0]
    assert places["B 55%"] > second[1]

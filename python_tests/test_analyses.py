"""Every question of docs/questions.md is a query that runs on the sample company and answers something."""

import re
from pathlib import Path

import pytest

from python_tests.conftest import ROOT, SampleBuild

ANALYSES = sorted((ROOT / "analyses").glob("*.sql"))
# Needs the variable quota_amount, which no one can guess.
EMPTY_ON_THE_SAMPLE = {
    "what_is_the_first_recommendation_worth": {"revenue_gain", "revenue_gain_low", "revenue_gain_high", "net_gain"},
    # its closed rate lies inside the interval of its pace
    "does_the_closed_win_rate_flatter": {"grade"},
}
PAGE = (ROOT / "docs" / "questions.md").read_text(encoding="utf-8")


def questions() -> list[tuple[str, str, str]]:
    """Table, question and name of the query, from the table of the page."""
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", PAGE, flags=re.MULTILINE)
    return [
        (table, question, name)
        for table, cell in rows
        for question, name in re.findall(r"\[([^]]+)]\(\.\./analyses/(\w+)\.sql\)", cell)
    ]


def question_of(query: Path) -> str:
    """The comment a query begins with, up to its question mark."""
    lines = query.read_text(encoding="utf-8").splitlines()
    comment = " ".join(line.removeprefix("-- ") for line in lines[: lines.index("") if "" in lines else 1])
    assert lines[0].startswith("-- ") and "?" in comment, (
        f"{query.name} does not begin with `-- Its question?` and a blank line"
    )
    return comment[: comment.index("?") + 1]


@pytest.fixture(scope="session")
def compiled(sample_build: SampleBuild) -> Path:
    run = sample_build.dbt("compile", "--select", "path:analyses", target="analyses")
    assert run.returncode == 0, run.stdout
    return sample_build.folder / "analyses" / "compiled" / "winloss" / "analyses"


@pytest.mark.parametrize("query", ANALYSES, ids=lambda query: query.stem)
def test_query_answers_something_on_the_sample(query: Path, compiled: Path, sample_build: SampleBuild) -> None:
    rows = sample_build.rows((compiled / query.name).read_text(encoding="utf-8"))
    assert rows
    empty = {column for column in rows[0] if all(row[column] is None for row in rows)}
    assert {column for column in empty if not column.endswith(("_reason", "_warning"))} <= EMPTY_ON_THE_SAMPLE.get(
        query.stem, set()
    )


@pytest.mark.parametrize("query", ANALYSES, ids=lambda query: query.stem)
def test_query_begins_with_the_question_of_the_page_and_reads_its_table(query: Path) -> None:
    text, asked = query.read_text(encoding="utf-8"), question_of(query)
    named = [(table, question) for table, question, name in questions() if name == query.stem]
    link = f"[{asked}](../analyses/{query.name})"
    assert named, f"docs/questions.md: add `{link}` to the row of the table it reads"
    for table, question in named:
        assert question == asked, f"docs/questions.md, row of `{table}`: write `{link}`, as the query begins"
        assert f"ref('{table}')" in text, f"docs/questions.md: `{link}` stands in the row of `{table}`, not read there"


def test_every_question_of_the_page_has_a_query() -> None:
    gone = {name for _, _, name in questions()} - {query.stem for query in ANALYSES}
    assert not gone, f"docs/questions.md leads to queries that are not in analyses/: {', '.join(sorted(gone))}"
    twice = {name for _, _, name in questions() if [asked for _, _, asked in questions()].count(name) > 1}
    assert not twice, f"docs/questions.md names queries twice: {', '.join(sorted(twice))}"

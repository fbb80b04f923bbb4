"""The questions under `analyses/`: plain SQL of them for any client of the published file, and which of them a sentence asks.

A query there is plain SQL but for `ref()`, begins with its question as a comment, and runs on DuckDB and SQLite alike.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from winloss.settings import PROJECT

FOLDER = PROJECT / "analyses"

_REF = re.compile(r"\{\{\s*ref\(\s*['\"](\w+)['\"]\s*\)\s*\}\}")
_WORD = re.compile(r"[^\W_]+")
_TIME = re.compile(r"(?:fy)?(?:q[1-4]|20\d\d|\d\dq[1-4])")

_COMMON = frozenset(
    (
        "a all an and any anything are as at be best biggest bring brings by can could data did do does each every everything for from get getting "
        "good had has have help helps how i in into is it last look looks many matter may me mean most much my of on or our over per sales show "
        "something tell than that the their them there these they this to us was we were what when where which who whose why will with would you your"
    ).split()
)
"""Words that many questions have: they decide between questions that match alike."""

_ALIKE = {
    word: words.split()[0]
    for words in (
        "win wins won winning winners beat beats hurt hurts",
        "lose loses lost losing loss losses",
        "deal deals opportunity opportunities",
        "reason reasons",
        "rate rates",
        "competitor competitors competition competitive against whom rival rivals",
        "industry industries vertical verticals",
        "region regions territory territories",
        "quarter quarters quarterly month monthly time trend trends year years",
        "persona personas buyer buyers",
        "people person contact contacts multithreading stakeholders",
        "segment segments",
        "stage stages funnel",
        "large largest size big small",
        "worth value values amount amounts revenue",
        "price pricing expensive cost costs",
        "long fast faster quick cycle velocity speed",
        "aim target focus icp",
        "account accounts customer customers company companies",
        "line lines row rows record records",
        "recommend recommended recommendation recommendations advice advised advise",
        "change changed changes move moved",
        "score threshold bar qualification",
        "pipeline open coverage",
        "fields field column columns",
        "stay stays stuck stall stalls stalled",
        "decides decide decider decision maker makers",
        "role roles champion champions",
        "typical average mean median",
        "empty complete completeness filled missing",
        "close closes closed closing",
        "deal_type renewal renewals new business",
    )
    for word in words.split()
}
"""Words by the one they count as."""


@dataclass(frozen=True)
class Question:
    """A query of `analyses/`: the question, the tables it reads and its SQL, with tables by their bare names."""

    name: str
    text: str
    tables: frozenset[str]
    sql: str

    @property
    def is_plain(self) -> bool:
        return "{{" not in self.sql and "{%" not in self.sql


def read_questions(folder: Path = FOLDER) -> list[Question]:
    """The questions of `folder` in the order of their names; none where there is no such folder."""
    found = []
    for path in sorted(folder.glob("*.sql")):
        text = path.read_text(encoding="utf-8").strip()
        comment = re.match(r"(?:--.*\n)+", text + "\n")
        words = " ".join(line.removeprefix("--").strip() for line in comment[0].splitlines()) if comment else path.stem
        asked = words[: words.index("?") + 1] if "?" in words else words
        found.append(Question(path.stem, asked, frozenset(_REF.findall(text)), _REF.sub(r"\1", text)))
    return found


def askable(questions: Sequence[Question], columns_left_out: Mapping[str, Sequence[str]]) -> list[Question]:
    """The plain questions that the published tables answer; `columns_left_out` are the columns that each of these lacks."""
    return [
        question
        for question in questions
        if question.is_plain
        and question.tables <= set(columns_left_out)
        and not any(
            re.search(rf"\b{column}\b", question.sql) for table in question.tables for column in columns_left_out[table]
        )
    ]


def as_script(questions: Sequence[Question]) -> str:
    """All questions as one file of SQL, a statement each."""
    return "\n\n".join(f"{question.sql.rstrip().rstrip(';')};" for question in questions) + "\n"


def nearest(asked: str, questions: Sequence[Question]) -> tuple[list[Question], bool]:
    """The questions of which `asked` has most words, the best first, and whether the first one is what was asked.

    A word weighs the more the fewer questions have it. The best one must have half of the weight of `asked`; the order of words and
    common words decide between those that match alike.
    """
    words = {question: _words(question.text) for question in questions}
    frequency: dict[str, int] = {}
    for of in words.values():
        for word in set(of):
            frequency[word] = frequency.get(word, 0) + 1
    wanted = _words(asked)
    telling = {word for word in wanted if word not in _COMMON} or set(wanted)

    def weight(word: str) -> float:
        return math.log((len(words) + 1) / (frequency.get(word, 0) + 0.5))

    total = sum(weight(word) for word in sorted(telling))

    def closeness(question: Question) -> tuple[float, int, int, int, int]:
        of, first = words[question], _words(question.text.split(",")[0])
        found = sum(weight(word) for word in sorted(telling & set(of)))
        share = round(found / total, 6) if total else 0.0
        return share, _run(wanted, of), len(set(wanted) & set(of)), -len(set(first) - _COMMON - telling), -len(of)

    ranked = sorted(questions, key=lambda question: (*(-part for part in closeness(question)), question.name))
    return ranked, bool(ranked) and closeness(ranked[0])[0] >= 0.5


def _words(text: str) -> list[str]:
    return [_meant(word) for word in _WORD.findall(text.lower().replace("deal type", "renewal"))]


def _meant(word: str) -> str:
    """The word it counts as: that of its meaning, else without the ending of the plural; any quarter or year is a time."""
    if _TIME.fullmatch(word):
        return _ALIKE["quarter"]
    singular = word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
    return _ALIKE.get(word) or _ALIKE.get(singular) or singular


def _run(one: Sequence[str], other: Sequence[str]) -> int:
    """The length of the longest run of words that both have."""
    lengths = [0] * (len(other) + 1)
    longest = 0
    for word in one:
        lengths = [0, *(lengths[place] + 1 if word == of else 0 for place, of in enumerate(other))]
        longest = max(longest, *lengths)
    return longest

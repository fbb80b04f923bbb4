"""Can the figures be trusted: what is filled in, what was turned away, what dbt checked; and how to read the page."""

from __future__ import annotations

from winloss.formatting import label, percent_short
from winloss.report.charts import NARROW, Row, RowChart, percent_ticks
from winloss.report.context import Context
from winloss.report.document import (
    Block,
    Cell,
    Chart,
    ChartGrid,
    Paragraph,
    Section,
    Sentence,
    Table,
    Terms,
    plain_table,
)
from winloss.report.marts import Record

_FIELDS = ("industry", "revenue band", "employee band", "region", "lead source", "product")
_RECORDS = ("amount", "closed date", "created date", "loss reason", "competitor", "qualification score")


def can_we_trust(context: Context) -> Section:
    sources = (
        "field_completeness",
        "input_files",
        "rejected_record_counts",
        "data_quality_findings",
        "alerts",
        "run_history",
    )
    write = context.writer
    say = write.say
    blocks: list[Block] = []
    for row in context.marts.rows("alerts", is_raised=True):
        blocks.append(Paragraph(say("Alert for {subject}: {meaning} {remedy}", row, grade="fix the data"), "note"))
    stated = context.marts.rows("field_completeness")
    fields = [row for row in stated if row["filled_share"] is not None]
    not_exported = sorted({row["field"] for row in stated if row.get("missing_reason") == "not exported"})
    not_used = sorted({row["field"] for row in stated if row.get("missing_reason") == "not used"})
    if not_exported:
        told = (
            f"In no file of the export: {', '.join(not_exported)}. Add the columns to the export, or name them under the setting ignore where the "
            "company has no such field."
        )
        blocks.append(Paragraph(Sentence(told, (), "Fix the data"), "takeaway"))
    if not_used:
        told = f"Not used by this company, as the setting ignore says: {', '.join(not_used)}."
        blocks.append(Paragraph(Sentence(told), "plain"))
    usable = context.setting("usable_field_share")
    needed = [row for row in fields if row.get("is_needed_for_advice")]
    thin = sorted(
        (row for row in needed if usable and row["filled_share"] < float(usable["value"])),
        key=lambda row: (row["filled_share"], row["field"]),
    )
    if thin:
        blocks.append(
            Paragraph(
                say(
                    "Thinnest field: the {field} stands on {filled_deals|count} of {deals|count} {outcome} deals ({filled_share|percent}).",
                    thin[0],
                    grade="fix the data",
                ),
                "takeaway",
            )
        )
    elif needed and usable and not any(row.get("is_needed_for_advice") and row["missing_reason"] for row in stated):
        blocks.append(
            Paragraph(
                say(
                    "Every field that advice needs stands on at least {value|percent_text} of won and of lost deals of the window.",
                    usable,
                ),
                "takeaway",
            )
        )
    drawn = [
        (title, _by_field([row for row in fields if row["field"] in names and row["deals"]]))
        for title, names in (("Who was sold to", _FIELDS), ("What was recorded", _RECORDS))
    ]
    charts = tuple(_completeness(title, pairs) for title, pairs in drawn if pairs)
    if charts:
        blocks.append(
            ChartGrid(
                charts,
                _completeness_table(context, [pair for _, pairs in drawn for pair in pairs]),
                "Share of deals with the field filled in. Filled dot: won deals. Hollow dot: lost deals. Far apart means the field is filled "
                "in because of the outcome, and cannot explain it.",
            )
        )
    blocks += _books(context)
    blocks += _checks(context)
    return Section("data", "Can we trust the data?", tuple(blocks), sources)


Pair = tuple[str, Record | None, Record | None]
"""A field with its row for won and for lost deals."""


def _by_field(rows: list[Record]) -> list[Pair]:
    """The best filled field first."""
    by_field: dict[str, dict[str, Record]] = {}
    for row in rows:
        by_field.setdefault(row["field"], {})[row["outcome"]] = row
    ordered = sorted(
        by_field.items(), key=lambda item: (-min(row["filled_share"] for row in item[1].values()), item[0])
    )
    return [(name, pair.get("won"), pair.get("lost")) for name, pair in ordered]


def _completeness(title: str, pairs: list[Pair]) -> Chart:
    drawn = []
    for name, won, lost in pairs:
        shares = tuple(percent_short(row["filled_share"]) if row else "–" for row in (won, lost))
        if won:
            drawn.append(
                Row(
                    label(name),
                    won["filled_share"],
                    other=lost["filled_share"] if lost else None,
                    shape="pair",
                    right=shares,
                )
            )
        elif lost:
            drawn.append(Row(label(name), lost["filled_share"], shape="hollow", right=shares))
    return Chart(
        f"completeness-{title.lower().replace(' ', '-')}",
        title,
        "Share of won and of lost deals of the window on which each field is filled in.",
        RowChart(tuple(drawn), ("won", "lost"), (0.0, 1.0), percent_ticks((0.0, 0.5, 1.0)), None, (NARROW,)),
    )


def _completeness_table(context: Context, pairs: list[Pair]) -> Table:
    def cells(row: Record | None) -> tuple[Cell, ...]:
        if row is None:
            return ("–", "–", "–")
        write = context.writer
        return (
            write.cell(row, "filled_deals", "count"),
            write.cell(row, "deals", "count"),
            write.cell(row, "filled_share", "percent"),
        )

    return plain_table(
        "Fields filled in",
        [
            ("Field", "left"),
            ("Won, filled", "right"),
            ("Won", "right"),
            ("Share", "right"),
            ("Lost, filled", "right"),
            ("Lost", "right"),
            ("Share", "right"),
        ],
        [(label(name), *cells(won), *cells(lost)) for name, won, lost in pairs],
    )


def _books(context: Context) -> list[Block]:
    write = context.writer
    blocks: list[Block] = []
    files = context.marts.rows("input_files")
    if files:
        blocks.append(
            plain_table(
                "Lines read",
                [
                    ("File", "left"),
                    ("Lines", "right"),
                    ("Accepted", "right"),
                    ("Rejected", "right"),
                    ("Left out", "right"),
                ],
                [
                    (
                        write.cell(row, "source_file"),
                        write.cell(row, "records", "count"),
                        write.cell(row, "accepted", "count"),
                        write.cell(row, "rejected", "count"),
                        write.cell(row, "excluded", "count"),
                    )
                    for row in files[:30]
                ],
                Sentence(
                    "Every line is accepted, rejected because it cannot be used, or rightly left out (a copy, deleted, an older version)."
                ),
            )
        )
    rejected = context.marts.rows("rejected_record_counts")
    if rejected:
        blocks.append(
            plain_table(
                "Lines rejected or left out",
                [
                    ("Why", "left"),
                    ("Of", "left"),
                    ("", "left"),
                    ("Lines", "right"),
                    ("What to do", "left"),
                    ("Who", "left"),
                ],
                [
                    (
                        write.cell(row, "meaning"),
                        write.cell(row, "object", "label"),
                        write.cell(row, "decision"),
                        write.cell(row, "records", "count"),
                        write.cell(row, "remedy"),
                        write.cell(row, "who_fixes"),
                    )
                    for row in rejected[:30]
                ],
            )
        )
    doubts = [row for row in context.marts.rows("data_quality_findings") if row["records"]]
    if doubts:
        blocks.append(
            plain_table(
                "Suspicious, but kept",
                [
                    ("What", "left"),
                    ("Records", "right"),
                    ("of", "right"),
                    ("Effect on the figures", "left"),
                    ("What to do", "left"),
                ],
                [
                    (
                        write.cell(row, "meaning"),
                        write.cell(row, "records", "count"),
                        write.cell(row, "of_records", "count"),
                        write.cell(row, "effect"),
                        write.cell(row, "remedy"),
                    )
                    for row in doubts[:20]
                ],
            )
        )
    return blocks


def _checks(context: Context) -> list[Block]:
    say = context.writer.say
    rows = context.marts.rows("run_history")
    if not rows:
        return [Paragraph(Sentence("This published file holds no record of the checks of its build."), "missing")]
    row = rows[-1]
    if row["tests_passed"] is None:
        return [Paragraph(Sentence("The build behind this page recorded no checks."), "missing")]
    checked = say(
        "In the build behind this page dbt recorded {tests_passed|count} checks passed and {tests_warned|count} with a warning.",
        row,
    )
    return [Paragraph(checked, "plain")]


def how_to_read(context: Context) -> Section:
    say = context.writer.say
    settings = {row["setting"]: row for row in context.marts.rows("dim_settings")}
    strong = Sentence("Held up against chance although many segments were compared at once.", (), None)
    rate = settings.get("false_discovery_rate")
    if rate:
        strong = say(
            "Held up against chance although many segments were compared at once: of all such claims, expect at most {value|percent_text} to be wrong.",
            rate,
        )
    few = Sentence("So few deals that an honest answer is that no one can tell yet.")
    minimum = settings.get("minimum_deals")
    if minimum:
        few = say("Under {value} closed deals, or so few that the answer is that no one can tell yet.", minimum)
    population = context.period("quarter")
    terms = [
        (
            "Win rate",
            say(
                "Won deals of won and lost deals. Disqualified and open deals are not counted. Counted: {population}.",
                population,
            )
            if population
            else Sentence("Won deals of won and lost deals."),
        ),
        ("Strong", strong),
        ("Directional", Sentence("Points somewhere, not proven: test it, or bet on it knowingly.")),
        ("Too few deals", few),
        ("No difference", Sentence("Enough deals to say that any true gap is too small to act on.")),
        (
            "Not judged",
            Sentence(
                "Deals enough, and still no verdict: the counts and what lies behind them disagree, or nothing is left to compare with."
            ),
        ),
        ("Fix the data", Sentence("Something must be recorded better before it can be judged.")),
        (
            "95% interval",
            Sentence(
                "The true rate lies within such an interval 95 times in 100. Short with many deals, long with few."
            ),
        ),
        (
            "Expected lift",
            Sentence(
                "The gap to other segments within the same quarter, other claims accounted for, shrunk towards zero for chance."
            ),
        ),
        (
            "What it cannot say",
            Sentence("These are comparisons, not experiments: what is not in the CRM may lie behind a difference."),
        ),
    ]
    return Section("how-to-read", "How to read this page", (Terms(tuple(terms)),), ("dim_settings",))

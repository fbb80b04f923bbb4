"""Can the figures be trusted: what is filled in, what was turned away, what dbt checked; and how to read the page."""

from __future__ import annotations

from winloss.formatting import label
from winloss.report.charts import Drawing, Mark, rates
from winloss.report.context import Context
from winloss.report.document import Block, Cell, Columns, Notes, Paragraph, Section, Sentence, Table, Terms, table
from winloss.report.marts import Record

_FIELDS = (
    "amount", "loss reason", "industry", "revenue band", "employee band", "region", "lead source", "product", "created date",
    "closed date", "qualification score", "competitor",
)  # fmt: skip
_SHOWN = 8
_SAID = 5


def can_we_trust(context: Context) -> Section:
    question = "Can we trust the data?"
    sources = ("field_completeness", "input_files", "data_quality_findings", "alerts", "run_history")
    say = context.writer.say
    rows = context.marts.rows("field_completeness")
    alerts = context.marts.rows("alerts", is_raised=True)
    blocks: list[Block] = [
        Paragraph(say("Alert for {subject}: {meaning} {remedy}", row, grade="fix the data"), "missing")
        for row in alerts[:_SAID]
    ]
    blocks += [Paragraph(sentence, "takeaway") for sentence in _fields(context, rows)]
    blocks.append(Paragraph(_lines_read(context), "plain"))
    drawn, doubts = _completeness(context, rows), _doubts(context)
    beside = [Notes("What to know before you quote a figure", doubts)] if doubts else []
    blocks.append(Columns((*([drawn] if drawn else []), *beside)))
    finding = Sentence("No alert was raised") if not alerts else say("Look first at {alert|lower}", alerts[0])
    return Section("data", question, finding, tuple(blocks), sources)


def _fields(context: Context, stated: list[Record]) -> list[Sentence]:
    say = context.writer.say
    fields = [row for row in stated if row["filled_share"] is not None]
    told = []
    not_exported = sorted({row["field"] for row in stated if row.get("missing_reason") == "not exported"})
    not_used = sorted({row["field"] for row in stated if row.get("missing_reason") == "not used"})
    if not_exported:
        words = (
            f"In no file of the export: {', '.join(not_exported)}. Add the columns to the export, or name them under the setting ignore where the "
            "company has no such field."
        )
        told.append(Sentence(words, (), "Fix the data"))
    usable = context.setting("usable_field_share")
    needed = [row for row in fields if row.get("is_needed_for_advice")]
    thin = [row for row in needed if usable and row["filled_share"] < float(usable["value"])]
    if thin:
        thinnest = min(thin, key=lambda row: (row["filled_share"], row["field"]))
        words = "Thinnest field: the {field} stands on {filled_deals|count} of {deals|count} {outcome} deals ({filled_share|percent})."
        told.append(say(words, thinnest, grade="fix the data"))
    elif needed and usable and not any(row.get("is_needed_for_advice") and row["missing_reason"] for row in stated):
        told.append(
            say(
                "Every field that advice needs stands on at least {value|percent_text} of won and of lost deals.",
                usable,
            )
        )
    if not_used:
        told.append(Sentence(f"Not used by this company, as the setting ignore says: {', '.join(not_used)}."))
    return told


def _lines_read(context: Context) -> Sentence:
    """What was read and how it was checked."""
    say = context.writer.say
    files = [
        say("{object|lower} {accepted|count} of {records|count}", row) for row in context.marts.rows("input_files")[:6]
    ]
    told = [
        Sentence(
            f"Rows used of rows read: {', '.join(sentence.text for sentence in files)}; the appendix accounts for the others.",
            tuple(source for sentence in files for source in sentence.sources)
        )
    ] if files else []  # fmt: skip
    runs = context.marts.rows("run_history")
    if not runs:
        told.append(Sentence("This published file holds no record of the checks of its build."))
    elif runs[-1]["tests_passed"] is None:
        told.append(Sentence("The build behind this page recorded no checks."))
    else:
        words = "In the build behind this page {tests_passed|count} checks passed, {tests_warned|count} with a warning."
        told.append(say(words, runs[-1]))
    return context.writer.join(*told)


def _doubts(context: Context) -> tuple[Sentence, ...]:
    rows = [row for row in context.marts.rows("data_quality_findings") if row["records"]][:_SAID]
    return tuple(context.writer.say("{records|count} of {of_records|count}: {meaning} {effect}", row) for row in rows)


def _completeness(context: Context, rows: list[Record]) -> Table | None:
    """The fields filled in least, on won and on lost deals."""
    write = context.writer
    by_field: dict[str, dict[str, Record]] = {}
    for row in rows:
        if row["field"] in _FIELDS and row["deals"] and row["filled_share"] is not None:
            by_field.setdefault(row["field"], {})[row["outcome"]] = row
    least = sorted(by_field.items(), key=lambda item: (min(row["filled_share"] for row in item[1].values()), item[0]))[
        :_SHOWN
    ]
    if not least:
        return None

    def share(pair: dict[str, Record], outcome: str) -> Cell:
        return write.cell(pair[outcome], "filled_share", "percent") if outcome in pair else "–"

    def marks(pair: dict[str, Record]) -> tuple[Mark, ...]:
        shapes = {"lost": "hollow", "won": "main"}
        return tuple(Mark(shape, pair[name]["filled_share"]) for name, shape in shapes.items() if name in pair)  # type: ignore[arg-type]

    return table(
        "The fields filled in least often",
        ["Field", ">Won", ">Lost"],
        [(label(name), share(pair, "won"), share(pair, "lost")) for name, pair in least],
        "Filled: won deals. Hollow: lost deals. Far apart means a field is filled in because of the outcome, and cannot explain it.",
        Drawing(rates(), tuple(marks(pair) for _, pair in least), 1),
    )


# ---------------------------------------------------------------- the appendix


def lines(context: Context) -> Section:
    question, sources = (
        "Rows rejected, left out, or suspicious",
        ("rejected_record_counts", "data_quality_findings", "input_files"),
    )
    write = context.writer
    blocks: list[Block] = []
    files = context.marts.rows("input_files")
    if files:
        blocks.append(
            table(
                "Rows read",
                ["File", ">Rows", ">Accepted", ">Rejected", ">Left out"],
                [
                    (write.cell(row, "source_file"), *(write.cell(row, name, "count") for name in ("records", "accepted", "rejected", "excluded")))
                    for row in files[:30]
                ],
                "Every row is accepted, rejected because it cannot be used, or rightly left out (a copy, deleted, an older version).",
            )
        )  # fmt: skip
    rejected = context.marts.rows("rejected_record_counts")
    if rejected:
        blocks.append(
            table(
                "Rejected or left out",
                ["Why", "Of", "Decision", ">Rows", "What to do", "Who"],
                [
                    (
                        write.cell(row, "meaning"),
                        write.cell(row, "object", "label"),
                        write.cell(row, "decision"),
                        write.cell(row, "records", "count"),
                        write.cell(row, "remedy"),
                        write.cell(row, "who_fixes"),
                    )
                    for row in rejected[:20]
                ],
            )
        )
    doubts = [row for row in context.marts.rows("data_quality_findings") if row["records"]]
    if doubts:
        blocks.append(
            table(
                "Suspicious, but kept",
                ["What", "Records", "Effect on the figures", "What to do"],
                [
                    (write.cell(row, "meaning"), context.of(row, "records", "of_records"), write.cell(row, "effect"), write.cell(row, "remedy"))
                    for row in doubts[:20]
                ],
            )
        )  # fmt: skip
    return Section("rows", question, None, tuple(blocks), sources)


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
                f"The gap to other segments{'' if context.is_undated else ' within the same quarter'}, other claims accounted for, shrunk "
                "towards zero for chance."
            ),
        ),
        (
            "What it cannot say",
            Sentence("These are comparisons, not experiments: what is not in the CRM may lie behind a difference."),
        ),
    ]
    return Section("how-to-read", "How to read this page", None, (Terms(tuple(terms)),), ("dim_settings",))

"""Traits of real exports beyond those that first showed up: dates that begin with the weekday or the year, grouped reports, flags that are
only ever ticked, owners who left, ids that spreadsheets rounded. What the reader alone decides is tested without a build."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from python_tests.crm_build import plan_of, refusal, rows_of
from python_tests.known_company.project import Project, copy_project
from python_tests.speeds import thorough
from winloss.load.check import CANNOT_WORK, FINE, PROBLEMS, preview

HEADER = "Opportunity ID,Stage,Closed,Won,Amount,Created Date,Close Date,Opportunity Owner"
GOOD = "0065g00000A0001,Closed Won,1,1,100,2025-09-01,2025-11-13,Ann"


def report(*lines: str, header: str = HEADER) -> dict[str, str]:
    return {"report.csv": "\n".join([header, *lines]) + "\n"}


def closes(tmp_path: Path, *days: str) -> list[object]:
    """The close dates of deals that state these, each quoted."""
    lines = [
        GOOD.replace("0001", f"{number:04d}").replace("2025-11-13", f'"{day}"').replace("2025-09-01", "")
        for number, day in enumerate(days)
    ]
    return [row["closed_on"] for row in rows_of(plan_of(tmp_path, "salesforce", report(*lines)), "deals")]


@pytest.mark.parametrize(
    ("stated", "day"),
    [
        ("Mon 03/11/2025", "2025-11-03"),
        ("Monday, 03/11/2025", "2025-11-03"),
        ("Mo., 03.11.2025", "2025-11-03"),
        ("Donnerstag, 13.11.2025 17:30", "2025-11-13"),
        ("lun. 03/11/2025", "2025-11-03"),
        ("Mon 2025-11-03", "2025-11-03"),
    ],
)
def test_the_weekday_before_a_date_in_numbers_is_left_out(tmp_path: Path, stated: str, day: str) -> None:
    # the second date says that the day comes first
    separator = "." if "." in stated[5:] else "/"
    assert closes(tmp_path, stated, f"Fr 28{separator}11{separator}2025") == [day, "2025-11-28"]


def test_a_year_of_two_digits_may_come_first_and_the_spread_of_the_parts_tells(tmp_path: Path) -> None:
    # as days these would be the 24th and 25th of years from 2003 to 2028
    found = closes(tmp_path, "25-11-03", "24-12-28", "25-10-17", "25-07-09")
    assert found == ["2025-11-03", "2024-12-28", "2025-10-17", "2025-07-09"]


@pytest.mark.parametrize(
    ("stated", "days"),
    [
        (["03-11-25", "28-12-24", "17-10-25"], ["2025-11-03", "2024-12-28", "2025-10-17"]),
        (["11/03/25", "12/28/24", "10/17/25"], ["2025-11-03", "2024-12-28", "2025-10-17"]),
        # the first of a month, through three years
        (["01.07.23", "01.07.24", "01.08.25"], ["2023-07-01", "2024-07-01", "2025-08-01"]),
    ],
)
def test_a_year_of_two_digits_comes_last_otherwise(tmp_path: Path, stated: list[str], days: list[str]) -> None:
    assert closes(tmp_path, *stated) == days


def test_where_nothing_tells_whether_the_year_comes_first_the_setting_is_asked_for(tmp_path: Path) -> None:
    lines = [
        GOOD.replace("2025-11-13", day).replace("2025-09-01", "").replace("0001", f"000{number}")
        for number, day in enumerate(("25/07/03", "25/07/04", "25/07/05"))
    ]
    said = "report.csv: 25/07/03 in Close Date (line 2) could begin with the day, the month or the year, and no date in the file decides it."
    assert refusal(tmp_path, "salesforce", report(*lines)) == f"{said} Set date_order to dmy, mdy or ymd."
    settled = rows_of(plan_of(tmp_path, "salesforce", report(*lines), "date_order: ymd"), "deals")
    assert [row["closed_on"] for row in settled] == ["2025-07-03", "2025-07-04", "2025-07-05"]


@pytest.mark.parametrize("amount", ["12\u2009000,50", "12\u2007000,50 €", "12\u202f000,50"])
def test_every_narrow_space_groups_the_digits_of_an_amount(tmp_path: Path, amount: str) -> None:
    line = GOOD.replace(",100,", f',"{amount}",')
    assert [row["amount"] for row in rows_of(plan_of(tmp_path, "salesforce", report(line)), "deals")] == ["12000.50"]


def fiscal_report(fiscal_quarter_of: dict[int, int], year: int = 2025) -> dict[str, str]:
    """A deal closed on the fifth of each month of a calendar year, with the fiscal quarter that the CRM says it is in."""
    lines = [
        f"0065g00000A{month:04d},Closed Won,1,1,100,2024-12-01,{year}-{month:02d}-05,Ann,{quarter},{year}"
        for month, quarter in fiscal_quarter_of.items()
    ]
    return report(*lines, header=f"{HEADER},FiscalQuarter,FiscalYear")


def test_fiscal_quarters_that_the_settings_do_not_give_are_named_with_the_setting(tmp_path: Path) -> None:
    # a fiscal year from February: January, April, July and October belong to the quarter before
    files = fiscal_report({month: (month - 2) % 12 // 3 + 1 for month in range(1, 13)})
    said = (
        "report.csv: FiscalYear, FiscalQuarter put 4 of 12 deals into another quarter than the one they count in, for quarters are reckoned "
        "from the close date. Set fiscal_year_start_month to 2 to count them by fiscal quarters."
    ).replace("FiscalYear, FiscalQuarter", '"FiscalYear", "FiscalQuarter"')
    assert said in plan_of(tmp_path, "salesforce", files).notices
    assert plan_of(tmp_path, "salesforce", files, "fiscal_year_start_month: 2").notices == []


def test_fiscal_quarters_of_weeks_are_named_with_the_list(tmp_path: Path) -> None:
    # quarters that begin in January, March, July and November fit no first month
    files = fiscal_report(dict(zip(range(1, 13), (1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4), strict=True)))
    (said,) = plan_of(tmp_path, "salesforce", files).notices
    assert "put 2 of 12 deals" in said
    assert said.endswith("List the quarters in seeds/fiscal_quarters.csv to count them by fiscal quarters.")


def test_fiscal_quarters_that_agree_are_not_spoken_of(tmp_path: Path) -> None:
    files = fiscal_report({month: (month + 2) // 3 for month in range(1, 13)})
    assert plan_of(tmp_path, "salesforce", files).notices == []


def look(tmp_path: Path, files: dict[str, str], **variables: object) -> tuple[int, list[str]]:
    folder = tmp_path / "look"
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    found = preview(str(folder), "salesforce", variables)
    return found.exit_code, list(found.lines)


def test_a_file_whose_ids_are_shared_gets_the_verdict_of_a_build_from_the_check(tmp_path: Path) -> None:
    # five deals under two names: three are left out
    lines = [GOOD.replace("0065g00000A0001", f"Deal {n % 2}").replace("2025-11-13", f"2025-11-1{n}") for n in range(5)]
    code, told = look(tmp_path, report(*lines))
    assert code == CANNOT_WORK
    assert told[-1] == (
        "report.csv: 3 of 5 records have the id of another record and other content, so that they cannot be told apart. Read the column "
        "with the id of the deal as deal_id, not a name; or set maximum_two_versions_share to at least 0.6."
    )
    code, told = look(tmp_path, report(*lines), maximum_two_versions_share=0.6)
    assert code == PROBLEMS
    assert (
        "  line 2: another line of the file has the same id and other content, and nothing says which is newer" in told
    )


def test_lines_of_one_deal_that_differ_in_products_or_are_dated_are_no_fault_to_the_check(tmp_path: Path) -> None:
    products = [f"{GOOD},{product}" for product in ("Cloud", "Desktop")]
    assert look(tmp_path, report(*products, header=f"{HEADER},Product Name"))[0] == FINE
    dated = [
        f"{GOOD},2025-11-20",
        f"{GOOD.replace('Closed Won,1,1', 'Prospecting,0,0')},2025-10-02",
        GOOD.replace("0001", "0002") + ",2025-11-20",
    ]
    assert look(tmp_path, report(*dated, header=f"{HEADER},Last Modified Date"))[0] == FINE


def test_the_day_of_the_last_change_is_missed_only_where_a_version_was_chosen(tmp_path: Path) -> None:
    said = "  missing: modified_at. Of several versions of a deal the newest is told by the names of the files."
    assert said not in look(tmp_path, report(GOOD))[1]
    again = {
        "report 2025-10-01.csv": report(GOOD.replace("Closed Won,1,1", "Prospecting,0,0"))["report.csv"],
        "report 2026-01-01.csv": report(GOOD)["report.csv"],
    }
    (tmp_path / "look" / "report.csv").unlink()
    assert said in look(tmp_path, again)[1]


def test_a_rounded_id_of_an_account_is_told_by_the_check_and_keeps_its_deal(tmp_path: Path) -> None:
    line = f"{GOOD},1.23457E+12"
    code, told = look(tmp_path, report(line, header=f"{HEADER},Account ID"))
    assert code == PROBLEMS
    assert '  line 2: "Account ID" was rounded by a spreadsheet' in told
    assert "    2025-Q4: 1 won, 0 lost" in told


GROUPED = "Stage  ↑,Opportunity ID,Amount,Close Date,Opportunity Owner"


def test_a_report_that_states_a_column_once_for_each_group_is_refused(tmp_path: Path) -> None:
    def lines(stage: str, owner: str, first: int) -> list[str]:
        return [
            f"{stage if number == 0 or stage == '*' else ''},0065g00000A{first + number:04d},100,2025-11-1{number},{owner if number == 0 else ''}"
            for number in range(4)
        ]

    grouped = [
        *lines("Closed Won", "", 0),
        "Subtotal,,400,,",
        *lines("Closed Lost", "", 10),
        "Subtotal,,400,,",
        "Count,,8,,",
    ]
    said = (
        'report.csv is grouped by "Stage ↑": of each group only the first record states it. Export the report without groups '
        "(in Salesforce Details Only), or repeat the value on each line."
    )
    assert refusal(tmp_path, "salesforce", report(*grouped, header=GROUPED)) == said
    # the owner alone: the outcome of every deal is known, and yet two owners would have one deal each
    by_owner = [line.replace("*", "Closed Won") for line in lines("*", "Ann", 0)]
    by_owner += [
        "Subtotal,,400,,",
        *(line.replace("*", "Closed Won") for line in lines("*", "Bob", 10)),
        "Subtotal,,400,,",
    ]
    assert 'is grouped by "Opportunity Owner"' in refusal(tmp_path, "salesforce", report(*by_owner, header=GROUPED))


def test_a_report_whose_groups_repeat_their_value_is_read(tmp_path: Path) -> None:
    lines = [f"Closed Won,0065g00000A{number:04d},100,2025-11-1{number},Ann" for number in range(4)]
    lines += [
        "Subtotal,,400,,",
        *(line.replace("A000", "A001").replace("Won", "Lost") for line in lines),
        "Subtotal,,400,,",
    ]
    found = rows_of(plan_of(tmp_path, "salesforce", report(*lines, header=GROUPED)), "deals")
    # the line that sums up the first group has no id; the last one is the footer
    assert [row["deal_id"] is not None for row in found] == [True] * 4 + [False] + [True] * 4 + [False]


@pytest.mark.parametrize("header", ["Close Date ↓", "CLOSE DATE:", "Close Date ▲", "Close\u00a0Date *", "Close Date ⬆️"])
def test_what_stands_behind_a_header_is_no_part_of_it(tmp_path: Path, header: str) -> None:
    files = report(GOOD, header=HEADER.replace("Close Date", header))
    assert rows_of(plan_of(tmp_path, "salesforce", files), "deals")[0]["closed_on"] == "2025-11-13"


def flags(tmp_path: Path, *stated: tuple[str, str]) -> list[tuple[object, object]]:
    """is_closed and is_won of deals that state these."""
    lines = [
        GOOD.replace(",1,1,", f",{closed},{won},").replace("0001", f"000{n}") for n, (closed, won) in enumerate(stated)
    ]
    found = rows_of(plan_of(tmp_path, "salesforce", report(*lines)), "deals")
    return [(row["is_closed"], row["is_won"]) for row in found]


def test_a_flag_that_is_only_ever_ticked_says_no_where_it_is_empty(tmp_path: Path) -> None:
    assert flags(tmp_path, ("X", "X"), ("X", ""), ("", "")) == [("true", "true"), ("true", "false"), ("false", "false")]


def test_a_flag_that_also_says_no_is_unknown_where_it_is_empty(tmp_path: Path) -> None:
    assert flags(tmp_path, ("yes", "yes"), ("yes", "no"), ("yes", "")) == [
        ("true", "true"),
        ("true", "false"),
        ("true", None),
    ]


def test_an_empty_cell_beside_a_word_for_yes_says_nothing(tmp_path: Path) -> None:
    assert flags(tmp_path, ("true", "true"), ("true", ""), ("", "")) == [("true", "true"), ("true", None), (None, None)]


def test_checked_and_unchecked_are_yes_and_no(tmp_path: Path) -> None:
    assert flags(tmp_path, ("Checked", "Unchecked")) == [("true", "false")]


@pytest.mark.parametrize(
    "name",
    ["Ann Bell (Deactivated User)", "Ann Bell (inactive)", "Ann Bell [Inaktiv]", "Ann Bell (désactivé)", "Ann Bell"],
)
def test_an_owner_who_left_is_the_same_owner(tmp_path: Path, name: str) -> None:
    files = report(GOOD.replace("Ann", name))
    assert rows_of(plan_of(tmp_path, "salesforce", files), "deals")[0]["owner"] == "Ann Bell"


@pytest.mark.parametrize("name", ["Ann Bell (Berlin)", "(inactive)", "Inactive, Ann"])
def test_another_word_in_brackets_belongs_to_the_name(tmp_path: Path, name: str) -> None:
    files = report(GOOD.replace("Ann", f'"{name}"'))
    assert rows_of(plan_of(tmp_path, "salesforce", files), "deals")[0]["owner"] == name


ROUNDED = "1.23457E+17"
OPPORTUNITIES = """Id,AccountId,StageName,Amount,CreatedDate,CloseDate,Owner.Name
0065g00000A0001,0015g00000A0001,Closed Won 🎉,100,2025-08-01,2025-10-05,Ann Bell
0065g00000A0002,0015g00000A0001,Closed_Won,100,2025-08-01,2025-10-06,Ann Bell (Inactive)
0065g00000A0003,1.23457E+17,Closed - Won,100,2025-08-01,2025-11-05,Bob Cole
0065g00000A0004,1.23457E+17,2. CLOSED-LOST,100,2025-08-01,2025-11-06,Bob Cole [inactive]
0065g00000A0005,0015g00000A0002,Closed Lost ❌,100,2025-08-01,2025-12-30,Bob Cole
0065g00000A0006,0015g00000A0002,Lost / on hold,100,2025-08-01,2025-12-30,Bob Cole
"""
ACCOUNTS = "Id,Industry\n0015g00000A0001,Retail\n0015g00000A0002,Energy\n"
CONTACTS = f"Id,AccountId,Title\n0035g00000A0001,0015g00000A0001,CFO\n0035g00000A0002,{ROUNDED},CTO\n"
ROLES = f"""OpportunityId,ContactId,Role
0065g00000A0001,0035g00000A0001,Decision Maker
0065g00000A0002,{ROUNDED},Decision Maker
{ROUNDED},0035g00000A0002,Influencer
"""


@pytest.fixture(scope="module", params=[thorough("built")])
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A Salesforce export in one file per object, opened and saved in a spreadsheet; stages with signs, owners who left."""
    project = copy_project(tmp_path_factory.mktemp("rounded"), None)
    files = {"o.csv": OPPORTUNITIES, "a.csv": ACCOUNTS, "c.csv": CONTACTS, "r.csv": ROLES}
    for name, text in files.items():
        project.write(name, text)
    built = project.build_for(
        "data_quality_findings", "rejected_records", "input_files", "input_columns", variables={"crm": "salesforce"}
    )
    assert built.failed == [], built.shown
    yield project


def test_signs_around_the_words_of_a_stage_make_no_other_stage(company: Project) -> None:
    outcomes = company.rows("select outcome, count(*) from marts.fct_deals group by all order by all")
    assert outcomes == [("lost", 2), ("won", 3)]
    # words that are not listed are asked about
    assert company.rows("select source_line, rule_id from marts.rejected_records where object = 'deals'") == [
        (7, "unknown_outcome")
    ]


def test_owners_who_left_have_their_older_deals(company: Project) -> None:
    assert company.rows("select count(*) from marts.fct_deals group by owner order by all") == [(2,), (3,)]


def test_references_that_a_spreadsheet_rounded_are_counted_and_lead_nowhere(company: Project) -> None:
    named = company.rows("select source_line, unreadable_columns from staging.base_deal_lines where account_id is null")
    assert named == [(4, "account_id"), (5, "account_id")]
    named = company.rows(
        "select source_line, left(account_id, 15), unreadable_columns from staging.base_contact_lines order by 1"
    )
    assert named == [(2, "0015g00000A0001", None), (3, None, "account_id")]
    # five deals, two accounts, two contacts and one contact on a deal are accepted
    assert finding(company, "unreadable_value") == (3, 10)
    roles = company.rows(
        "select source_line, rule_id from marts.rejected_records where object = 'deal_contacts' order by all"
    )
    assert roles == [(3, "rounded_id"), (4, "rounded_id")]
    books = company.rows(
        "select records, accepted, rejected, excluded, unaccounted from marts.input_files where object = 'deal_contacts'"
    )
    assert books == [(3, 1, 2, 0, 0)]


def finding(company: Project, rule_id: str) -> tuple[int, int]:
    (found,) = company.rows(f"select records, of_records from marts.data_quality_findings where rule_id = '{rule_id}'")
    return int(found[0]), int(found[1])


def test_nothing_asks_for_the_day_of_the_last_change_where_no_version_was_chosen(company: Project) -> None:
    columns = company.rows(
        "select status, missing_means, remedy from marts.input_columns where object = 'deals' and column_name = 'modified_at'"
    )
    assert columns == [("missing", "Nothing the answers need.", None)]


@pytest.mark.thorough
def test_deals_of_two_files_that_number_them_alike_raise_an_alert(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Twelve deals a year, numbered from 1 in each file: of 24 deals half are taken for older versions."""
    project = copy_project(tmp_path_factory.mktemp("reused"), None)
    for year in (2024, 2025):
        lines = [f"{n},{'Won' if n % 2 else 'Lost'},{year}-01-0{1 + n % 9},{year}-{n:02d}-15" for n in range(1, 13)]
        project.write(f"deals_{year}-12-31.csv", "\n".join(["id,result,created,closed", *lines]) + "\n")
    columns = {"deal_id": "id", "outcome": "result", "created_on": "created", "closed_on": "closed"}
    mapping = {"files": {"deals": "deals_*.csv"}, "columns": {"deals": columns}}
    built = project.build_for(
        "data_quality_findings", "alerts", "input_columns", variables={"crm": "custom", "mapping": mapping}
    )
    assert built.failed == [], built.shown
    assert finding(project, "id_of_another_deal") == (12, 12)
    raised = project.rows("select subject, value from marts.alerts where is_raised and alert = 'reused_ids'")
    assert raised == [("deals", 1.0)]
    # asked for, since a version was chosen
    columns = project.rows(
        "select distinct status from marts.input_columns where column_name = 'modified_at' and remedy is not null"
    )
    assert columns == [("missing",)]


def test_a_header_that_stands_twice_with_other_values_is_told(tmp_path: Path) -> None:
    lines = [f"{GOOD},100", GOOD.replace("0001", "0002") + ",250", GOOD.replace("0001", "0003") + ","]
    plan = plan_of(tmp_path, "salesforce", report(*lines, header=f"{HEADER},Amount"))
    assert [row["amount"] for row in rows_of(plan, "deals")] == ["100"] * 3
    assert plan.notices == [
        'report.csv has the header "Amount" 2 times, with different values on 1 lines (first on line 3): the first of them counts. '
        "Leave the other out of the export, or rename it."
    ]
    same = report(*[line.replace(",250", ",100") for line in lines], header=f"{HEADER},Amount")
    assert plan_of(tmp_path, "salesforce", same).notices == []


def test_a_guid_is_the_same_in_any_letter_case_and_in_braces(tmp_path: Path) -> None:
    guid = "0a1b2c3d-aaaa-bbbb-cccc-0123456789ab"
    lines = [GOOD.replace("0065g00000A0001", written) for written in (guid, guid.upper(), f"{{{guid.upper()}}}")]
    found = rows_of(plan_of(tmp_path, "salesforce", report(*lines)), "deals")
    assert {row["deal_id"] for row in found} == {guid}


def test_the_check_counts_the_lines_without_content_and_calls_them_no_fault(tmp_path: Path) -> None:
    lines = [GOOD, ",,,,,,,", GOOD.replace("0001", "0002"), ",,,,,,,", ",,,,,,,", GOOD.replace("0001", "0003")]
    code, told = look(tmp_path, report(*lines))
    assert code == FINE
    assert "  line without content, left out: 3 lines between 3 and 6" in told


def test_the_check_joins_words_that_only_look_different(tmp_path: Path) -> None:
    lines = [
        f"{GOOD.replace('0001', f'000{n}')},{word}"
        for n, word in enumerate((*["Trade Show"] * 3, *["Trade\u00a0Show", "trade  show"] * 2, *["Web"] * 2))
    ]
    told = look(tmp_path, report(*lines, header=f"{HEADER},Lead Source"))[1]
    assert "    lead_source: Trade Show 7, Web 2" in told


def test_files_in_folders_below_are_not_read_and_that_is_said(tmp_path: Path) -> None:
    below = tmp_path / "exports" / "2024"
    below.mkdir(parents=True)
    (below / "report.csv").write_text(report(GOOD)["report.csv"], encoding="utf-8")
    said = refusal(tmp_path, "salesforce", {})
    assert said.endswith(
        'holds no file, but files in folders below it ("2024"): put the files themselves into it, under different names.'
    )
    plan = plan_of(tmp_path, "salesforce", report(GOOD))
    assert plan.notices == [
        'Not read, since it stands in a folder below: what is in "2024". Put into exports itself what is to be read.'
    ]


@pytest.mark.parametrize(
    "header",
    [
        # "Deal ID" and "Deal stage" are HubSpot's too, "Name" and "Stage" Salesforce's
        "Deal ID,Deal name,Deal value,Deal stage,Closed date,Created at,Sales owner,Account name,Lost reason",
        "Copper ID,Name,Company,Owned By,Status,Stage,Value,Currency,Close Date,Created At,Loss Reason",
        "Name,Owner,Stage,Deal value,Expected close date,Close date,Created on,Lost reason,Item ID",
        "ID,Name,Stage,Value,Created,Close time,Reason lost",
    ],
)
def test_a_file_that_calls_its_days_and_amounts_otherwise_is_of_no_crm_with_the_same_two_headers(
    tmp_path: Path, header: str
) -> None:
    cells = ",".join("1" for _ in header.split(","))
    (tmp_path / "deals.csv").write_text(f"{header}\n{cells}\n", encoding="utf-8")
    assert preview(str(tmp_path)).lines[0].startswith("The headers in ")


@pytest.mark.parametrize(
    ("header", "crm"),
    [
        # a field or two of the company's own takes no CRM away
        ("Opportunity ID,Stage,Close Date,Deal value,Rep,Created Date", "salesforce"),
        ("Record ID,Deal Stage,Value,Close Date,Sales rep", "hubspot"),
    ],
)
def test_a_crm_with_a_few_headers_of_the_company_s_own_is_recognised(tmp_path: Path, header: str, crm: str) -> None:
    cells = ",".join("1" for _ in header.split(","))
    (tmp_path / "deals.csv").write_text(f"{header}\n{cells}\n", encoding="utf-8")
    assert preview(str(tmp_path)).lines[0] == f"Read as {crm}; --crm says otherwise."

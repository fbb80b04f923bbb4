"""A company whose exports are as people have them: what the models make of an archive, a workbook, titles, products and an old encoding."""

import pytest

from python_tests.crm_build import CrmBuild, build_lines
from python_tests.test_files_as_they_are import archive, put, workbook

HEADER = [
    "Opportunity ID",
    "Opportunity Name",
    "Account Name",
    "Stage",
    "Closed",
    "Won",
    "Amount",
    "Created Date",
    "Close Date",
]
HEADER += ["Product Name", "Industry"]
D1, D2, D3, D4 = (f"0065g00000A000{number}" for number in "1234")

# 1 October 2025: two lines of a title, the header in line 4 and again in line 7, a line of totals
OLD = f"""Deals by quarter
As of 2025-10-01,,

{",".join(HEADER)}
{D1},Licences,Birch,Prospecting,0,0,900,2025-09-01,2025-11-14,,Retail
{D2},Licences,Elm,Closed Lost,1,0,500,2025-07-01,2025-09-14,Base,Retail
{",".join(HEADER)}
{D3},Licences,Oak,Closed Lost,1,0,700,2025-07-01,2025-09-15,Base,Retail
Total,,,Count,3
"""
# 5 January 2026: the first deal won, with three products
NEW: list[list[object]] = [
    list(HEADER),
    *(
        [D1, "Licences", "Birch", "Closed Won", True, True, 900, "2025-09-01", "2025-11-14", product, "Retail"]
        for product in ("Base", "Support", "Training")
    ),
    [D4, "Licences", "Ash", "Closed Won", True, True, 400, "2025-09-01", "2025-11-20", "Base", "Retail"],
]
# without ids, from an old Mac
MAC = "\r".join(
    [
        ",".join(HEADER[1:]),
        *(f"Service,Fir,Closed Won,1,1,300,2025-10-01,2025-12-01,{product},Énergie" for product in ("Base", "Support")),
        "Service,Yew,Closed Lost,1,0,200,2025-10-01,2025-12-02,Base,Santé",
    ]
)


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> CrmBuild:
    folder = tmp_path_factory.mktemp("field_files")
    files = {
        "old.zip": archive({"report1759312800123.csv": OLD, "cover.pdf": b"%PDF-1.7"}),
        "report1767607200456.xlsx": workbook(("Report", NEW)),
        "mac 2025-12-31.csv": MAC.encode("mac_roman"),
        "brief.docx": b"PK\x03\x04",
    }
    return build_lines(folder, "salesforce", put(folder, files), {"encoding": {"mac*.csv": "mac_roman"}})


def test_every_line_is_accounted_for_by_its_rule(build: CrmBuild) -> None:
    assert build.books() == {
        ("deals", "mac 2025-12-31.csv"): (3, 2, 0, 1, 0),
        ("deals", "old.zip/report1759312800123.csv"): (7, 2, 0, 5, 0),
        ("deals", "report1767607200456.xlsx"): (4, 2, 0, 2, 0),
    }
    assert build.rules() == [
        ("deals", "mac 2025-12-31.csv", 2, "exact_duplicate"),
        ("deals", "old.zip/report1759312800123.csv", 1, "title"),
        ("deals", "old.zip/report1759312800123.csv", 2, "title"),
        ("deals", "old.zip/report1759312800123.csv", 5, "superseded"),
        ("deals", "old.zip/report1759312800123.csv", 7, "repeated_header"),
        ("deals", "old.zip/report1759312800123.csv", 9, "footer"),
        ("deals", "report1767607200456.xlsx", 2, "exact_duplicate"),
        ("deals", "report1767607200456.xlsx", 3, "exact_duplicate"),
    ]


def test_lines_of_products_are_one_deal_of_several_products(build: CrmBuild) -> None:
    rows = build.rows(
        "select source_file, source_line, outcome, cast(amount as integer) as amount, product, industry from staging.base_deal_lines "
        "where rule_id is null order by source_file, source_line"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("mac 2025-12-31.csv", 3, "won", 300, "several products", "Énergie"),
        ("mac 2025-12-31.csv", 4, "lost", 200, "Base", "Santé"),
        ("old.zip/report1759312800123.csv", 6, "lost", 500, "Base", "Retail"),
        ("old.zip/report1759312800123.csv", 8, "lost", 700, "Base", "Retail"),
        ("report1767607200456.xlsx", 4, "won", 900, "several products", "Retail"),
        ("report1767607200456.xlsx", 5, "won", 400, "Base", "Retail"),
    ]


def test_no_copy_of_a_file_stays_after_the_build(build: CrmBuild) -> None:
    left = [
        path.name
        for path in build.database.parent.rglob("*")
        if "copies" in str(path) or path.name.startswith("unpacked")
    ]
    assert left == []
    assert 'Left aside, as no exports: "brief.docx", "old.zip/cover.pdf".' in build.shown

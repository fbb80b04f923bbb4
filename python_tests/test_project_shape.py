"""House rules that can be checked: layers, words, names and size of the project."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml

from python_tests.conftest import ROOT, SampleBuild
from winloss.load.columns import COLUMNS

MODELS = sorted(path for path in (ROOT / "models").rglob("*") if path.suffix in (".sql", ".py"))
SEEDS = sorted((ROOT / "seeds").rglob("*.csv"))
YAMLS = sorted(path for folder in ("models", "seeds", "macros", "tests") for path in (ROOT / folder).rglob("*.yml"))
PAGES = [ROOT / "README.md", ROOT / "STYLE.md", *(ROOT / "docs").rglob("*.md")]

# dbt says about 30 ms a node; a node more is a choice someone makes here.
MOST_NODES = 221

# What each layer may read. A seed may be read anywhere. `data_quality` looks at every layer: that is what it is for.
# `advice` are the models, in Python and SQL, that read marts and are read by the contracted marts on top of them; so are `checks` for `data_quality`,
# and `pace`, what is learned from the days deals were open, for the answers; spells ask it from which day deals are watched. `counts` are steps
# of one answer each, and read what it does.
MAY_READ = {
    "staging": {"staging"},
    "intermediate": {"staging", "intermediate"},
    "advice": {"core", "answer", "data_quality", "advice", "pace"},
    "core": {"staging", "intermediate", "core", "stages", "pace", "counts"},
    "stages": {"staging", "intermediate", "core", "stages"},
    "answer": {"core", "answer", "data_quality", "advice", "pace", "counts"},
    "pace": {"core", "pace"},
    "counts": {"core", "answer", "data_quality", "counts"},
    "checks": {"staging", "intermediate", "core", "answer", "data_quality", "checks", "pace"},
    "data_quality": {"staging", "intermediate", "core", "answer", "data_quality", "checks"},
}

KNOWN_KEYS = {
    "file": {
        "version",
        "models",
        "seeds",
        "macros",
        "unit_tests",
        "data_tests",
        "sources",
        "exposures",
        "semantic_models",
        "metrics",
    },
    "semantic_models": {"name", "description", "model", "defaults", "entities", "dimensions", "measures", "config"},
    "metrics": {"name", "label", "description", "type", "type_params", "filter", "config"},
    "time_spine": {"standard_granularity_column"},
    "sources": {"name", "database", "schema", "description", "tables", "loaded_at_query", "freshness", "config"},
    "tables": {"name", "description", "columns", "config"},
    "exposures": {"name", "label", "type", "maturity", "url", "description", "depends_on", "owner", "config"},
    "models": {"name", "description", "config", "constraints", "columns", "data_tests", "time_spine"},
    "seeds": {"name", "description", "config", "columns", "data_tests"},
    "macros": {"name", "description", "arguments"},
    "data_tests": {"name", "description", "config"},
    "unit_tests": {"name", "description", "model", "given", "expect", "overrides", "config"},
    "columns": {"name", "data_type", "description", "constraints", "data_tests", "config", "granularity"},
    "constraints": {"type", "columns", "expression", "name"},
    "arguments": {"name", "type", "description"},
    "given": {"input", "rows", "format"},
    "expect": {"rows", "format"},
    "overrides": {"vars", "macros", "env_vars"},
    "config": {
        "column_types",
        "post_hook",
        "contract",
        "enabled",
        "materialized",
        "severity",
        "delimiter",
        "quote_columns",
        "tags",
        "meta",
    },
}

# Tables without a primary key, each with the reason why.
KEYLESS = {
    **dict.fromkeys(
        (
            "fct_deals",
            "bridge_deal_competitors",
            "bridge_deal_contacts",
            "bridge_deal_loss_reasons",
            "bridge_deal_win_factors",
        ),
        "an index over millions of rows costs more than the table; assert_every_fact_and_reading_stands_once looks instead",
    ),
    "icp_segment_evidence": "the second segment is null where there is no pair",
    "input_columns": "a header that is ignored has no column",
    "recommended_score_threshold": "one row at most",
    "dim_as_of": "one row",
    "scorecard_quality": "one row",
}

# Names that break the rule of their ending, each with the reason why.
MISNAMED = {
    "is_won": "0 or 1, so that its mean is the win rate",
    "value_effective_deals": "an effective number of deals, not whole",
    "effective_deals": "an effective number of deals, not whole",
    "previous_effective_deals": "an effective number of deals, not whole",
}
RATE = r"(_rate|_share|^share|^share_(of|on)_\w+)(_low|_high)?$"
TYPES = {
    "string": "VARCHAR",
    "bigint": "BIGINT",
    "integer": "INTEGER",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
}


def layer(path: str) -> str:
    """Layer of a model, from its path below models/."""
    folder, *rest = Path(path).parts
    if folder == "marts":
        return rest[0] if rest[0] in ("core", "data_quality") else "answer"
    return next((name for name in ("advice", "checks", "counts", "pace", "stages") if name in rest), folder)


@cache
def read_yaml(path: Path) -> dict[str, Any]:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or {}


def entries(kind: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every entry of one kind (models, seeds, macros) in the YAML files, with its file."""
    for path in YAMLS:
        for entry in read_yaml(path).get(kind) or []:
            yield path, entry


def unknown_keys(kind: str, value: Any, where: str) -> Iterator[str]:
    """Keys that dbt would drop without a word, such as `test:`."""
    for entry in value if isinstance(value, list) else [value]:
        if not isinstance(entry, dict):
            continue
        for key, below in entry.items():
            if key not in KNOWN_KEYS[kind]:
                yield f"{where}: {key}"
            elif (
                key in KNOWN_KEYS
                and (kind, key) not in {("constraints", "columns"), ("overrides", "macros")}
                and key != "data_tests"
            ):
                yield from unknown_keys(key, below, f"{where} {key}")


def unclear(text: str | None) -> bool:
    return not text or len(text.strip()) < 8


# ---------------------------------------------------------------- layers


def test_each_layer_reads_only_the_layers_below_it(sample_build: SampleBuild) -> None:
    nodes = sample_build.manifest["nodes"]
    wrong = []
    for node in nodes.values():
        if node["resource_type"] != "model":
            continue
        for parent in (nodes[name] for name in node["depends_on"]["nodes"] if name.startswith("model.")):
            reader, read = layer(node["path"]), layer(parent["path"])
            if read not in MAY_READ[reader]:
                wrong.append(f"{node['name']} ({reader}) reads {parent['name']} ({read})")
    assert wrong == [], "MAY_READ above says what each layer may read"


def test_only_accepted_records_leave_staging(sample_build: SampleBuild) -> None:
    models = sample_build.models().values()
    readers = {
        node["name"]: [parent for parent in node["depends_on"]["nodes"] if ".base_" in parent]
        for node in models
        if layer(node["path"]) not in ("staging", "checks", "data_quality")
    }
    assert {name: read for name, read in readers.items() if read} == {}


def test_every_step_is_read(sample_build: SampleBuild) -> None:
    """A step is there for an answer, for a check of its own or for a page; tests of its columns alone are no use of it."""
    nodes = sample_build.manifest["nodes"].values()
    readers = [
        node
        for node in nodes
        if node["resource_type"] in ("model", "analysis")
        or (node["resource_type"] == "test" and "test_metadata" not in node)
    ]
    read = {name for node in readers for name in node["depends_on"]["nodes"]}
    steps = [node for node in nodes if node["resource_type"] == "model" and "marts" not in node["fqn"]]
    assert [node["name"] for node in steps if node["unique_id"] not in read] == []


def test_a_step_in_python_waits_for_the_tables_it_reads() -> None:
    """dbt builds what `dbt.ref` names before a Python model, and nothing else: a table left out would be that of the build before."""
    functions: dict[str, ast.FunctionDef] = {}
    for module in ("steps", "competitor_steps", "designs", "deals", "backtest", "changes", "scorecard"):
        tree = ast.parse((ROOT / "winloss" / "advice" / f"{module}.py").read_text(encoding="utf-8"))
        functions |= {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}

    def tables(name: str) -> set[str]:
        """Tables that a step, and every function it names, asks the reader for."""
        found, waiting, seen = set(), [name], {name}
        while waiting:
            for node in ast.walk(functions[waiting.pop()]):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and node.func.attr in ("table", "relation")
                ):
                    found |= {argument.value for argument in node.args[:1] if isinstance(argument, ast.Constant)}
                if isinstance(node, ast.Name) and node.id in functions and node.id not in seen:
                    seen.add(node.id)
                    waiting.append(node.id)
        return found

    wrong = {}
    for path in (ROOT / "models" / "intermediate" / "advice").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        (step,) = re.findall(r"as_relation\(session, dbt\.this\.database, (\w+),", text)
        if differing := set(re.findall(r'dbt\.ref\("(\w+)"\)', text)) ^ tables(step):
            wrong[path.stem] = differing
    assert wrong == {}


def test_every_mart_has_an_enforced_contract_and_every_table_a_key(sample_build: SampleBuild) -> None:
    marts = [node for node in sample_build.models().values() if node["path"].startswith("marts/")]
    assert len(marts) > 20
    # the dimensions of a company are columns of these; assert_the_facts_of_a_deal_agree looks instead
    assert {node["name"] for node in marts if not node["contract"]["enforced"]} == {
        "dim_account_profiles",
        "fct_deals",
        "fct_closed_deals",
        "fct_open_spells",
    }
    tables = [node for node in marts if node["config"]["materialized"] == "table"]
    keyless = {node["name"] for node in tables if "primary_key" not in {rule["type"] for rule in node["constraints"]}}
    assert keyless == set(KEYLESS), (
        "a mart states `constraints: [{type: primary_key, columns: [...]}]`, or KEYLESS says why it has none"
    )


# ---------------------------------------------------------------- words


@pytest.mark.parametrize("model", MODELS, ids=lambda path: path.stem)
def test_a_yaml_of_the_same_name_describes_the_model_beside_it(model: Path) -> None:
    beside = model.with_suffix(".yml")
    assert beside.exists(), f"{beside.relative_to(ROOT)} is missing: what a row is, and every column"
    assert [entry["name"] for entry in read_yaml(beside)["models"]] == [model.stem]


@pytest.mark.parametrize("seed", SEEDS, ids=lambda path: path.stem)
def test_a_yaml_in_the_same_folder_describes_the_seed(seed: Path) -> None:
    named = {entry["name"] for path, entry in entries("seeds") if path.parent == seed.parent}
    assert seed.stem in named, (
        f"{seed.with_suffix('.yml').relative_to(ROOT)} is missing: what a row is, and every column"
    )


def test_every_model_and_seed_says_what_a_row_is() -> None:
    described = [entry for kind in ("models", "seeds") for _, entry in entries(kind)]
    silent = [entry["name"] for entry in described if not re.match(r"One row\b", entry.get("description") or "")]
    assert silent == [], "the description in the YAML begins: One row per ..."


def test_every_model_begins_with_its_grain() -> None:
    headers = {
        path.stem: re.search(r"^-- (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        for path in MODELS
        if path.suffix == ".sql"
    }
    silent = [name for name, header in headers.items() if not header or not re.match(r"One row\b", header[1])]
    assert silent == [], "the first comment of the model begins: -- One row per ..."


def test_no_two_models_share_a_description() -> None:
    said = Counter(" ".join(entry["description"].split()) for _, entry in entries("models"))
    assert [text for text, times in said.items() if times > 1] == []


def test_every_column_is_described() -> None:
    columns = [
        f"{entry['name']}.{column['name']}"
        for kind in ("models", "seeds")
        for _, entry in entries(kind)
        for column in entry.get("columns") or []
        if unclear(column.get("description"))
    ]
    assert columns == [], "columns without a description of eight characters or more"


def test_every_macro_and_argument_is_described(sample_build: SampleBuild) -> None:
    described = {entry["name"]: entry for _, entry in entries("macros")}
    macros = {
        macro["name"]: macro
        for macro in sample_build.manifest["macros"].values()
        if macro["package_name"] == "winloss" and not re.match(r"[a-z0-9]+__|test_|materialization_", macro["name"])
    }
    assert len(macros) > 20
    assert sorted(name for name in macros if unclear(described.get(name, {}).get("description"))) == []
    assert sorted(set(described) - set(macros)) == []
    for name, macro in macros.items():
        parsed = jinja2.Environment(extensions=["jinja2.ext.do"]).parse(macro["macro_sql"]).find(jinja2.nodes.Macro)
        assert parsed is not None
        assert [argument["name"] for argument in described[name].get("arguments") or []] == [
            given.name for given in parsed.args
        ], name


def test_documented_columns_are_the_columns_built(sample_build: SampleBuild) -> None:
    built: dict[str, list[str]] = {}
    for row in sample_build.rows(
        "select table_name, column_name from information_schema.columns order by table_name, ordinal_position"
    ):
        built.setdefault(row["table_name"], []).append(row["column_name"])
    nodes = [node for node in sample_build.manifest["nodes"].values() if node["resource_type"] in ("model", "seed")]
    in_build = {node["name"] for node in nodes}
    for node in nodes:
        # part of the query that reads it: no table keeps its columns
        if node["config"]["materialized"] == "ephemeral":
            path = sample_build.folder / "target" / "compiled" / "winloss" / node["original_file_path"]
            compiled = path.read_text(encoding="utf-8")
            columns = [row["column_name"] for row in sample_build.rows(f"describe {compiled}")]
            # one that hands on the rows of another as they are describes what it adds
            handed_on = (
                len(columns) - len(node["columns"])
                if re.search(r"^(select |    )(\w+\.\*|{{ all_but\(.*\) }}),?$", node["raw_code"], re.MULTILINE)
                else 0
            )
            built[node["name"]] = columns[handed_on:]
    differing = {}
    dimensions = {column.name for column in COLUMNS["deals"] if column.is_dimension}
    described = {
        entry["name"]: {column["name"] for column in entry.get("columns") or []} for _, entry in entries("models")
    }
    for kind in ("models", "seeds"):
        for path, entry in entries(kind):
            documented = [column["name"] for column in entry.get("columns") or []]
            # what an export states of a dimension is described where it is read, and staging hands it on, as pace does from the facts
            stated = dimensions if {"staging", "pace"} & set(path.parts) else set()
            # and what a mart hands on of another, in the YAML of that one
            stated |= described.get(entry.get("config", {}).get("meta", {}).get("columns_of"), set())
            there = [name for name in built.get(entry["name"], []) if name in documented or name not in stated]
            if entry["name"] in in_build and documented != there:
                differing[entry["name"]] = set(documented) ^ set(there) or "order"
    assert differing == {}, (
        "columns that the table or the YAML beside it has alone, or `order` where the YAML has another"
    )


def test_every_key_in_the_yaml_files_is_one_dbt_reads() -> None:
    assert [key for path in YAMLS for key in unknown_keys("file", read_yaml(path), path.name)] == []


def test_names_in_backticks_stand_in_the_code() -> None:
    code = [
        path
        for folder in ("models", "macros", "tests", "winloss", "seeds")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".sql", ".py", ".csv")
    ]
    words = {
        word
        for path in [*code, ROOT / "dbt_project.yml"]
        for word in re.findall(r"\w+", path.read_text(encoding="utf-8"))
    }
    words |= {path.stem for path in code} | {path.name for path in ROOT.iterdir()}
    texts = [*YAMLS, *(ROOT / "models").glob("*.md"), ROOT / "README.md", ROOT / "STYLE.md"]
    named = {
        (path.name, name)
        for path in texts
        for name in re.findall(r"`([a-z]+(?:_[a-z0-9]+)+)`", path.read_text(encoding="utf-8"))
    }
    unknown = sorted((path, name) for path, name in named if name not in words)
    assert unknown == [], "names in backticks that stand nowhere in the code: misspelt, or no longer there"


def test_shared_column_texts_are_used() -> None:
    written = re.findall(r"{% docs (\w+) %}", (ROOT / "models" / "shared_columns.md").read_text(encoding="utf-8"))
    used = Counter(name for path in YAMLS for name in re.findall(r"doc\('(\w+)'\)", path.read_text(encoding="utf-8")))
    assert [name for name in written if used[name] < 2] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    links = re.findall(r"]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


# ---------------------------------------------------------------- names


def built_columns(build: SampleBuild) -> Iterator[tuple[str, str, str]]:
    """Model, column and type of every column built in the marts."""
    sql = "select table_name, column_name, data_type from information_schema.columns where table_schema = 'marts'"
    for row in build.rows(sql):
        if row["column_name"] not in MISNAMED:
            yield row["table_name"], row["column_name"], row["data_type"]


def test_endings_of_names_mean_types(sample_build: SampleBuild) -> None:
    rules = {
        r"_on$": {"DATE"},
        r"_at$": {"TIMESTAMP"},
        r"^(is|has)_": {"BOOLEAN"},
        r"^(?!is_|has_|share_).*(_deals|_contacts|_lines|_count)$|^records$": {"BIGINT", "INTEGER"},
        RATE: {"DOUBLE"},
        r"_amount$": {"DOUBLE", "DECIMAL(18,2)"},
    }
    wrong = [
        f"{table}.{column} is {kind}"
        for table, column, kind in built_columns(sample_build)
        for pattern, kinds in rules.items()
        if re.search(pattern, column) and kind not in kinds
    ]
    assert wrong == [], "STYLE.md, Names, says which type an ending means; MISNAMED above holds exceptions"


def test_constraints_of_the_yaml_stand_on_the_tables(sample_build: SampleBuild) -> None:
    built = Counter(
        row["table_name"]
        for row in sample_build.rows(
            "select table_name from duckdb_constraints() where schema_name = 'marts' and constraint_type in ('PRIMARY KEY', 'CHECK', 'NOT NULL')"
        )
    )
    for path, entry in entries("models"):
        if "marts" in path.parts and entry.get("constraints"):
            keys = [rule["columns"] for rule in entry["constraints"] if rule["type"] == "primary_key"]
            required = {column["name"] for column in entry["columns"] if column.get("constraints")} | {
                name for key in keys for name in key
            }
            assert built[entry["name"]] == len(entry["constraints"]) + len(required), entry["name"]


def test_rates_and_shares_lie_between_0_and_1(sample_build: SampleBuild) -> None:
    rates = [(table, column) for table, column, _ in built_columns(sample_build) if re.search(RATE, column)]
    assert len(rates) > 40
    outside = [
        f"{table}.{column}"
        for table, column in rates
        if sample_build.rows(f"select 1 from marts.{table} where {column} not between 0 and 1 limit 1")
    ]
    assert outside == []


def test_the_dimensions_of_the_loader_are_those_of_the_models(sample_build: SampleBuild) -> None:
    marked = {name: {column.name for column in COLUMNS[name] if column.is_dimension} for name in ("deals", "accounts")}
    segmented = {row["column_name"] for row in sample_build.rows("select column_name from intermediate.int_segments")}
    columns = {column for table, column, _ in built_columns(sample_build) if table == "dim_accounts"}
    # an owner's name is hashed while it is read
    assert segmented - {"owner"} <= marked["deals"]
    assert marked["accounts"] == marked["deals"] & columns


def test_types_of_contracts_are_those_both_engines_know() -> None:
    types = {
        f"{entry['name']}.{column['name']}": column.get("data_type")
        for path, entry in entries("models")
        if "marts" in path.parts
        for column in entry["columns"]
    }
    assert {
        name: kind
        for name, kind in types.items()
        if kind not in {*TYPES, "timestamp", "decimal(18, 2)", "decimal(24, 2)"}
    } == {}, "columns of marts: `data_type` is missing, or is none of TYPES above"


# ---------------------------------------------------------------- size and privacy


# STYLE.md asks for 25 to 60 lines and one thought. What is longer may only get fewer and shorter.
LONGEST_MODEL = 110
MOST_OVER_60 = 13
# Of the lines of models, those with Jinja beside the names of tables and the configuration: a macro where the house has one word for a figure, a
# setting, and a loop where the list of dimensions decides the SQL.
MOST_JINJA = 0.08


def test_a_model_is_one_thought_on_one_screen() -> None:
    lines = {path.stem: len(path.read_text(encoding="utf-8").splitlines()) for path in MODELS if path.suffix == ".sql"}
    too_long = {name: count for name, count in lines.items() if count > LONGEST_MODEL}
    assert too_long == {}, "split it: a step that it alone reads can be an ephemeral model"
    over_60 = sorted(name for name, count in lines.items() if count > 60)
    assert len(over_60) <= MOST_OVER_60, f"{len(over_60)} models have more than 60 lines, {MOST_OVER_60} may: {over_60}"


def test_a_model_is_sql_first() -> None:
    named = re.compile(r"\{\{-? *(ref|source|advice|config)\([^}]*\) *-?\}\}")
    lines = [
        named.sub("", line)
        for path in MODELS
        if path.suffix == ".sql"
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip()
    ]
    jinja = [line for line in lines if re.search(r"\{[{%#]|[}%#]\}", line)]
    assert len(jinja) / len(lines) <= MOST_JINJA, len(jinja)


def test_sample_build_stays_small(sample_build: SampleBuild) -> None:
    # of an exposure nothing is built
    nodes = [
        result for result in sample_build.run_results if not result["unique_id"].startswith(("operation.", "exposure."))
    ]
    assert len(nodes) <= MOST_NODES, (
        f"a build has {len(nodes)} nodes. A step that one model alone reads can be ephemeral; where the new node is "
        "wanted, MOST_NODES above counts one more"
    )


def test_dbt_sends_no_usage_statistics() -> None:
    assert read_yaml(ROOT / "dbt_project.yml")["flags"]["send_anonymous_usage_stats"] is False

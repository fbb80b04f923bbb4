"""The list of mutations does not rot: each still fits its file, and no model or macro is left out of it."""

import re
from pathlib import Path

from python_tests.known_company.project import ROOT
from python_tests.mutations.run import COMPANIES, Mutation, read_mutations

MACRO = re.compile(r"{%-?\s*macro (\w+)\(.*?{%-?\s*endmacro\s*-?%}", re.DOTALL)
# Ways of saying a macro in the SQL of one engine.
ENGINES = re.compile(r"^(default|spark|duckdb)__")
# Macros that do nothing on DuckDB, the engine the mutations are judged on.
SPARK_ONLY = {"forget_advice", "advice_columns", "setting_problem"}


def changed_macro(mutation: Mutation) -> str | None:
    """Name of the macro that the change stands in, without the engine it is for."""
    text = (ROOT / mutation.file).read_text(encoding="utf-8")
    place = text.index(mutation.find)
    return next((ENGINES.sub("", macro[1]) for macro in MACRO.finditer(text) if macro.start() <= place < macro.end()), None)


def test_every_mutation_fits_its_file_and_says_whom_it_would_hurt() -> None:
    mutations = read_mutations()
    assert len(mutations) > 250
    assert [mutation.name for mutation in mutations if not mutation.why.endswith(".")] == []
    assert [mutation.name for mutation in mutations if mutation.company not in (*COMPANIES, "both")] == []


def test_every_model_has_a_mutation() -> None:
    models = {str(path.relative_to(ROOT)) for path in (ROOT / "models").rglob("*") if path.suffix in (".sql", ".py")}
    assert sorted(models - {mutation.file for mutation in read_mutations()}) == []


def test_every_macro_has_a_mutation() -> None:
    names = [name for path in (ROOT / "macros").glob("*.sql") for name in MACRO.findall(path.read_text(encoding="utf-8"))]
    written = {ENGINES.sub("", name) for name in names if not name.startswith("spark__")}
    assert len(written) > 40
    changed = {changed_macro(mutation) for mutation in read_mutations() if mutation.file.startswith("macros/")}
    assert sorted(written - changed) == sorted(SPARK_ONLY)


def test_tests_named_by_a_mutation_are_there() -> None:
    named = {Path(argument) for mutation in read_mutations() for argument in mutation.pytest.split() if argument.endswith(".py")}
    assert sorted(str(path) for path in named if not (ROOT / path).exists()) == []

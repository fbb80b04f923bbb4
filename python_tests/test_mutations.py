"""The list of mutations does not rot: each still fits its file."""

from pathlib import Path

from python_tests.known_company.project import ROOT
from python_tests.mutations.run import COMPANIES, read_mutations


def test_every_mutation_fits_its_file_and_says_whom_it_would_hurt() -> None:
    mutations = read_mutations()
    assert len(mutations) > 250
    assert [mutation.name for mutation in mutations if not mutation.why.endswith(".")] == []
    assert [mutation.name for mutation in mutations if mutation.company not in (*COMPANIES, "both")] == []


def test_tests_named_by_a_mutation_are_there() -> None:
    named = {
        Path(argument)
        for mutation in read_mutations()
        for argument in mutation.pytest.split()
        if argument.endswith(".py")
    }
    assert sorted(str(path) for path in named if not (ROOT / path).exists()) == []

"""The rooms of the package know little of each other (docs/architecture.md)."""

from __future__ import annotations

import ast
from pathlib import Path

from python_tests.known_company.project import ROOT

# What each room may import of the others; the modules beside them (settings, errors, rows ...) serve all.
MAY_KNOW: dict[str, set[str]] = {
    "load": set(),
    "advice": set(),
    "publish": set(),
    "report": set(),
    "operations": {"load", "report"},
    "dbt": {"load", "publish", "operations"},
    "spark": {"advice", "publish", "operations"},
    "cli": {"load", "advice", "publish", "report", "operations", "spark"},
    "beside": set(),
}
# What a room must not need: advice is arithmetic, and only the two rooms that run it know dbt.
FOREIGN: dict[str, set[str]] = {
    "load": {"dbt", "jinja2", "numpy", "scipy"},
    "advice": {"dbt", "duckdb", "jinja2", "pathlib", "os"},
    "publish": {"dbt", "jinja2"},
    "report": {"dbt", "numpy", "scipy"},
}


def imports(path: Path) -> set[str]:
    found = set[str]()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            # `from winloss import settings` names a module, `from winloss.settings import names` what is in it
            found |= {
                f"{node.module}.{alias.name}" if node.module == "winloss" else node.module for alias in node.names
            }
    return found


def room(module: str) -> str:
    place = module.split(".")[1] if "." in module else "beside"
    return place if place in MAY_KNOW else "beside"


def test_no_room_imports_what_it_should_not_know() -> None:
    wrong = []
    for path in sorted((ROOT / "winloss").rglob("*.py")):
        own = room(".".join(path.relative_to(ROOT).with_suffix("").parts))
        if path.name == "__main__.py":
            continue
        for name in imports(path):
            top = name.split(".")[0]
            if top == "winloss" and room(name) not in {own, "beside"} | MAY_KNOW[own]:
                wrong.append(f"{own} knows {name} ({path.name})")
            if top in FOREIGN.get(own, set()):
                wrong.append(f"{own} needs {top} ({path.name})")
    assert wrong == []

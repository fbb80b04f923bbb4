"""What a user may set: declared in seeds/settings.csv, stated by --vars, the environment or winloss.yml, in this order."""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

from winloss.errors import is_utf_8, nearest, printable, shortened, shown_name

SETTINGS_FILE = "winloss.yml"
FILE_VARIABLE = "WINLOSS_SETTINGS"
"""Names another file than winloss.yml, for scripts and tests."""

PRIVATE_VARIABLE = "WINLOSS_DB"
PRIVATE = "warehouse/winloss.duckdb"
"""The private database: no setting, since profiles.yml names it before any file is read."""

PROJECT = Path(__file__).resolve().parents[1]
"""The project this package is part of."""

_DECLARATIONS = PROJECT / "seeds" / "settings.csv"
_SHOWN_CHARACTERS = 60
_PLACES = ("exports", "published", "reports")


class SettingsError(Exception):
    """A setting that nothing can work with. `sentences` says what to change, one sentence each."""

    def __init__(self, *sentences: str) -> None:
        self.sentences = list(dict.fromkeys(printable(sentence) for sentence in sentences))
        super().__init__("\n".join(self.sentences))


@dataclass(frozen=True)
class Setting:
    """One declaration. `environment` names a variable of the environment, empty for none."""

    name: str
    kind: str
    minimum: float | None
    maximum: float | None
    pattern: str
    example: str
    default: Any
    area: str
    environment: str
    meaning: str

    def must_be(self) -> str:
        """What a value must be, in words."""
        if self.kind in ("number", "whole number"):
            return f"a {self.kind} from {_number(self.minimum)} to {_number(self.maximum)}"
        if self.kind == "true or false":
            return self.kind
        what = {
            "mapping": "keys with values",
            "text or mapping": "a text or keys with values",
            "list or mapping": "a list or keys with values",
        }
        return f"{what.get(self.kind, f'a {self.kind}')} such as {self.example}"

    def accepts(self, value: object) -> bool:
        """Whether `value`, as `as_stated` gives it, is of the kind and in the range."""
        match self.kind:
            case "true or false":
                return isinstance(value, bool)
            case "whole number":
                return isinstance(value, int) and not isinstance(value, bool) and self._is_in_range(value)
            case "number":
                return isinstance(value, (int, float)) and not isinstance(value, bool) and self._is_in_range(value)
            case "date":
                return isinstance(value, str) and (value == self.default or (self._is_alike(value) and _is_day(value)))
            case "text":
                return isinstance(value, str) and (
                    value == self.default or (value.strip() != "" and self._is_alike(value))
                )
            case "time zone":
                return isinstance(value, str) and (value == self.default or value in _time_zones())
            case "list":
                return isinstance(value, list) and (
                    not self.pattern or all(isinstance(item, str) and self._is_alike(item) for item in value)
                )
            case "mapping":
                return isinstance(value, dict)
            case "text or mapping":
                return isinstance(value, (str, dict))
            case _:
                return isinstance(value, (list, dict))

    def problem(self, value: object, where: str) -> str | None:
        """One sentence on a value that cannot be used, None on one that can. `where` names the setting and its place."""
        if value is None:
            return f"{where} is empty but must be {self.must_be()}: {self.meaning}."
        if self.accepts(value):
            return None
        return f"{where} is {_shown(value)} but must be {self.must_be()}: {self.meaning}."

    def _is_in_range(self, value: float) -> bool:
        # not a number (nan) is neither below nor above anything, so it is in no range
        return (self.minimum or 0) <= value <= (self.maximum or 0)

    def _is_alike(self, value: str) -> bool:
        return re.fullmatch(self.pattern or ".*", value, re.DOTALL) is not None

    def as_stated(self, value: object) -> object:
        """The value as the kind means it: YAML makes a day or a number of a text that looks like one."""
        if self.kind in ("text", "date") and isinstance(value, (int, float, date)) and not isinstance(value, bool):
            return value.isoformat() if isinstance(value, date) else str(value)
        return value


def _number(value: float | None) -> str:
    return f"{value:.0f}" if value is not None and value == int(value) else str(value)


def _shown(value: object) -> str:
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "keys with values"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}..."


def _is_day(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


@cache
def _time_zones() -> frozenset[str]:
    """The zones that the engine knows by name, which need not be those of the machine."""
    with duckdb.connect() as engine:
        return frozenset(name for (name,) in engine.execute("select name from pg_timezone_names()").fetchall())


@cache
def declared() -> Mapping[str, Setting]:
    """Every setting by name, in the order of the file."""
    with _DECLARATIONS.open(encoding="utf-8", newline="") as file:
        return {row["name"]: _declaration(row) for row in csv.DictReader(file)}


def _declaration(row: Mapping[str, str]) -> Setting:
    is_text = row["kind"] in ("text", "date", "time zone", "text or mapping")
    return Setting(
        row["name"],
        row["kind"],
        float(row["minimum"]) if row["minimum"] else None,
        float(row["maximum"]) if row["maximum"] else None,
        row["pattern"],
        row["example"],
        row["default"] if is_text else yaml.safe_load(row["default"]),
        row["area"],
        row["environment"],
        row["meaning"],
    )


# ---------------------------------------------------------------- where values are stated


_MOST_BYTES = 1_000_000


def read_settings_file(path: Path) -> dict[str, object]:
    """What a file of settings states, checked; nothing where it is not there. Raises SettingsError."""
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise SettingsError(f"{path.name} is larger than 1 MB, as no file of settings is: name the right one.")
        text = content.decode("utf-8-sig")
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SettingsError(f"{path.name}, line {line} is not UTF-8: save the file as UTF-8.") from None
    except OSError as error:
        raise SettingsError(f"{path.name} cannot be read: {error.strerror}.") from None
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
    except (yaml.YAMLError, RecursionError) as error:
        raise SettingsError(_damage(path, text, error)) from None
    if node is None:
        return {}
    if not isinstance(node, yaml.MappingNode):
        raise SettingsError(f"{path.name} must hold one setting a line, such as minimum_deals: 10.")
    values: dict[str, object] = {}
    problems: list[str] = []
    for key, value in node.value:
        where = f"{path.name}, line {key.start_mark.line + 1}: {_written(key)}"
        name = _written(key)
        if name in values:
            problems.append(f"{where} is stated twice: keep one.")
            continue
        try:
            values[name] = loader.construct_object(value, deep=True)
        except (yaml.YAMLError, ValueError, RecursionError):
            # such as 2025-13-45, which looks like a day: the check below says what it must be
            values[name] = value.value if isinstance(value, yaml.ScalarNode) else _UNREADABLE
        if name in declared() and declared()[name].kind in ("text", "date") and value.tag in _WRITTEN_AS_TEXT:
            values[name] = value.value
        if not _is_plain(values[name]):
            problems.append(f"{where} cannot be read: its keys must be texts, and no part may refer to itself.")
            continue
        problems += check({name: values[name]}, where)
    if problems:
        raise SettingsError(*problems)
    return values


_UNREADABLE: list[object] = []

# a text that looks like a day or a number is taken as it is written
_WRITTEN_AS_TEXT = ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:float", "tag:yaml.org,2002:int")


def _written(node: yaml.Node) -> str:
    return node.value if isinstance(node, yaml.ScalarNode) else "a list or keys"


def _is_plain(value: object) -> bool:
    """Whether a value has an end, and keys that dbt can take."""
    try:
        json.dumps(value, default=str)
    except (ValueError, TypeError, RecursionError):
        return False
    return value is not _UNREADABLE


def _damage(path: Path, text: str, error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    # a character that YAML refuses has a position and no line
    position = getattr(error, "position", None)
    line = mark.line + 1 if mark else text.count("\n", 0, position) + 1 if isinstance(position, int) else None
    place = f"{path.name}, line {line}" if line else path.name
    problem = getattr(error, "problem", None)
    return (
        f"{place} is not YAML{f' ({problem})' if problem else ''}: write one setting a line, such as minimum_deals: 10."
    )


def check(values: Mapping[str, object], where: str | None = None) -> list[str]:
    """One sentence per value that cannot be used. `where` names a single setting and its place; without it, variables of dbt."""
    problems = []
    for name, value in values.items():
        place = where or f"Variable {name}"
        if name in declared():
            setting = declared()[name]
            problem = setting.problem(setting.as_stated(value), place)
            problems += [problem] if problem else []
        else:
            near = nearest(str(name), declared())
            problems.append(
                f"{place} is not known. {f'Did you mean {near}?' if near else 'seeds/settings.csv lists what is.'}"
            )
    return problems


def settings_file(environment: Mapping[str, str], folder: Path | None = None) -> Path:
    """The file that states the settings: winloss.yml in `folder`, or that of the environment. Raises SettingsError."""
    return Path(_of_environment(environment, FILE_VARIABLE) or (folder or Path()) / SETTINGS_FILE)


def resolve(
    variables: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> dict[str, Any]:
    """The value of every setting: by `variables`, else the environment, else winloss.yml in `folder`, else as declared.

    Raises SettingsError with all that is wrong.
    """
    environment = os.environ if environment is None else environment
    given = dict(variables or {})
    problems = check(given)
    stated: dict[str, object] = {}
    try:
        stated = read_settings_file(settings_file(environment, folder))
    except SettingsError as error:
        problems += error.sentences
    if problems:
        raise SettingsError(*problems)
    values: dict[str, Any] = {}
    for name, setting in declared().items():
        by_environment = _of_environment(environment, setting.environment) if setting.environment else ""
        value = given[name] if name in given else by_environment or stated.get(name, setting.default)
        values[name] = setting.as_stated(value)
    for name in _PLACES:
        variable = declared()[name].environment
        values[name] = str(_path(values[name], variable if environment.get(variable) and name not in given else name))
    if values["extended_window_quarters"] < values["window_quarters"]:
        raise SettingsError(
            f"extended_window_quarters is {values['extended_window_quarters']} but must not be smaller than "
            f"window_quarters, which is {values['window_quarters']}."
        )
    return values


def defaults() -> dict[str, Any]:
    """The value of every setting where none is stated."""
    return {name: setting.default for name, setting in declared().items()}


def stated_in(environment: Mapping[str, str]) -> dict[str, str]:
    """The settings that the environment states, as it states them."""
    return {
        name: environment[setting.environment]
        for name, setting in declared().items()
        if setting.environment and environment.get(setting.environment)
    }


def answer(request: str) -> str:
    """The settings as JSON for SQL, so it never raises: by_name, and problems (sentences). Request: the variables of dbt, as YAML."""
    try:
        return json.dumps({"problems": [], "by_name": resolve(yaml.safe_load(request))}, default=str)
    except SettingsError as error:
        return json.dumps({"problems": error.sentences, "by_name": defaults()})
    except Exception as error:  # an exception inside an SQL function reaches the user as a stack trace
        sentence = f"The settings cannot be read ({type(error).__name__}). Please report this as a fault."
        return json.dumps({"problems": [sentence], "by_name": defaults()})


def names() -> str:
    """The names of all settings as JSON, for SQL."""
    return json.dumps(list(declared()))


# ---------------------------------------------------------------- places


def find_project(folder: Path) -> Path | None:
    """The folder of dbt_project.yml: `folder`, or one above it."""
    return next((place for place in (folder, *folder.parents) if is_project(place / "dbt_project.yml")), None)


def is_project(path: Path) -> bool:
    """Whether this is the dbt_project.yml of Winloss: a home folder may hold that of something else."""
    return (
        path.is_file()
        and re.search(r"^name: *winloss\b", path.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)
        is not None
    )


def place(name: str, environment: Mapping[str, str] | None = None, folder: Path | None = None) -> Path:
    """Where the exports, the published file or the reports stand.

    What winloss.yml states is relative to its folder; what the environment states, and the default, to where the command is run.
    """
    environment = os.environ if environment is None else environment
    here = Path() if folder is None else folder
    setting = declared()[name]
    if by_environment := _of_environment(environment, setting.environment):
        return _path(by_environment, setting.environment)
    project = find_project(here.absolute())
    stated = read_settings_file(settings_file(environment, project))
    if name not in stated:
        return Path(setting.default)
    path = _path(str(stated[name]), name)
    return path if project is None or project == here.absolute() else project / path


def private_database(environment: Mapping[str, str] | None = None) -> Path:
    """The private database that a build works in."""
    environment = os.environ if environment is None else environment
    return _path(_of_environment(environment, PRIVATE_VARIABLE) or PRIVATE, PRIVATE_VARIABLE)


_LONGEST_PATH = 1_000


def _of_environment(environment: Mapping[str, str], name: str) -> str:
    """What a variable of the environment states, empty for nothing. Raises SettingsError where no engine or terminal could take it."""
    value = environment.get(name, "")
    problem = (
        "is not UTF-8"
        if not is_utf_8(value)
        else "holds a sign that cannot be seen"
        if printable(value) != value
        else f"is longer than {_LONGEST_PATH} signs"
        if len(value) > _LONGEST_PATH
        else ""
    )
    if problem:
        raise SettingsError(f'{name} is "{shortened(shown_name(value))}", which {problem}: rename the file or folder.')
    return value


def _path(stated: str, name: str) -> Path:
    """The path that `name` states, with the home folder for a tilde. Raises SettingsError where there is no such user."""
    try:
        return Path(stated).expanduser()
    except RuntimeError:
        raise SettingsError(
            f'{name} is "{shortened(stated)}", and there is no such user: write the path without "~".'
        ) from None

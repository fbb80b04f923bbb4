"""The user's mapping for `crm: custom`, checked word by word before any file is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from winloss.errors import ReadingError, did_you_mean, listed
from winloss.load.columns import (
    COLUMNS,
    DESCRIBING_A_CONTACT,
    OBJECTS,
    Column,
    Kind,
    OwnDimension,
    dimension_name_problem,
)
from winloss.load.folder import leads_outside
from winloss.load.parsing import DATE_ORDERS, DECIMAL_STYLES, OUTCOMES

_KEYS = ("files", "lookups", "columns", "outcomes", "date_order", "decimal", "dimensions", "file_order")


@dataclass(frozen=True)
class HeaderRule:
    """The header a canonical column is read from, and the number (as text) its cells are multiplied by; or no header but the line.

    An outcome may also be what two columns say together, the second under the header `beside`, or what the file is called.
    """

    header: str
    multiply_by: str | None = None
    is_line_number: bool = False
    is_file_name: bool = False
    beside: str | None = None


@dataclass(frozen=True)
class LookupRule:
    """A lookup file of an object: the header of its key, and the header of the same key in the object's file."""

    object: str
    file: str
    file_header: str
    object_header: str


@dataclass(frozen=True)
class CrmSettings:
    """What a user may add to a CRM's own export, checked; whether the headers exist is not known yet.

    `field_aliases` holds a header of the user's own by column, `object_aliases` by object and column, `extra_dimensions` by the name of
    the dimension; `dimensions` says more of each of these names.
    """

    field_aliases: Mapping[str, HeaderRule]
    object_aliases: Mapping[str, Mapping[str, HeaderRule]]
    extra_dimensions: Mapping[str, HeaderRule]
    dimensions: Mapping[str, OwnDimension]
    date_order: Mapping[str, str]
    decimal: Mapping[str, str]
    file_order: list[str]

    def own(self) -> dict[str, dict[str, HeaderRule]]:
        """The user's headers by object and column: those for every object, and in their place those for the one."""
        return {name: {**self.field_aliases, **self.object_aliases.get(name, {})} for name in COLUMNS}


@dataclass(frozen=True)
class CustomMapping:
    """A mapping that is whole in itself; whether its files and headers exist is not known yet.

    `date_order` and `decimal` map a file name or pattern to a setting; the pattern '*' stands for every file.
    `dimensions` are the dimensions that the user added, and what more is said of them; their headers stand among the
    columns of deals.
    """

    files: Mapping[str, list[str]]
    columns: Mapping[str, Mapping[str, HeaderRule]]
    lookups: list[LookupRule] = field(default_factory=list)
    outcomes: Mapping[str, list[str]] = field(default_factory=dict)
    date_order: Mapping[str, str] = field(default_factory=dict)
    decimal: Mapping[str, str] = field(default_factory=dict)
    dimensions: Mapping[str, OwnDimension] = field(default_factory=dict)
    file_order: list[str] = field(default_factory=list)


class _Checker:
    """Collects the problems of a mapping, so that the user reads all of them at once."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def say(self, sentence: str) -> None:
        self.problems.append(sentence)

    def text(self, value: object, where: str) -> str | None:
        """The value as text, or None and a problem when YAML made something else of it."""
        if isinstance(value, str) and value.strip():
            return value.strip()
        if isinstance(value, bool):
            said = "yes, no, on, off, true and false"
            self.say(f"{where} is a yes-or-no value to YAML, which reads {said} so: write the word in quotes.")
        elif value is None or isinstance(value, str):
            self.say(f"{where} is empty.")
        elif isinstance(value, (list, dict)):
            self.say(f"{where} must be one text, not {'a list' if isinstance(value, list) else 'several keys'}.")
        else:
            self.say(f"{where} is not text to YAML ({value}): write it in quotes.")
        return None

    def texts(self, value: object, where: str) -> list[str]:
        """One text or a list of texts, as a list."""
        values = value if isinstance(value, list) else [value]
        if not values:
            return []
        found = [
            self.text(item, where if len(values) == 1 else f"{where} (number {n})") for n, item in enumerate(values, 1)
        ]
        return [text for text in found if text is not None]

    def keyed(self, value: object, where: str) -> dict[str, object]:
        """A set of keys with values, its keys being texts."""
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.say(f"{where} must be keys with values, such as `{where.split('.')[-1]}: {{key: value}}`.")
            return {}
        keys: dict[str, object] = {}
        for key, item in value.items():
            if isinstance(key, bool):
                self.say(
                    f"A key of {where} is a yes-or-no value to YAML, which reads yes, no, on, off, true and false so: "
                    f"write the key in quotes."
                )
            else:
                keys[str(key)] = item
        return keys

    def is_inside(self, name: str, where: str) -> None:
        if leads_outside(name):
            self.say(f'{where}: "{name}" must stand inside the folder of exports.')

    def known(self, key: str, known: object, where: str, what: str = "key") -> bool:
        names = list(known)  # type: ignore[call-overload]
        if key not in names:
            self.say(f'{where} has the unknown {what} "{key}".{did_you_mean(key, names)}')
        return key in names


def check_mapping(given: object) -> CustomMapping:
    """The mapping, or ReadingError with one sentence per problem."""
    check = _Checker()
    if not given:
        raise ReadingError(
            "crm is custom and no mapping is stated: write one into winloss.yml, or have it written by "
            "winloss check --write-mapping winloss.yml; docs/exports/custom.md has a filled-in example."
        )
    keys = check.keyed(given, "mapping")
    for key in keys:
        check.known(key, _KEYS, "mapping")

    files = _files(check, keys.get("files"))
    columns = _columns(check, keys.get("columns"), files)
    dimensions = _dimensions(check, keys.get("dimensions"), columns, files=files)
    mapping = CustomMapping(
        files=files,
        columns=columns,
        lookups=_lookups(check, keys.get("lookups"), files),
        outcomes=_outcomes(check, keys.get("outcomes")),
        date_order=_per_file(check, keys.get("date_order"), "mapping.date_order", DATE_ORDERS),
        decimal=_per_file(check, keys.get("decimal"), "mapping.decimal", DECIMAL_STYLES),
        dimensions=dimensions,
        file_order=check.texts(keys.get("file_order") or [], "mapping.file_order"),
    )
    if check.problems:
        raise ReadingError(*check.problems)
    return mapping


def check_crm_settings(given: Mapping[str, object], columns: Mapping[str, Column]) -> CrmSettings:
    """The variables a CRM's reader takes, or ReadingError with one sentence per problem. `columns` are those it reads."""
    check = _Checker()
    field_aliases: dict[str, HeaderRule] = {}
    object_aliases: dict[str, dict[str, HeaderRule]] = {}
    for name, value in check.keyed(given.get("field_aliases"), "field_aliases").items():
        if name in COLUMNS:
            where = f"field_aliases.{name}"
            known = {column.name: column for column in COLUMNS[name] if column.name in columns}
            object_aliases[name] = _aliases(check, check.keyed(value, where), where, known)
        else:
            field_aliases |= _aliases(check, {name: value}, "field_aliases", columns)
    extras: dict[str, dict[str, HeaderRule]] = {}
    dimensions = _dimensions(check, given.get("extra_dimensions"), extras, "extra_dimensions", "field_aliases")
    settings = CrmSettings(
        field_aliases=field_aliases,
        object_aliases=object_aliases,
        extra_dimensions=extras.get("deals", {}),
        dimensions=dimensions,
        date_order=_per_file(check, given.get("date_order") or None, "date_order", DATE_ORDERS),
        decimal=_per_file(check, given.get("decimal") or None, "decimal", DECIMAL_STYLES),
        file_order=check.texts(given.get("file_order") or [], "file_order"),
    )
    if check.problems:
        raise ReadingError(*check.problems)
    return settings


def _aliases(
    check: _Checker, given: Mapping[str, object], where: str, known: Mapping[str, Column]
) -> dict[str, HeaderRule]:
    found = {}
    for name, value in given.items():
        if check.known(name, known, where, "column"):
            rule = _header_rule(check, value, f"{where}.{name}", known[name].kind)
            if rule:
                found[name] = rule
    return found


def own_headers(given: object) -> dict[str, dict[str, HeaderRule]]:
    """The headers of the setting `field_aliases` by object and column, as far as they can be told: nothing is said of a mistake yet."""
    stated = given if isinstance(given, dict) else {}
    found: dict[str, dict[str, HeaderRule]] = {name: {} for name in COLUMNS}
    for name, value in stated.items():
        per_object = {name: value} if name in COLUMNS else {other: {name: value} for other in COLUMNS}
        for object_name, rules in per_object.items():
            for column, rule in rules.items() if isinstance(rules, dict) else ():
                header = rule.get("header") if isinstance(rule, dict) else rule
                if isinstance(header, str) and column in {known.name for known in COLUMNS[object_name]}:
                    found[object_name][str(column)] = HeaderRule(header)
    return found


def _files(check: _Checker, given: object) -> dict[str, list[str]]:
    files: dict[str, list[str]] = {}
    for object_name, value in check.keyed(given, "mapping.files").items():
        if check.known(object_name, OBJECTS, "mapping.files"):
            files[object_name] = check.texts(value, f"mapping.files.{object_name}")
            for name in files[object_name]:
                check.is_inside(name, f"mapping.files.{object_name}")
    if not files.get("deals"):
        check.say("mapping.files names no file for deals: write `files: {deals: <file name>}`.")
    return files


def _columns(check: _Checker, given: object, files: Mapping[str, object]) -> dict[str, dict[str, HeaderRule]]:
    columns: dict[str, dict[str, HeaderRule]] = {}
    for object_name, rules in check.keyed(given, "mapping.columns").items():
        where = f"mapping.columns.{object_name}"
        if not check.known(object_name, OBJECTS, "mapping.columns"):
            continue
        known = {column.name: column for column in OBJECTS[object_name]}
        columns[object_name] = {}
        for name, value in check.keyed(rules, where).items():
            if check.known(name, known, where, "column"):
                rule = _header_rule(check, value, f"{where}.{name}", known[name].kind, may_be_line=True)
                if rule:
                    columns[object_name][name] = rule
        if object_name not in files:
            check.say(f"{where} is given, but mapping.files names no file for {object_name}.")
    for object_name in files:
        if object_name in OBJECTS:
            _required(check, object_name, columns.get(object_name, {}))
    return columns


def _required(check: _Checker, object_name: str, mapped: Mapping[str, object]) -> None:
    if not mapped:
        check.say(f"mapping.files names a file for {object_name}, but mapping.columns.{object_name} is empty.")
    elif object_name == "contacts" and not mapped.keys() & {"contact_id", *DESCRIBING_A_CONTACT}:
        check.say(f"mapping.columns.contacts needs contact_id or at least one of {listed(DESCRIBING_A_CONTACT)}.")
    for column in OBJECTS[object_name]:
        if column.required and column.name not in mapped:
            check.say(f"mapping.columns.{object_name} lacks {column.name}, which is required: name its header.")


def _header_rule(
    check: _Checker, value: object, where: str, kind: Kind, may_be_line: bool = False
) -> HeaderRule | None:
    if isinstance(value, list):
        check.say(f"{where} names {len(value)} headers for one column: keep one.")
        return None
    if not isinstance(value, dict):
        header = check.text(value, where)
        return HeaderRule(header) if header else None
    if may_be_line and kind is Kind.IDENTIFIER and "line_number" in value:
        if value != {"line_number": True}:
            check.say(f"{where}.line_number takes the place of a header: write {{line_number: true}} alone.")
            return None
        return HeaderRule("", is_line_number=True)
    if kind is Kind.OUTCOME and "file_name" in value:
        if value != {"file_name": True}:
            check.say(f"{where}.file_name takes the place of a header: write {{file_name: true}} alone.")
            return None
        return HeaderRule("", is_file_name=True)
    if kind is Kind.OUTCOME and "headers" in value:
        headers = check.texts(value["headers"], f"{where}.headers")
        if len(value) > 1 or len(headers) != 2:
            check.say(f"{where}.headers names two headers: write {{headers: [Closed, Won]}} alone.")
            return None
        return HeaderRule(headers[0], beside=headers[1])
    for key in value:
        check.known(str(key), ("header", "multiply_by"), where)
    header = check.text(value.get("header"), f"{where}.header")
    factor = value.get("multiply_by")
    if factor is None:
        return HeaderRule(header) if header else None
    if kind is not Kind.NUMBER:
        check.say(f"{where}.multiply_by: only numbers can be multiplied.")
        return None
    try:
        number = Decimal(str(factor)) if not isinstance(factor, bool) else Decimal(0)
    except InvalidOperation:
        number = Decimal(0)
    if not (Decimal("0.0001") <= number <= Decimal("10000000")) or number != round(number, 4):
        check.say(f"{where}.multiply_by must be a number from 0.0001 to 10000000, such as 1000.")
        return None
    return HeaderRule(header, format(number, "f")) if header else None


def _dimensions(
    check: _Checker,
    given: object,
    columns: dict[str, dict[str, HeaderRule]],
    variable: str = "mapping.dimensions",
    instead: str = "mapping.columns",
    files: Mapping[str, object] | None = None,
) -> dict[str, OwnDimension]:
    """The dimensions that the user added; their headers become columns of deals under their names.

    An attribute of the account is a column of the accounts where the mapping names `files` of them.
    """
    added: dict[str, OwnDimension] = {}
    for name, value in check.keyed(given, variable).items():
        where = f"{variable}.{name}"
        problem = dimension_name_problem(name, where, instead)
        if problem:
            check.say(problem)
        else:
            header, added[name] = _header_of_dimension(check, value, where)
            if header:
                stands_in = "accounts" if added[name].is_of_account and "accounts" in (files or {}) else "deals"
                columns.setdefault(stands_in, {})[name] = HeaderRule(header)
    return added


def _header_of_dimension(check: _Checker, value: object, where: str) -> tuple[str | None, OwnDimension]:
    """The header of a dimension, and what more is said of it: a text, or all by their names."""
    if not isinstance(value, dict):
        return check.text(value, where), OwnDimension()
    keys = check.keyed(value, where)
    for key in keys:
        check.known(key, ("header", "is_person", "is_of_account"), where)
    said = {name: keys.get(name, False) for name in ("is_person", "is_of_account")}
    for name, is_so in said.items():
        if not isinstance(is_so, bool):
            check.say(f"{where}.{name} must be true or false.")
    if all(is_so is True for is_so in said.values()):
        check.say(f"{where} cannot be both is_person and is_of_account: accounts are not scored by people.")
    return check.text(keys.get("header"), where), OwnDimension(said["is_person"] is True, said["is_of_account"] is True)


def _lookups(check: _Checker, given: object, files: Mapping[str, object]) -> list[LookupRule]:
    if given is None:
        return []
    if not isinstance(given, list):
        check.say("mapping.lookups must be a list, such as `lookups: [{object: deals, file: teams.csv, key: agent}]`.")
        return []
    rules = []
    for number, entry in enumerate(given, 1):
        where = f"mapping.lookups (number {number})"
        keys = check.keyed(entry, where)
        for key in keys:
            check.known(key, ("object", "file", "key"), where)
        object_name = check.text(keys.get("object"), f"{where}: object")
        file = check.text(keys.get("file"), f"{where}: file")
        key_headers = keys.get("key")
        theirs, ours = key_headers, key_headers
        if isinstance(key_headers, dict) and len(key_headers) == 1:
            theirs, ours = next(iter(key_headers.items()))
        file_header = check.text(theirs, f"{where}: key")
        object_header = file_header if ours is theirs else check.text(ours, f"{where}: key")
        if file:
            check.is_inside(file, where)
        if object_name and object_name not in files:
            check.say(f"{where}: mapping.files names no file for {object_name}.{did_you_mean(object_name, files)}")
        if object_name and file and file_header and object_header:
            rules.append(LookupRule(object_name, file, file_header, object_header))
    return rules


def _outcomes(check: _Checker, given: object) -> dict[str, list[str]]:
    outcomes: dict[str, list[str]] = {}
    meaning: dict[str, str] = {}
    for outcome, said in check.keyed(given, "mapping.outcomes").items():
        if not check.known(outcome, OUTCOMES, "mapping.outcomes", "outcome"):
            continue
        outcomes[outcome] = check.texts([] if said is None else said, f"mapping.outcomes.{outcome}")
        for word in outcomes[outcome]:
            other = meaning.setdefault(word.lower(), outcome)
            if other != outcome:
                check.say(f'mapping.outcomes: "{word}" stands under {other} and under {outcome}; keep one.')
    return outcomes


def _per_file(check: _Checker, given: object, where: str, allowed: tuple[str, ...]) -> dict[str, str]:
    """A setting for all files, or per file name or pattern."""
    if given is None:
        return {}
    settings = check.keyed(given, where) if isinstance(given, dict) else {"*": given}
    found = {}
    for pattern, value in settings.items():
        said = check.text(value, where if pattern == "*" else f"{where}.{pattern}")
        if said and said not in allowed:
            check.say(f'{where} is "{said}": it must be one of {listed(allowed)}.')
        elif said:
            found[pattern] = said
    return found

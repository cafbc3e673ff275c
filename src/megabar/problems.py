"""Validation errors in the words of a user's file: the path as written, what was found, what is allowed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from megabar.words import PathSteps, did_you_mean, found_text, path_text

_ALLOWED = {
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "string_type": 'text in "quotes"',
    "string_pattern_mismatch": "text on one line, without spaces at its ends",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list in [brackets]",
    "tuple_type": "a list in [brackets]",
    "string_too_short": "text that is not empty",
    "dict_type": "a table",
    "mapping_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "dataclass_type": "a table",
}
_UNKNOWN = {"extra_forbidden", "unexpected_keyword_argument"}
_MISSING = {"missing", "missing_argument"}
_KEY_MARK = "[key]"


def check(
    kind: Any, data: Any, *, where: PathSteps = (), context: Mapping[str, Any] | None = None
) -> tuple[Any, list[str]]:
    """`data` as an object of the type `kind`, and no problem; or None and one line for each problem.

    `kind` is anything that pydantic can validate (a model, a dataclass ...). `where` is the path of `data` inside the
    table that the lines are about, for instance ("settings",). `context` goes to the validators of `kind`: "folder" is
    that of the experiment, for files that settings name.
    """
    has_own_rules = hasattr(kind, "model_config") or hasattr(kind, "__pydantic_config__")
    adapter: TypeAdapter[Any] = TypeAdapter(kind, config=None if has_own_rules else ConfigDict(extra="forbid"))
    try:
        return adapter.validate_python(data, context=context), []
    except ValidationError as error:
        return None, explain(error, data=data, schema=adapter.json_schema(), where=where)


def explain(error: ValidationError, *, data: Any, schema: Mapping[str, Any], where: PathSteps = ()) -> list[str]:
    """One line for each place of `data` that is wrong: `path: found ...; allowed: ...`.

    The branches of a union that failed at one place are joined by "or"; a branch that failed deeper inside speaks
    for the union, since it is the one that the user meant.
    """
    found: dict[PathSteps, list[Mapping[str, Any]]] = {}
    for item in error.errors(include_url=False):
        found.setdefault(_written_path(item, data), []).append(dict(item))
    deepest = [path for path in found if not any(len(p) > len(path) and p[: len(path)] == path for p in found)]
    return [_line(path, found[path], data, schema, where).removeprefix(": ") for path in deepest]


def _written_path(item: Mapping[str, Any], data: Any) -> PathSteps:
    """The part of pydantic's location that exists in `data`: union branches and shorthands are not written there."""
    path: list[str | int] = []
    for step in item["loc"]:
        inside = step in data if isinstance(data, Mapping) else _is_index(step, data)
        if inside:
            data = data[step]
            path.append(step)
    if item["type"] in _MISSING:
        path.append(item["loc"][-1])
    return tuple(path)


def _is_index(step: str | int, data: Any) -> bool:
    return isinstance(data, list | tuple) and isinstance(step, int) and step < len(data)


def _line(
    path: PathSteps, items: list[Mapping[str, Any]], data: Any, schema: Mapping[str, Any], where: PathSteps
) -> str:
    text = path_text((*where, *path))
    kinds = {item["type"] for item in items}
    if kinds & _UNKNOWN:
        known = _keys_at(schema, path[:-1])
        return f"{text}: unknown key; allowed: {', '.join(known)}{did_you_mean(path[-1], known)}"
    if kinds & _MISSING:
        return f"{text}: missing, but needed"
    whole = next((item for item in items if item["type"] == "value_error"), None)
    if whole is not None and isinstance(_value_at(data, path), Mapping):
        return f"{text}: {_allowed(whole)}"  # about several of its fields at once, which the message names
    allowed = " or ".join(dict.fromkeys(_allowed(item) for item in items))
    is_key = items[0]["loc"][-1:] == (_KEY_MARK,)
    value = path[-1] if is_key else _value_at(data, path)
    options = [option for item in items for option in re.findall(r"'([^']*)'", item.get("ctx", {}).get("expected", ""))]
    hint = did_you_mean(value, options) if isinstance(value, str) else ""
    return f"{text}: {'unknown key' if is_key else f'found {found_text(value)}'}; allowed: {allowed}{hint}"


def _allowed(item: Mapping[str, Any]) -> str:
    text = _ALLOWED.get(item["type"])
    if item["type"] == "too_short":
        text = f"a list with at least {item['ctx']['min_length']}"
    if item["type"] == "string_too_long":
        text = f"text of at most {item['ctx']['max_length']} letters"
    if text is None:
        text = str(item["msg"]).removeprefix("Input should be ").removeprefix("Value error, ").removeprefix("allowed: ")
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def _value_at(data: Any, path: PathSteps) -> Any:
    for step in path:
        data = data[step]
    return data


def _keys_at(schema: Mapping[str, Any], path: PathSteps) -> list[str]:
    """The keys that the table at `path` may hold, in the order of the schema."""
    nodes = _branches(schema, schema)
    for step in path:
        nodes = [branch for node in nodes for child in _children(node, step) for branch in _branches(child, schema)]
    return list(dict.fromkeys(key for node in nodes for key in node.get("properties", {})))


def _branches(node: Mapping[str, Any], root: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The node itself and, through references and unions, all that it may stand for."""
    if "$ref" in node:
        return _branches(root["$defs"][node["$ref"].rsplit("/", 1)[-1]], root)
    unions = [option for word in ("anyOf", "oneOf", "allOf") for option in node.get(word, [])]
    return [node, *(branch for option in unions for branch in _branches(option, root))]


def _children(node: Mapping[str, Any], step: str | int) -> list[Mapping[str, Any]]:
    if isinstance(step, int):
        listed = node.get("prefixItems", [])
        child = listed[step] if step < len(listed) else node.get("items")
    else:
        child = node.get("properties", {}).get(step, node.get("additionalProperties"))
    return [child] if isinstance(child, Mapping) else []

"""Temperatures and fields that stand in words instead of a column: in headings ("dI/dV 2 K"), in lines ("T = 2 K")."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from megabar.data import Note, Role
from megabar.io.table import Constant, shorten
from megabar.io.units import convert, fits

MAX_LINE: Final = 300
"""Longer lines are no remarks about the conditions; only their beginning is looked at."""

_IN_HEADING: Final = re.compile(
    r"(?:(?<![A-Za-z0-9])(?P<key>T|H|B|[uµμ]0H|mu0H|(?i:temp(?:erature)?|field)) ?= ?(?P<sign>[-+−]?)"
    r"|(?<![A-Za-z0-9.,]))(?P<number>[0-9]{1,6}(?:[.,p][0-9]{1,6})?)[ _]?(?P<unit>mK|K|T|mT|Oe|kOe)(?![A-Za-z0-9])"
)
_TERMINALS: Final = re.compile(r"[234]T")
_LEFT_OVER: Final = re.compile(r"[(\[{]\s*[,;]?\s*[)\]}]|[@,;=]\s*$|\b(?:at)\s*$|^\s*(?:at)\b|[@,;]\s*(?=[)\](\[])")
_NUMBER: Final = re.compile(
    r"(?<![A-Za-z0-9.,])(?P<number>[-+−]?[0-9]{1,9}(?:[.,][0-9]{1,15})?(?:[eE][-+]?[0-9]{1,2})?)"
    r"(?: ?(?:±|\+/-|\+-) ?[0-9.,]+|\([0-9]+\))?(?:[ _]?(?P<unit>[A-Za-z°℃]{1,12}))?"
)
_PAIR: Final = re.compile(
    r"(?P<key>[^:=;,|\t0-9]+)[;,|\t] ?(?P<number>[-+−]?[0-9]{1,9}(?:\.[0-9]+|,[0-9]+(?=[\s;]|$))?)[;,|\t ]?"
    r"(?P<unit>[A-Za-z°℃]*)[;,|\t ]*"
)
_LONE: Final = re.compile(r"[-+−]?[0-9]{1,6}(?:[.,][0-9]{1,6})? ?m?[KT]")
_RANGE: Final = re.compile(r"\s+[-+−]?[0-9]|\s*(?:(?:-|–|—|to|\.\.+|…|→|->|and|,)\s*[-+−]?\d|[/^]|\()")
_UNIT_OF_KEY: Final = re.compile(r"[(\[]([^)\]]*)[)\]]\s*$|/\s*(m?[KT]|k?Oe)\s*$")
_COMMENT: Final = re.compile(r"""^["'#%!;/\s]+""")


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_KEYS: Final = (
    (Role.TEMPERATURE, _set("t ts temp temperature temperatur tsample tbath tprobe tcell")),
    (Role.FIELD, _set("h b field magneticfield mu0h u0h µ0h μ0h bext hext feld")),
)
_BESIDE: Final = _set(
    "sample smp s measured meas measurement measuring cell dac bath stage vti probe average avg mean nominal actual "
    "base magnetic applied external perpendicular parallel magnet at the of in"
)
_AT_SAMPLE: Final = _set("sample smp s cell dac tsample tcell ts")


def heading_conditions(text: str) -> tuple[str, tuple[Constant, ...]]:
    """A heading without the temperature and field that it names, and these: "dI/dV (S) 10K" -> ("dI/dV (S)", 10 K)."""
    found: list[Constant] = []
    for match in _IN_HEADING.finditer(text):
        role = _role_of_unit(match["unit"])
        key = (match["key"] or "").lower()
        if key and (key[0] == "t") != (role == Role.TEMPERATURE):
            continue
        if _TERMINALS.fullmatch(match[0]) and text[: match.start()].endswith("_"):
            continue  # R_4T: four terminals
        sign = -1.0 if match["sign"] in ("-", "−") else 1.0
        value = sign * float(re.sub("[,p]", ".", match["number"]))
        if all(role != other.role for other in found):
            found.append(_condition(role, value, match["unit"], match[0].strip()))
    if not found:
        return text, ()
    rest = text
    for condition in found:
        rest = rest.replace(condition.text, " ", 1)
    for _ in range(2):
        rest = _LEFT_OVER.sub(" ", rest.strip())
    return " ".join(rest.split()).strip(" _,;@"), tuple(found)


def _condition(role: Role, value: float, unit: str, text: str) -> Constant:
    converted = convert(np.array([value]), unit=unit, role=role, where=text)
    return Constant(role, float(converted[0]), text, unit)


def line_conditions(line: str) -> Iterator[tuple[Constant, int]]:
    """Temperatures and fields that a line states, each with its rank (0: of the sample): "# Temperature (K): 2.0".

    A number needs a name that means the quantity itself (no set point, no critical temperature) and no second number
    behind it (a range). A temperature without a unit is in K; a field without one is left alone.
    """
    content = _content(line)
    if pair := _PAIR.fullmatch(content):
        yield from _stated(pair["key"], pair, content)
        return
    begin = 0
    for match in _NUMBER.finditer(content):
        before = re.split(r"[;,|\t]", content[begin : match.start()])[-1]
        key = before.rstrip(" :=")
        if not key.strip() and not _LONE.fullmatch(content):
            continue
        bare = not re.search("[:=]", before[len(key) :])
        for found in _stated(key, match, content, needs_unit=bare):
            begin = match.end()
            yield found


def _content(line: str) -> str:
    return _COMMENT.sub("", line[:MAX_LINE].replace('"', "")).strip(" '")


def _stated(
    key: str, match: re.Match[str], content: str, *, needs_unit: bool = False
) -> Iterator[tuple[Constant, int]]:
    """What `key` and the number in `match` say together, if it is a temperature or field."""
    unit = match["unit"] or ""
    if bracket := _UNIT_OF_KEY.search(key):
        key, unit = key[: bracket.start()], unit or bracket[1] or bracket[2]
    tokens = [token.lower() for token in re.findall(r"[A-Za-zµμ]+(?:0H)?", key)]
    role = _role(tokens) if key.strip() else _role_of_unit(unit)
    if role is None or re.search("[0-9]", key.replace("0H", "")) or (needs_unit and not unit):
        return
    unit = unit or ("K" if role == Role.TEMPERATURE else "")
    if not fits(unit, role) or _RANGE.match(content, match.end()):
        return
    value = float(match["number"].replace("−", "-").replace(",", "."))
    begin = content.rfind(key.strip(), 0, match.start("number")) if key.strip() else match.start()
    text = shorten(content[begin : match.end()].strip(), limit=60)
    condition = _condition(role, value, unit, text)
    if role != Role.TEMPERATURE or condition.value >= 0.0:
        yield condition, 0 if _AT_SAMPLE.intersection(tokens) else 1


def _role_of_unit(unit: str) -> Role:
    return Role.TEMPERATURE if unit.endswith("K") else Role.FIELD


def _role(tokens: Sequence[str]) -> Role | None:
    for role, names in _KEYS:
        rest = [token for token in tokens if token not in names]
        if len(rest) < len(tokens) and all(token in _BESIDE for token in rest):
            return role
    return None


def states_condition(line: str) -> bool:
    """Whether a line begins with a temperature or field that held, so that it is no header."""
    begin = " ".join(_content(line).split())
    return any(begin.startswith(condition.text[:20]) for condition, _ in line_conditions(line))


def common_conditions(lines: Sequence[str], notes: list[Note]) -> dict[Role, Constant]:
    """What the lines above a table state of temperature and field; nothing, with a note, where they differ."""
    stated: dict[Role, list[tuple[Constant, int]]] = {}
    for line in lines:
        for condition, rank in line_conditions(line):
            stated.setdefault(condition.role, []).append((condition, rank))
    common: dict[Role, Constant] = {}
    for role, found in stated.items():
        best = [condition for condition, rank in found if rank == min(rank for _, rank in found)]
        if len({condition.value for condition in best}) == 1:
            common[role] = best[0]
        else:
            text = f"several values of {role} stand above the table ({best[0].text!r}, {best[-1].text!r}): none used"
            notes.append(Note(text, level="warning"))
    return common

"""SVG as matplotlib writes it, made smaller, the same on every machine, and fit to share a page with other figures."""

from __future__ import annotations

import re
from typing import Final
from xml.sax.saxutils import escape, quoteattr

FONTS: Final = "'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
"""The reader's own sans-serif; narrower than DejaVu Sans, which the layout was measured with, so nothing collides."""

_HEAD = re.compile(r"\A.*?(?=<svg\b)", re.DOTALL)
_NUMBER = re.compile(r"\d+\.\d{3,}")
_PLACES = re.compile(r"""(?<=[\s])(?:d|x|y)="[^"]*\"""")
_IDENTIFIER = re.compile(r"""(\sid="|href="#|url\(#)""")
_GROUP_OF_SYMBOLS = re.compile(r'<g( clip-path="[^"]*")?>\s*((?:<use [^>]*/>\s*){2,})</g>')
_STYLE = re.compile(r' style="([^"]*)"')
_FONT = re.compile(r"'DejaVu Sans'(?:, '?[\w \-]+'?)*")


def tidy(svg: str, *, name: str, title: str, text: str) -> str:
    """`svg` with coordinates of two decimals, repeated styles told once, and every id prefixed with `name`.

    Two decimals are 0.01 typographic points: far below what can be seen, and above what differs between the
    mathematics libraries of different machines. `title` and `text` become the figure's accessible name and
    description. `name` consists of letters, digits and hyphens.
    """
    svg = _HEAD.sub("", svg)
    svg = _PLACES.sub(lambda match: _NUMBER.sub(_rounded, match[0]), svg)
    svg = _GROUP_OF_SYMBOLS.sub(_style_once, svg)
    svg = _FONT.sub(FONTS, svg)
    svg = _IDENTIFIER.sub(rf"\g<1>{name}-", svg).replace("xlink:href", "href")
    svg = re.sub(r'\sxmlns:xlink="[^"]*"', "", svg)
    svg = re.sub(r"\n\s+", "\n", svg)
    words = f"<title>{escape(title)}</title>" + (f"<desc>{escape(text)}</desc>" if text else "")
    return re.sub(
        r"<svg ([^>]*)>", lambda m: f'<svg role="img" aria-label={quoteattr(title)} {m[1]}>{words}', svg, count=1
    )


def _rounded(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")


def _style_once(group: re.Match[str]) -> str:
    """The style of a group of equal symbols written on the group instead of on every symbol."""
    styles = set(_STYLE.findall(group[2]))
    if len(styles) != 1:
        return group[0]
    return f'<g{group[1] or ""} style="{styles.pop()}">\n{_STYLE.sub("", group[2])}</g>'

"""Text for LaTeX: special characters escaped, Greek letters and signs in mathematics."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_ESCAPED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "$": r"\$",
        "&": r"\&",
        "%": r"\%",
        "#": r"\#",
        "_": r"\_",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"$<$",
        ">": r"$>$",
        "|": r"$|$",
    }
)
_GREEK: Final[Mapping[str, str]] = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "θ": "theta", "κ": "kappa", "λ":
    "lambda", "µ": "mu", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "φ": "phi", "χ":
    "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Π":
    "Pi", "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega"
}  # fmt: skip
_SIGNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **{letter: rf"$\{name}$" for letter, name in _GREEK.items()},
        "±": r"$\pm$",
        "−": r"$-$",
        "×": r"$\times$",
        "·": r"$\cdot$",
        "≥": r"$\ge$",
        "≤": r"$\le$",
        "√": r"$\surd$",
        "∞": r"$\infty$",
        "→": r"$\to$",
        "Å": r"\AA{}",
        "°": r"$^\circ$",
        "…": r"\ldots{}",
        "–": "--",
        "—": "---",
        "\u2009": r"\,",
        "\u00a0": "~",
        "“": "``",
        "”": "''",
        "’": "'",
        "∥": r"$\parallel$",
        "⊥": r"$\perp$",
    }
)
_SUPERSCRIPTS: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_SUBSCRIPTS: Final = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_INDEXED: Final = re.compile(r"(?<![A-Za-zΑ-ω])([A-Za-zΑ-ω])_([A-Za-z0-9]+)\b")
"""A letter with an index, as in Θ_D."""
_RAISED: Final = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]+")
_LOWERED: Final = re.compile("[₀₁₂₃₄₅₆₇₈₉]+")


def latex(text: str) -> str:
    """`text` as LaTeX prints it; what has no spelling here stays as it is (UTF-8)."""
    text = _INDEXED.sub(lambda found: f"{found[1]}\x00{found[2]}\x01", text)
    out = "".join(_ESCAPED.get(c, _SIGNS.get(c, c)) for c in text)
    out = _RAISED.sub(lambda found: f"$^{{{found[0].translate(_SUPERSCRIPTS)}}}$", out)
    out = _LOWERED.sub(lambda found: f"$_{{{found[0].translate(_SUBSCRIPTS)}}}$", out)
    out = (
        out.replace("\x00", r"$_\mathrm{")
        .replace("\x01", "}$")
        .replace("µ*", r"$\mu^*$")
        .replace(r"$\mu$*", r"$\mu^*$")
    )
    # Neighbouring pieces of mathematics are one.
    return out.replace("$$", "")

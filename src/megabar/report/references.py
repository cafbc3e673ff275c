"""The literature behind the numbers of a report: which source stands for which method, and its BibTeX entry."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from megabar.data.result import Estimate, Result


@dataclass(frozen=True)
class Reference:
    """One source. `when` is searched in "kind: quantity: method: labels" of the estimates that rest on it."""

    key: str
    authors: str
    journal: str
    volume: str
    pages: str
    year: int
    when: str
    doi: str = ""

    @property
    def text(self) -> str:
        """As a list of references prints it."""
        return f"{self.authors}, {self.journal} {self.volume}, {self.pages} ({self.year})"

    @property
    def bibtex(self) -> str:
        """An @article entry."""
        fields = {
            "author": self.authors.replace(", ", " and ").replace(" et al.", " and others"),
            "journal": self.journal,
            "volume": self.volume,
            "pages": self.pages,
            "year": str(self.year),
            "doi": self.doi,
        }
        lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items() if value)
        return f"@article{{{self.key},\n{lines}\n}}"


_PRB: Final = "Phys. Rev. B"
_PRL: Final = "Phys. Rev. Lett."

REFERENCES: Final = (
    Reference("Bloch1930", "F. Bloch", "Z. Phys.", "59", "208", 1930, "Bloch-Gruneisen"),
    Reference("Gruneisen1933", "E. Gruneisen", "Ann. Phys.", "408", "530", 1933, "Bloch-Gruneisen"),
    Reference("Wiesmann1977", "H. Wiesmann et al.", _PRL, "38", "782", 1977, "saturation"),
    Reference("McMillan1968", "W. L. McMillan", "Phys. Rev.", "167", "331", 1968,
              "coupling: .*McMillan|formula=.*McMillan"),
    Reference("AllenDynes1975", "P. B. Allen, R. C. Dynes", _PRB, "12", "905", 1975, "Allen-Dynes|Allen and Dynes"),
    Reference("Xie2022", "S. R. Xie et al.", "npj Comput. Mater.", "8", "14", 2022, "formula=SISSO"),
    Reference(
        "Marsiglio1988", "F. Marsiglio, M. Schossmann, J. P. Carbotte", _PRB, "37", "4965", 1988, "predict: gap_zero"
    ),
    Reference("TalantsevStolze2021", "E. F. Talantsev, K. Stolze", "Supercond. Sci. Technol.", "34", "064001", 2021,
              "fit of the whole curve|fitted curve falls"),
    Reference("vanderPauw1958", "L. J. van der Pauw", "Philips Res. Rep.", "13", "1", 1958, "van der Pauw"),
    Reference("Werthamer1966", "N. R. Werthamer, E. Helfand, P. C. Hohenberg", "Phys. Rev.", "147", "295", 1966, "WHH"),
    Reference("Helfand1966", "E. Helfand, N. R. Werthamer", "Phys. Rev.", "147", "288", 1966, "clean limit"),
    Reference("Baumgartner2014", "T. Baumgartner et al.", "Supercond. Sci. Technol.", "27", "015005", 2014,
              "Baumgartner|B-WHH"),
    Reference("Gurevich2003", "A. Gurevich", _PRB, "67", "184515", 2003, "[Tt]wo.bands?"),
    Reference("Tinkham1988", "M. Tinkham", _PRL, "61", "1658", 1988, "broadening_exponent"),
    Reference("Blonder1982", "G. E. Blonder, M. Tinkham, T. M. Klapwijk", _PRB, "25", "4515", 1982, "BTK"),
    Reference("Plecenik1994", "A. Plecenik et al.", _PRB, "49", "10016", 1994, "BTK"),
    Reference("Kashiwaya1996", "S. Kashiwaya et al.", _PRB, "53", "2667", 1996, "d-wave|averaged over angles"),
    Reference("Mazin2001", "I. I. Mazin, A. A. Golubov, B. Nadgorny", "J. Appl. Phys.", "89", "7576", 2001,
              "spin-polarised"),
    Reference("Dynes1978", "R. C. Dynes, V. Narayanamurti, J. P. Garno", _PRL, "41", "1509", 1978, "Dynes density|BTK"),
    Reference("BCS1957", "J. Bardeen, L. N. Cooper, J. R. Schrieffer", "Phys. Rev.", "108", "1175", 1957, "BCS gap"),
    Reference("Sharvin1965", "Yu. V. Sharvin", "Sov. Phys. JETP", "21", "655", 1965, "Sharvin"),
    Reference("Wexler1966", "G. Wexler", "Proc. Phys. Soc.", "89", "927", 1966, "Wexler"),
    Reference("Griessen1994", "R. Griessen et al.", _PRL, "72", "1910", 1994, "pinning by a varying"),
    Reference("Talantsev2015", "E. F. Talantsev, J. L. Tallon", "Nat. Commun.", "6", "7820", 2015, "self.field"),
    Reference("Bean1964", "C. P. Bean", "Rev. Mod. Phys.", "36", "31", 1964, "Bean"),
    Reference("Osborn1945", "J. A. Osborn", "Phys. Rev.", "67", "351", 1945, "demagneti[sz]"),
    Reference("Brandt1999", "E. H. Brandt", _PRB, "60", "11939", 1999, "demagneti[sz]|Brandt"),
    Reference("LeBail1988", "A. Le Bail, H. Duroy, J. L. Fourquet", "Mater. Res. Bull.", "23", "447", 1988, "Le Bail"),
    Reference("Williamson1953", "G. K. Williamson, W. H. Hall", "Acta Metall.", "1", "22", 1953, "Williamson"),
    Reference("Birch1947", "F. Birch", "Phys. Rev.", "71", "809", 1947, "Birch", "10.1103/PhysRev.71.809"),
    Reference("Vinet1987", "P. Vinet, J. Ferrante, J. H. Rose, J. R. Smith", "J. Geophys. Res.", "92", "9319", 1987,
              "Vinet"),
    Reference("Loubeyre1996", "P. Loubeyre et al.", "Nature", "383", "702", 1996, "Loubeyre", "10.1038/383702a0"),
    Reference("Akahama2004", "Y. Akahama, H. Kawamura", "J. Appl. Phys.", "96", "3748", 2004, "akahama_2004"),
    Reference("Akahama2006", "Y. Akahama, H. Kawamura", "J. Appl. Phys.", "100", "043516", 2006, "akahama_2006"),
    Reference("Akahama2010", "Y. Akahama, H. Kawamura", "J. Phys. Conf. Ser.", "215", "012195", 2010, "akahama_2010"),
    Reference("Eremets2023", "M. I. Eremets et al.", "Nat. Commun.", "14", "907", 2023, "eremets_2023"),
    Reference("Shen2020", "G. Shen et al.", "High Press. Res.", "40", "299", 2020, "ruby_2020"),
    Reference("Dewaele2008", "A. Dewaele et al.", _PRB, "78", "104102", 2008, "dewaele_2008"),
    Reference("Dewaele2004", "A. Dewaele, P. Loubeyre, M. Mezouar", _PRB, "70", "094112", 2004, "dewaele_2004"),
    Reference("Mao1986", "H. K. Mao, J. Xu, P. M. Bell", "J. Geophys. Res.", "91", "4673", 1986, "mao_1986"),
    Reference("Mao1978", "H. K. Mao et al.", "J. Appl. Phys.", "49", "3276", 1978, "mao_1978"),
)  # fmt: skip
"""All sources, in the order in which a text cites them."""


def references_of(results: Sequence[Result]) -> tuple[Reference, ...]:
    """The sources on which some estimate of the results rests."""
    lines = list(dict.fromkeys(_line(e, result.kind) for result in results for e in result.estimates))
    return tuple(one for one in REFERENCES if _is_cited(one, lines))


def cited(estimates: Iterable[Estimate], kind: str) -> tuple[Reference, ...]:
    """The sources of some estimates of one kind."""
    lines = [_line(e, kind) for e in estimates]
    return tuple(one for one in REFERENCES if _is_cited(one, lines))


def _is_cited(one: Reference, lines: Sequence[str]) -> bool:
    pattern = re.compile(one.when)
    return any(pattern.search(line) for line in lines)


def _line(estimate: Estimate, kind: str) -> str:
    labels = "; ".join(f"{key}={label}" for key, label in estimate.labels.items())
    return f"{kind}: {estimate.quantity}: {estimate.method}: {labels}"

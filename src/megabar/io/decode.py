"""Bytes to lines of text, after a check that they are text at all."""

from __future__ import annotations

import re
from typing import Final

from megabar.data import Note
from megabar.errors import DataError

_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
MAX_CONTROL_SHARE: Final = 1e-3
"""More control characters than this share of a file's characters, or any NUL: not text."""

KNOWN_FORMATS: Final = (
    "delimited text, Quantum Design .dat, Excel .xlsx/.xlsb/.xls, OpenDocument .ods, LabVIEW .lvm and .tdms, "
    "diffraction .chi, .xrdml, .ras, .rasx and GSAS raw data"
)
_FOREIGN: Final = (
    (b"%PDF", "a PDF document: export the numbers as text"),
    (b"CPYA", "an Origin project: export the worksheet as ASCII (File > Export)"),
    (b"\x89PNG", "a picture: digitise it into a text file"),
    (b"\xff\xd8\xff", "a picture: digitise it into a text file"),
    (b"\x89HDF", "an HDF5 file: export the columns as text"),
    (b"CDF\x01", "a NetCDF file: export the columns as text"),
    (b"CDF\x02", "a NetCDF file: export the columns as text"),
    (b"\x1f\x8b", "compressed: unpack it first"),
    (b"BZh", "compressed: unpack it first"),
    (b"PK\x03\x04", "a zip archive without a spreadsheet in it: unpack it first"),
    (b"\xd0\xcf\x11\xe0", "a document of an old Office program: save it as .xlsx or text"),
)


def is_text(head: bytes) -> bool:
    """Whether the beginning of a file can be text: a byte-order mark, or no NUL and hardly any control characters."""
    if any(head.startswith(mark) for mark, _ in _MARKS):
        return True
    if b"\x00" in head or any(head.startswith(magic) for magic, _ in _FOREIGN):
        return False
    characters = head.decode("latin-1")
    return len(_CONTROL.findall(re.sub(r"[\x80-\x9f]", "", characters))) <= MAX_CONTROL_SHARE * len(characters)


def refuse_binary(head: bytes, *, file: str) -> DataError:
    """The error for a file that no reader knows: what its first bytes are and which formats are known."""
    for magic, what in _FOREIGN:
        if head.startswith(magic):
            return DataError(f"{file}: is {what} (known formats: {KNOWN_FORMATS})")
    return DataError(
        f"{file}: binary data of an unknown kind, first bytes {head[:8].hex(' ')}; "
        f"export it as text (known formats: {KNOWN_FORMATS})"
    )


def decode(data: bytes, *, file: str, notes: list[Note]) -> str:
    """`data` as text with Unix line ends; said in a note where the encoding had to be guessed.

    UTF-8 and UTF-16 by their byte-order mark, else UTF-8, else Windows-1252 (old instrument programs).
    DataError when the result is not text.
    """
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding != "utf-8":
            raise DataError(
                f"{file}: begins like {encoding} text but byte {error.start} does not fit it; save it as UTF-8"
            ) from error
        text = data.decode("cp1252", errors="replace")
        notes.append(Note("the file is not UTF-8; read as Windows-1252"))
    text = text.removesuffix("\x1a")  # the end-of-file mark of DOS programs
    controls = len(_CONTROL.findall(text))
    if "\x00" in text or controls > MAX_CONTROL_SHARE * len(text):
        raise refuse_binary(data[:16], file=file)
    if controls:
        text = _CONTROL.sub(" ", text)
        notes.append(Note(f"{controls} control characters in the text were read as blanks", level="warning"))
    return text.replace("\r\n", "\n").replace("\r", "\n")

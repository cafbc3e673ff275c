"""Files of area detectors: .tif, .cbf, .edf by fabio, stacks in .h5 by h5py; one frame at a time, never all at once."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from megabar.data.image import Image
from megabar.errors import DataError

INSTALL: Final = "images need pyFAI and fabio: install megabar[xrd]"

_HDF5: Final = b"\x89HDF"
_CBF: Final = b"###CBF"
_MAGIC: Final = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+", _CBF, b"\x89HDF\r\n\x1a\n")
_EDF: Final = re.compile(rb"\s*\{[^{}]*?(?:HeaderID|EDF_|ByteOrder|Dim_1|SIMULATED)", re.IGNORECASE)
_HEAD: Final = 4096
_CBF_BINARY: Final = b"\x0c\x1a\x04\xd5"
_CBF_SIZE: Final = re.compile(rb"X-Binary-Size:\s*(\d+)")
_CBF_HEADER: Final = 1 << 18
_MOST_LISTED: Final = 8


def is_image(path: Path) -> bool:
    """Whether the file begins as images do; False where it cannot be opened."""
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError:
        return False
    return head.startswith(_MAGIC) or _EDF.match(head) is not None


def frames(path: Path, *, file: str, dataset: str | None = None) -> Iterator[Image]:
    """The frames of a file in their order, each read when it is asked for.

    They are named "frame 1", "frame 2" ... where there are several, else "". dataset: path of the stack in an HDF5
    file, where it holds several. DataError: fabio or h5py missing, damaged file, no stack of numbers.
    """
    with path.open("rb") as stream:
        head = stream.read(len(_HDF5))
    return _stack(path, file, dataset) if head == _HDF5 else _by_fabio(path, file)


def read_array(path: Path, *, file: str) -> NDArray[Any]:
    """One table of numbers for a mask: the first frame of an image, or a .npy file."""
    if path.suffix.lower() == ".npy":
        try:
            return np.asarray(np.load(path, allow_pickle=False))
        except (OSError, ValueError) as error:
            raise _damaged(file, error) from error
    return np.asarray(next(frames(path, file=file)).pixels)


def _by_fabio(path: Path, file: str) -> Iterator[Image]:
    try:
        import fabio
    except ImportError as error:
        raise DataError(f"{file}: {INSTALL}") from error
    logging.getLogger("fabio").setLevel(logging.CRITICAL)
    _check_cbf(path, file)
    try:
        opened = fabio.open(str(path))
    except Exception as error:
        raise _damaged(file, error) from error
    with closing(opened):
        count, plain = int(opened.nframes), 0
        for number in range(count):
            try:
                frame = opened if number == 0 else opened.getframe(number)
                pixels, header = np.array(frame.data), {str(k): str(v) for k, v in frame.header.items()}
            except Exception as error:
                raise _damaged(file, error) from error
            plain += 0 if _is_compressed(header) else pixels.nbytes
            if plain > path.stat().st_size:  # fabio fills what is missing with zeros
                raise DataError(f"{file}: damaged image, it ends early; copy it again")
            name = f"frame {number + 1}" if count > 1 else ""
            yield Image(name, pixels, simulated=_is_simulated(header), metadata=header)


def _is_compressed(header: dict[str, str]) -> bool:
    """Whether the pixels may take fewer bytes than they hold numbers; only .edf files are known not to."""
    words = {key.lower(): value.lower() for key, value in header.items()}
    return not {"edf_binarysize", "byteorder"} & set(words) or words.get("compression", "none") != "none"


def _check_cbf(path: Path, file: str) -> None:
    """DataError for a .cbf file that ends early: fabio would wait for the rest for ever."""
    with path.open("rb") as stream:
        head = stream.read(_CBF_HEADER)
    if not head.startswith(_CBF):
        return
    begin, size = head.find(_CBF_BINARY), _CBF_SIZE.search(head)
    if begin < 0 or size is None or begin + len(_CBF_BINARY) + int(size[1]) > path.stat().st_size:
        raise DataError(f"{file}: damaged image, it ends early; copy it again")


def _stack(path: Path, file: str, dataset: str | None) -> Iterator[Image]:
    try:
        import h5py
        import hdf5plugin  # noqa: F401 (registers the detectors' codecs)
    except ImportError as error:
        raise DataError(f"{file}: {INSTALL}") from error
    try:
        opened = h5py.File(path, "r")
    except OSError as error:
        raise _damaged(file, error) from error
    with opened:
        found = _dataset(opened, file, dataset)
        header = {str(key): str(value) for key, value in (*opened.attrs.items(), *found.attrs.items())}
        count = 1 if found.ndim == 2 else found.shape[0]
        for number in range(count):
            try:
                pixels = found[()] if found.ndim == 2 else found[number]
            except OSError as error:
                raise _damaged(file, error) from error
            name = f"frame {number + 1}" if count > 1 else ""
            yield Image(name, pixels, simulated=_is_simulated(header), metadata=header)


def _dataset(opened: Any, file: str, wanted: str | None) -> Any:
    """The stack of this name, or the only one with two or three dimensions and more than one row."""
    import h5py

    found: dict[str, Any] = {}

    def collect(name: str, item: Any) -> None:
        table = isinstance(item, h5py.Dataset) and item.ndim in (2, 3) and item.dtype.kind in "iuf"
        if table and min(item.shape) > 0 and min(item.shape[-2:]) > 1:
            found[name] = item

    opened.visititems(collect)
    names = ", ".join(list(found)[:_MOST_LISTED]) or "none"
    if wanted is not None:
        if wanted.strip("/") not in found:
            raise DataError(f"{file}: no stack of images {wanted!r}; found: {names}")
        return found[wanted.strip("/")]
    if len(found) != 1:
        raise DataError(f"{file}: {len(found)} stacks of images ({names}); name one under read.dataset")
    return next(iter(found.values()))


def _is_simulated(header: dict[str, str]) -> bool:
    return any("simulated data" in f"{key} {value}".lower() for key, value in header.items())


def _damaged(file: str, error: Exception) -> DataError:
    said = " ".join(str(error).split())[:80]
    return DataError(f"{file}: damaged image, cannot be read ({said or type(error).__name__}); copy it again")

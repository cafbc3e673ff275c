"""Images as recordings: each frame integrated as it is read, so that only patterns stay in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np

from megabar.data import Column, Curve, Note, Recording, Role, Source
from megabar.data.image import Image
from megabar.errors import DataError
from megabar.io.hints import Integration, ReadHints
from megabar.io.images import frames, read_array
from megabar.io.integration import Integrator, Method, Pattern, Usable
from megabar.io.table import some

WORDS: Final[dict[str, str]] = {
    "clip": "mean along rings, sigma clipping",
    "median": "mean of the middle half of each ring",
    "mean": "plain mean along rings",
}
_DIFFER: Final = 5.0
"""Two ways to integrate differ where they do by more than this many errors."""

_MANY: Final = 1e-3
"""Share of saturated pixels from which on they are a warning; a few are spots of the diamonds."""

_CHUNK: Final = 1 << 20


def read_images(path: Path, *, hints: ReadHints, file: str, root: Path | None = None) -> Recording:
    """The patterns of all frames of an image file, with the calibration and the mask that the hints name.

    Each curve holds 2 theta, the intensity in counts a pixel with its error, and beside it the intensity by the other
    way to integrate (sigma clipping or middle half), so that what the choice does can be seen. A frame that cannot be
    used is left out with a warning as long as another can. DataError, in one line: no calibration, a mask or a
    calibration for another detector, a damaged file, no usable frame.
    """
    poni = _calibration(path, hints, file=file, root=root)
    mask = None if hints.mask is None else _beside(path, hints.mask, "mask", file=file, root=root)
    notes: list[Note] = []
    if hints.poni is None:
        notes.append(Note(f"calibration of the detector from {poni.name}, the only one beside the image"))
    curves, failed = [], []
    for image in frames(path, file=file, dataset=hints.dataset):
        try:
            curves.append(_curve(image, poni, mask, hints.integration, notes, stem=path.stem))
        except DataError as error:
            failed.append(f"{image.name or file}: {error}")
    if not curves:
        raise DataError(f"{failed[0]}" if failed else f"{file}: holds no image; copy it again")
    notes += [Note(f"left out: {reason}", "warning") for reason in failed]
    notes.append(Note(f"integrated: {WORDS[hints.integration.method]}"))
    beside = [Source(_label(one, root), _digest(one)) for one in (poni, mask) if one is not None]
    return Recording(
        Source(file, _digest(path)), "image", tuple(curves), tuple(dict.fromkeys(notes)), beside=tuple(beside)
    )


def _curve(image: Image, poni: Path, mask: Path | None, chosen: Integration, notes: list[Note], *, stem: str) -> Curve:
    """The pattern of one frame by the chosen way and by the other."""
    shape = (image.pixels.shape[0], image.pixels.shape[1])
    integrator = _integrator(poni, _digest(poni), mask, None if mask is None else _digest(mask), shape, chosen)
    bad, usable = integrator.usable(image, saturation=chosen.saturation)
    pattern = integrator.integrate(image, bad, chosen.method)
    other: Method = "clip" if chosen.method == "median" else "median"
    compared = integrator.integrate(image, bad, other)
    where = f"{image.name}: " if image.name else ""
    notes += [Note(where + text, level) for text, level in _said(usable)]  # type: ignore[arg-type]
    notes.append(Note(where + _difference(pattern, compared, chosen.method, other)))
    metadata = {**image.metadata, "integration": WORDS[chosen.method]}
    if integrator.wavelength is not None:
        metadata["wavelength"] = f"{integrator.wavelength:.6g}"
    alternative = np.interp(pattern.two_theta, compared.two_theta, compared.intensity)
    columns = (
        Column("2theta", Role.TWO_THETA, pattern.two_theta, file_unit="deg"),
        Column("intensity", Role.INTENSITY, pattern.intensity, error=pattern.error),
        Column(f"intensity, {WORDS[other]}", Role.OTHER, alternative),
    )
    return Curve(image.name or stem, columns, simulated=image.simulated, metadata=metadata)


@lru_cache(maxsize=2)
def _integrator(
    poni: Path, _poni_digest: str, mask: Path | None, _mask_digest: str | None, shape: tuple[int, int], how: Integration
) -> Integrator:
    """Rings are costly to make and serve all frames of a detector; the digests tell changed files from the same."""
    return Integrator(
        poni,
        shape,
        mask=None if mask is None else read_array(mask, file=mask.name) != 0,
        points=how.points,
        threshold=how.threshold,
        polarisation=how.polarisation,
    )


def _said(usable: Usable) -> Iterable[tuple[str, str]]:
    if usable.saturated:
        share = usable.saturated / usable.size
        text = f"{usable.saturated} saturated pixels ({100.0 * share:.2g} %) left out"
        if share < _MANY:
            yield text, "info"
        else:
            yield f"{text}: where they are grains of the sample, its lines come out too low", "warning"
    if usable.dead:
        yield f"{usable.dead} dead pixels (negative or no number) left out", "info"


def _difference(pattern: Pattern, compared: Pattern, method: str, other: str) -> str:
    """Where both ways differ by more than chance, in words."""
    alternative = np.interp(pattern.two_theta, compared.two_theta, compared.intensity)
    spread = np.interp(pattern.two_theta, compared.two_theta, compared.error)
    away = (alternative - pattern.intensity) / np.maximum(pattern.error, spread)
    differ = np.abs(away) > _DIFFER
    ways = f"{WORDS[method]} and {WORDS[other]}"
    if not differ.any():
        return f"{ways} agree within {_DIFFER:g} errors everywhere"
    worst = int(np.argmax(np.abs(alternative - pattern.intensity) * differ))
    change = alternative[worst] - pattern.intensity[worst]
    share = 100.0 * np.mean(differ)
    return (
        f"{ways} differ by more than {_DIFFER:g} errors in {share:.2g} % of the points, most at "
        f"{pattern.two_theta[worst]:.4g} deg ({change:+.3g} on {pattern.intensity[worst]:.3g}): spotty rings"
    )


def _calibration(path: Path, hints: ReadHints, *, file: str, root: Path | None) -> Path:
    """The .poni file that the hints name, or the only one beside the image."""
    if hints.poni is not None:
        return _beside(path, hints.poni, "poni", file=file, root=root)
    found = sorted(path.parent.glob("*.poni"))
    if len(found) == 1:
        return found[0]
    if found:
        names = some([one.name for one in found])
        raise DataError(f"{file}: {len(found)} calibrations beside the image ({names}); name one under read.poni")
    raise DataError(
        f"{file}: an image needs the calibration of its detector; name pyFAI's .poni file under read.poni, or copy it "
        "beside the image"
    )


def _beside(path: Path, name: str, hint: str, *, file: str, root: Path | None) -> Path:
    """The file of this name in the experiment folder, else beside the image, else where the program runs."""
    places = [path.parent / name, Path(name)] if root is None else [root / name, path.parent / name]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise DataError(f"{file}: there is no file {name!r}; correct read.{hint}")
    if root is not None and not found.resolve().is_relative_to(root.resolve()):
        raise DataError(f"{file}: {name!r} lies outside the experiment folder; copy it into the folder (read.{hint})")
    return found


def _label(path: Path, root: Path | None) -> str:
    return path.name if root is None else path.resolve().relative_to(root.resolve()).as_posix()


def _digest(path: Path) -> str:
    """SHA-256 of a file, in parts: stacks are larger than memory."""
    found = hashlib.sha256()
    with path.open("rb") as stream:
        while part := stream.read(_CHUNK):
            found.update(part)
    return found.hexdigest()

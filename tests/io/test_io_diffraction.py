"""Files of diffraction: the axis, the intensities, their errors and the wavelength that each format gives."""

from __future__ import annotations

import bz2
import gzip
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from megabar.data import Curve, Role
from megabar.errors import DataError
from megabar.io import READERS, ReadHints, diffraction, read, read_with

XRDML = """<?xml version="1.0"?><xrdMeasurements xmlns="http://www.xrdml.com/XRDMeasurement/1.6"><xrdMeasurement>
<usedWavelength><kAlpha1>1.540598</kAlpha1><kAlpha2>1.544426</kAlpha2><ratioKAlpha2KAlpha1>0.5</ratioKAlpha2KAlpha1>
</usedWavelength><scan><dataPoints><positions axis="2Theta" unit="deg"><startPosition>10</startPosition>
<endPosition>12</endPosition></positions><intensities unit="counts">5 7 9 8 6</intensities></dataPoints></scan>
</xrdMeasurement></xrdMeasurements>"""

RAS = """*RAS_DATA_START
*RAS_HEADER_START
*HW_XG_WAVE_LENGTH_ALPHA1 "1.540593"
*HW_XG_WAVE_LENGTH_ALPHA2 "1.544414"
*RAS_HEADER_END
*RAS_INT_START
10.0 100.0 1.0
10.5 50.0 2.0
11.0 90.0 1.0
*RAS_INT_END
*RAS_DATA_END
"""

MEASURED_FILES = [
    ("CPrescher__Dioptas/CeO2_Pilatus1M.xy", 1512, (0.0102, 30.8255), False, "0.4066"),
    ("CPrescher__Dioptas/Fe3O4C_M1_map_1_P1_E1_001.xy", 1508, (0.0079, 23.7667), False, "0.3344"),
    ("CPrescher__Dioptas/pattern_001.chi", 60, (0.0105, 19.4), False, None),
    ("SHDShim__P-MatRes/hSiO2_404_009.chi", 2155, (0.0052, 22.4643), False, None),
    ("SHDShim__PeakPo/feooh.chi", 7727, (5.0054, 89.9914), False, None),
    ("AdvancedPhotonSource__GSAS-II/PBSO4.XRA", 6001, (10.0, 160.0), True, None),
    ("AdvancedPhotonSource__GSAS-II/PBSO4.CWN", 2919, (10.0, 155.9), True, None),
    ("FAIRmat-NFDI__nomad-measurements/TwoTheta_scan_powder.rasx", 2726, (10.0, 119.0), False, "1.540593"),
    ("FAIRmat-NFDI__nomad-measurements/XRD-918-16_10.xrdml", 5027, (4.0066, 69.9994), False, "1.5405980"),
    ("dkriegner__xrayutilities/LaB6_d500_si_psd.xye.bz2", 17375, (4.5721, 150.5363), True, None),
    ("easyscience__diffraction/ed-3.xye", 3098, (10.0, 164.85), True, None),
]


def _read(folder: Path, name: str, content: str | bytes) -> Curve:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read(path).curves[0]


@pytest.mark.parametrize(("name", "points", "ends", "errors", "wavelength"), MEASURED_FILES)
def test_measured_files_read_with_axis_errors_and_wavelength(
    measured: Path, name: str, points: int, ends: tuple[float, float], errors: bool, wavelength: str | None
) -> None:
    (curve,) = read_with(measured / "xrd" / name, ReadHints(), expected=("two_theta", "intensity")).curves
    angle = curve.values(Role.TWO_THETA)
    if "pattern_001" not in name:  # only its beginning and its end were kept
        assert len(curve) == points
        np.testing.assert_allclose([angle[0], angle[-1]], ends, atol=1e-3)
    assert np.all(np.diff(angle) > 0)
    assert (curve.column(Role.INTENSITY).error is not None) is errors
    assert curve.metadata.get("wavelength") == wavelength


def test_an_xrdml_scan_is_spread_evenly_between_its_ends(tmp_path: Path) -> None:
    curve = _read(tmp_path, "a.xrdml", XRDML)
    np.testing.assert_allclose(curve.values(Role.TWO_THETA), [10, 10.5, 11, 11.5, 12])
    assert curve.values(Role.INTENSITY).tolist() == [5, 7, 9, 8, 6]
    assert curve.metadata["second_wavelength"] == "1.544426"


def test_rigaku_intensities_are_multiplied_by_their_attenuation_in_both_formats(tmp_path: Path) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("Data0/Profile0.txt", "\ufeff10.0\t100.0\t1\r\n10.5\t50.0\t2\r\n11.0\t90.0\t1\r\n")
        out.writestr("Data0/MesurementConditions0.xml", "<a><WavelengthKalpha1>1.540593\n</WavelengthKalpha1></a>")
    for curve in (_read(tmp_path, "a.ras", RAS), _read(tmp_path, "a.rasx", archive.getvalue())):
        assert curve.values(Role.INTENSITY).tolist() == [100, 100, 90]
        assert curve.metadata["wavelength"] == "1.540593"


def test_gsas_counts_with_repeats_have_the_error_of_their_mean(tmp_path: Path) -> None:
    text = "title\nBANK 1 3 1 CONST 1000 5 0 0 STD\n 1   220 4   214     219\n"
    curve = _read(tmp_path, "a.raw", text)
    np.testing.assert_allclose(curve.values(Role.TWO_THETA), [10.0, 10.05, 10.1])
    error = curve.column(Role.INTENSITY).error
    assert error is not None
    np.testing.assert_allclose(error, np.sqrt([220, 214 / 4, 219]))


@pytest.mark.parametrize(("label", "role"), [("2-Theta Angle (Degrees)", "two_theta"), ("q (nm^-1)", "q")])
def test_the_label_of_a_chi_tells_its_axis(tmp_path: Path, label: str, role: str) -> None:
    rows = "".join(f"  {10 + i:.7E}  {100 + i:.7E}\n" for i in range(5))
    curve = _read(tmp_path, "a.chi", f"image.tif\n{label}\nIntensity\n       5\n{rows}")
    if role == "q":
        np.testing.assert_allclose(curve.values(Role.SCATTERING_VECTOR)[0], 1.0)
    else:
        np.testing.assert_allclose(curve.values(Role.TWO_THETA)[0], 10.0)


@pytest.mark.parametrize(("pack", "name"), [(bz2.compress, "a.xy.bz2"), (gzip.compress, "a.xy.gz")])
def test_packed_text_reads_like_the_text_itself(tmp_path: Path, pack, name: str) -> None:  # type: ignore[no-untyped-def]
    text = "2theta intensity\n" + "".join(f"{10 + 0.1 * i:.1f} {100 + i}\n" for i in range(30))
    packed, plain = _read(tmp_path, name, pack(text.encode())), _read(tmp_path, "a.xy", text)
    assert packed.values(Role.INTENSITY).tolist() == plain.values(Role.INTENSITY).tolist()


def test_each_format_is_recognised_by_its_own_reader_alone() -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("Data0/Profile0.txt", "10.0\t100.0\t1\n")
    samples = {
        "PANalytical .xrdml": XRDML.encode(),
        "Rigaku .ras": RAS.encode(),
        "Rigaku .rasx": archive.getvalue(),
        "FIT2D .chi": b"a.tif\n2-theta\n\n2\n 1.0 2.0\n 1.1 3.0\n",
        "GSAS raw data": b"title\nBANK 1 3 1 CONST 1000 5 0 0 STD\n 1   220\n",
        "packed text": bz2.compress(b"1 2\n2 3\n"),
    }
    for name, content in samples.items():
        found = [reader.name for reader in READERS if reader.recognises(content)]
        assert found[0] == name
        assert set(found[1:]) <= {"delimited text"}


@pytest.mark.parametrize(
    ("line", "angstrom"),
    [
        ("# Wavelength: 4.066e-11 m", "0.4066"),
        ("# Wavelength: 3.344e-11", "0.3344"),
        ("# wavelength = 0.062 nm", "0.62"),
    ],
)
def test_the_wavelength_above_a_pattern_is_kept_in_angstrom(tmp_path: Path, line: str, angstrom: str) -> None:
    curve = _read(tmp_path, "a.xy", f"{line}\n# 2th_deg I\n5.0 10\n5.1 12\n5.2 11\n")
    assert curve.metadata["wavelength"] == angstrom
    assert curve.values(Role.INTENSITY).tolist() == [10, 12, 11]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.xrdml", XRDML[:300], "damaged XML"),
        ("a.xrdml", XRDML.replace("<intensities", "<other").replace("</intensities", "</other"), "no intensities"),
        ("a.xrdml", XRDML.replace("5 7 9", "5 x 9"), "text where numbers"),
        ("a.xrdml", '<!DOCTYPE a [<!ENTITY b "c">]><xrdMeasurements/>', "entities"),
        ("a.ras", RAS.replace("*RAS_INT_END", ""), "cut short"),
        ("a.raw", "title\nBANK 1 3 1 CONST 1000 5 0 0 ALT\n 1   220\n", "no bank"),
        ("a.cif", "data_a\n_cell_length_a 4.0\n_cell_length_b 4.0\n", "settings.phases"),
        ("a.jcpds", "VERSION: 4\nSYMMETRY: CUBIC\nA: 4.0\nDIHKL: 2.3 100 1 1 1\n", "settings.phases"),
        ("a.xy.bz2", bz2.compress(b"1 2\n" * 50)[:-20], "unpack"),
    ],
)
def test_damaged_files_are_refused_in_one_line(tmp_path: Path, name: str, content: str | bytes, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        _read(tmp_path, name, content)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("pack", [bz2.compress, gzip.compress])
def test_a_packed_file_that_would_fill_the_memory_is_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    pack,  # type: ignore[no-untyped-def]
) -> None:
    monkeypatch.setattr(diffraction, "MOST_UNPACKED", 1000)
    with pytest.raises(DataError, match="holds more than"):
        _read(tmp_path, "a.xy", pack(b"10.0 100.0\n" * 200))

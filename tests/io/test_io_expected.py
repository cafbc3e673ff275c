"""Files whose columns have no telling header take the roles that the kind of measurement expects."""

from pathlib import Path

import pytest

from megabar.data import Role
from megabar.io import ReadHints, read_with

PATTERN = ("two_theta", "intensity")


def _file(tmp_path: Path, text: str, name: str = "a.xy") -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


def test_bare_columns_take_the_roles_that_the_kind_expects_and_a_note_says_so(tmp_path: Path) -> None:
    file = _file(tmp_path, "5.1 100\n5.3 120\n5.9 90\n11.0 80\n")
    recording = read_with(file, ReadHints(), expected=PATTERN)
    curve = recording.curves[0]
    assert curve.values(Role.TWO_THETA)[-1] == 11.0
    assert curve.values(Role.INTENSITY)[0] == 100
    assert any("column 1 two theta" in note.text for note in recording.notes)
    assert not any("guessed" in note.text for note in recording.notes)


def test_a_third_bare_column_is_the_error_of_the_second(tmp_path: Path) -> None:
    file = _file(tmp_path, "5.1 100 10\n5.2 121 11\n5.3 90 9\n")
    error = read_with(file, ReadHints(), expected=PATTERN).curves[0].column(Role.INTENSITY).error
    assert error is not None
    assert list(error) == [10, 11, 9]


def test_a_third_column_with_negative_numbers_is_no_error(tmp_path: Path) -> None:
    file = _file(tmp_path, "5.1 100 -10\n5.2 121 11\n5.3 90 9\n")
    curve = read_with(file, ReadHints(), expected=PATTERN).curves[0]
    assert curve.column(Role.INTENSITY).error is None


@pytest.mark.parametrize(
    ("text", "hints", "role"),
    [
        ("T (K) R (ohm)\n5 1\n6 2\n7 3\n", ReadHints(), Role.TEMPERATURE),
        ("5 1\n6 2\n7 3\n", ReadHints(columns={Role.RAMAN_SHIFT: (1,), Role.INTENSITY: (2,)}), Role.RAMAN_SHIFT),
    ],
)
def test_what_the_header_or_the_user_says_is_kept(tmp_path: Path, text: str, hints: ReadHints, role: Role) -> None:
    curve = read_with(_file(tmp_path, text), hints, expected=PATTERN).curves[0]
    assert curve.has(role)
    assert not curve.has(Role.TWO_THETA)


def test_four_bare_columns_are_not_guessed(tmp_path: Path) -> None:
    curve = read_with(_file(tmp_path, "5 1 2 3\n6 2 3 4\n7 3 4 5\n"), ReadHints(), expected=PATTERN).curves[0]
    assert not curve.has(Role.TWO_THETA)

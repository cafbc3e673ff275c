"""The figure of the README can be drawn again."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[2]


def test_the_script_draws_the_figure_of_the_readme(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("make_images", ROOT / "docs/images/make.py")
    assert spec is not None
    assert spec.loader is not None
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    make.main(tmp_path / "overview.png")
    with Image.open(tmp_path / "overview.png") as drawn, Image.open(ROOT / "docs/images/overview.png") as kept:
        assert drawn.width == kept.width == make.WIDTH
        assert abs(drawn.height - kept.height) < 0.1 * kept.height
    assert (ROOT / "docs/images/overview.png").stat().st_size < 200_000


def test_every_image_of_the_readme_is_there() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    for page in pages:
        for target in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).is_file(), f"{page.name}: {target}"

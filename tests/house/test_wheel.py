"""The wheel holds everything that a clean environment needs."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
NEEDED = (
    "zhiyin/py.typed",
    "zhiyin/conversation/texts/zh.toml",
    "zhiyin/conversation/texts/en.toml",
    "zhiyin/data/migrations/env.py",
    "zhiyin/data/migrations/versions/v0001_first.py",
    "zhiyin/front/widget/widget.js",
    "zhiyin/front/console/docs.html",
    "zhiyin/service/knowledge/judge/weights.npz",
    "zhiyin_shop/articles/faq.zh.csv",
    "zhiyin_shop/exam/questions.jsonl",
    "zhiyin_shop/page/index.html",
)


def test_the_wheel_is_complete_and_has_nothing_else(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "-q", "-o", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("zhiyin-*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert set(NEEDED) <= names
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"zhiyin", "zhiyin_shop"}
    assert "entry_points.txt" in {Path(name).name for name in names}

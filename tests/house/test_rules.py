"""Rules about the code that no linter knows."""

import ast
import inspect
import re
from pathlib import Path
from statistics import median

import pytest

from zhiyin import errors
from zhiyin.app.settings import Settings
from zhiyin.conversation.catalogue import keys

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "base", "core", "wrapper"}


def test_files_stay_short() -> None:
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in SOURCES}
    assert [str(path) for path, length in lengths.items() if length > 600] == []
    assert median(lengths.values()) <= 150


def test_no_room_is_named_after_nothing() -> None:
    assert [str(path) for path in SOURCES if {path.stem, *path.parent.parts} & FORBIDDEN_NAMES] == []


def test_the_error_drawing_equals_the_classes() -> None:
    drawn = re.findall(r"\b[A-Z]\w+\b", (errors.__doc__ or "").split("A failed verification")[0])
    classes = {
        name for name, one in vars(errors).items() if inspect.isclass(one) and issubclass(one, errors.ZhiyinError)
    }
    assert classes == set(drawn) - {"Every", "Zhiyin"}


def test_every_public_error_text_exists() -> None:
    classes = [one for one in vars(errors).values() if inspect.isclass(one) and issubclass(one, errors.ZhiyinError)]
    assert {one.public for one in classes} <= set(keys("zh"))


def test_every_setting_says_what_it_means() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_rooms_and_public_things_are_documented(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    bare = [] if ast.get_docstring(tree) else ["the file itself"]
    bare += [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert bare == []


def test_nothing_of_ours_is_imported_inside_a_function() -> None:
    functions = (
        (path, function)
        for path in SOURCES
        for function in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    assert [
        f"{path}:{node.lineno}"
        for path, function in functions
        for node in ast.walk(function)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("zhiyin")
    ] == []


def test_links_in_the_documents_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    links = (
        (page, target)
        for page in pages
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
        if not re.match(r"[a-z]+:", target)
    )
    assert [
        f"{page.relative_to(ROOT)} → {target}" for page, target in links if not (page.parent / target).exists()
    ] == []

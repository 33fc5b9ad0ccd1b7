"""The rules of the house that no linter knows: sizes, one writer of a status, one door to pixels, keys that
point down.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps

ROOT = Path(__file__).resolve().parents[2]
APPS = ("files", "clinics", "patients", "imaging", "documents", "batches", "config")
HEIGHT = {"clinics": 0, "patients": 1, "imaging": 2, "documents": 2, "batches": 3, "config": 4}
MAX_FUNCTION_LINES = 40
MAX_MODULE_LINES = 300
MAX_MODELS_LINES = 400
BANNED_NAMES = {"utils", "helpers", "common", "misc", "manager", "managers", "services"}


def _modules() -> list[Path]:
    found = (path for app in APPS for path in (ROOT / app).rglob("*.py"))
    return sorted(path for path in found if "migrations" not in path.parts)


MODULES = _modules()
NAMES = [str(path.relative_to(ROOT)) for path in MODULES]


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_modules_and_functions_stay_small(path: Path) -> None:
    text = path.read_text()
    limit = MAX_MODELS_LINES if path.name == "models.py" else MAX_MODULE_LINES
    assert text.count("\n") <= limit
    long = {f.name: f.end_lineno - f.lineno + 1 for f in _functions(ast.parse(text)) if f.end_lineno}
    assert {name: lines for name, lines in long.items() if lines > MAX_FUNCTION_LINES} == {}


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_every_module_says_its_place_and_is_no_drawer(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert path.stem not in BANNED_NAMES
    assert not tree.body or ast.get_docstring(tree), "a module opens with one sentence"


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_a_status_is_written_in_one_module(path: Path) -> None:
    if (
        path.relative_to(ROOT).parts[0] != "batches"
        or path.parent.name == "tus"
        or path.name == "transitions.py"
    ):
        return  # the `status` of tus is HTTP's
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Assign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            assert not [t for t in targets if isinstance(t, ast.Attribute) and t.attr == "status"], (
                node.lineno
            )
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "update":
            assert "status" not in {keyword.arg for keyword in node.keywords}, node.lineno


@pytest.mark.parametrize(
    ("pattern", "allowed"),
    [
        (r"\bImage\.open\(", {"imaging/decode.py", "imaging/dicom/frame.py", "documents/scans.py"}),
        (r"\bPdfDocument\(", {"documents/pdf.py"}),
        (
            r"\.delay\(|\.apply_async\(|\.send_task\(",
            {
                "batches/tasks.py",
                "config/beat.py",
                "config/celery.py",
                "documents/bell.py",
                "documents/passage_bell.py",
                "patients/bell.py",
                "patients/tasks.py",
            },
        ),
        (r"\brequest\.body\b", set()),
    ],
)
def test_some_things_are_done_in_one_place_only(pattern: str, allowed: set[str]) -> None:
    using = {
        name
        for name, path in zip(NAMES, MODULES, strict=True)
        if re.search(pattern, _code_only(path.read_text()))
    }
    assert using <= allowed


def test_keys_of_models_point_down() -> None:
    wrong = [
        f"{model.__name__}.{field.name}"
        for model in apps.get_models()
        if model._meta.app_label in HEIGHT
        for field in model._meta.get_fields()
        if field.is_relation and field.concrete and field.related_model
        if HEIGHT.get(field.related_model._meta.app_label, -1) > HEIGHT[model._meta.app_label]
    ]
    assert wrong == []


def test_imaging_and_documents_know_nothing_of_each_other() -> None:
    pairs = {
        (model._meta.app_label, field.related_model._meta.app_label)
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if field.is_relation and field.concrete and field.related_model
    }
    assert not {("imaging", "documents"), ("documents", "imaging")} & pairs


def _code_only(text: str) -> str:
    """The text without docstrings and comments, in which anything may be named."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            node.value.value = ""
    return ast.unparse(tree)

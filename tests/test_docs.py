"""The pages hold what they say: links lead somewhere, the tree is the tree, commands are the commands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from shiomi.cli import app
from shiomi.contracts import Detector
from shiomi.engine.plan import EVENTS_TABLE, registered

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
SOURCE = ROOT / "src" / "shiomi"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])

MAX_LINES = 500
MAX_PICTURE_BYTES = 300_000

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


def _name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


each_page = pytest.mark.parametrize("page", PAGES, ids=_name)


def _prose(text: str) -> str:
    """A page without its fenced blocks, which show what others write."""
    return "".join(text.split("```")[::2])


def _anchors(text: str) -> set[str]:
    """Anchors of the headings, as code hosts make them: lower case, blanks to hyphens, signs dropped."""
    heads = re.findall(r"^#+ (.*)$", _prose(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.strip().lower()).replace(" ", "-") for h in heads}


@each_page
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for link in _LINK.findall(_prose(page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{_name(page)} links to {link}, which is not there"
        assert target.is_relative_to(ROOT), f"{_name(page)} links to {link}, which is outside the project"
        if anchor:
            assert anchor in _anchors(target.read_text(encoding="utf-8")), f"{link} names no heading there"


@each_page
def test_no_page_is_longer_than_one_can_read(page: Path) -> None:
    assert len(page.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, ahead = set[Path](), [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        links = (link.partition("#")[0] for link in _LINK.findall(_prose(page.read_text(encoding="utf-8"))))
        there = ((page.parent / link).resolve() for link in links if link and ":" not in link)
        ahead += [target for target in there if target.is_file()]
    assert sorted(_name(p) for p in PAGES if p not in reached) == []


def test_pictures_are_shown_and_small() -> None:
    shown = "".join(p.read_text(encoding="utf-8") for p in PAGES)
    pictures = sorted((DOCS / "pictures").iterdir())
    assert pictures
    for picture in pictures:
        assert picture.stat().st_size < MAX_PICTURE_BYTES, f"{picture.name} is too large"
        assert f"pictures/{picture.name}" in shown, f"no page shows {picture.name}"


def _tree() -> str:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    return text[text.index("```\nsrc/shiomi/\n") :].split("```")[1]


def test_every_module_that_the_tree_names_is_there() -> None:
    folder, named = SOURCE, 0
    for line in _tree().splitlines():
        if package := re.match(r"  (\w+)/ ", line):
            folder = SOURCE / package[1]
        elif re.match(r"  \w", line):
            folder = SOURCE
        for module in re.findall(r"\b\w+\.py\b", line):
            assert (folder / module).is_file(), f"ARCHITECTURE.md names {module} in {folder.name}"
            named += 1
    assert named > 40


def test_the_tree_names_every_package_and_every_module_beside_them() -> None:
    tree = _tree()
    there = {p.parent.name for p in SOURCE.glob("*/*.py")}
    assert set(re.findall(r"^  (\w+)/ ", tree, re.MULTILINE)) == there
    beside = {p.name for p in SOURCE.glob("*.py")} - {"__init__.py"}
    assert beside <= set(re.findall(r"\b\w+\.py\b", tree))


def test_the_order_of_layers_is_the_one_that_is_checked() -> None:
    rule = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    layers = re.findall(r'^    "([^"]+)",$', rule[rule.index("layers = [") :].split("]")[0], re.MULTILINE)
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    drawn = page[page.index("cli > ") :].split("```")[0]
    assert [re.split(r"\s*,\s*", part.strip()) for part in drawn.split(">")] == [
        re.split(r"\s*\|\s*", layer) for layer in layers
    ]


GROUP: Any = typer.main.get_command(app)


def _options(command: Any) -> Iterator[str]:
    for parameter in command.params:
        yield from (o for o in (*parameter.opts, *parameter.secondary_opts) if o.startswith("--"))


def test_every_command_and_option_is_on_the_page_of_commands_and_no_other() -> None:
    page = (DOCS / "commands.md").read_text(encoding="utf-8")
    told = set(re.findall(r"shiomi ([a-z]+)\b", page))
    assert told == set(GROUP.commands)
    there = {"--help", *_options(GROUP), *(o for c in GROUP.commands.values() for o in _options(c))}
    assert set(_OPTION.findall(page)) == there


@each_page
def test_commands_in_examples_exist_with_the_options_they_are_given(page: Path) -> None:
    for block in page.read_text(encoding="utf-8").split("```")[1::2]:
        for name, rest in re.findall(r"^(?:\S*/)?shiomi ([a-z]+)(.*)$", block, re.MULTILINE):
            assert name in GROUP.commands, f"{_name(page)} shows shiomi {name}"
            given = set(_OPTION.findall(rest.partition(" # ")[0]))
            unknown = given - {"--help", *_options(GROUP.commands[name])}
            assert not unknown, f"{_name(page)} gives shiomi {name} {unknown}"


@pytest.mark.parametrize("stage", registered(), ids=lambda s: s.name)
def test_every_registered_detector_has_a_page(stage: Detector) -> None:
    own = DOCS / "detectors" / f"{stage.name}.md"
    if stage.writes == EVENTS_TABLE:
        assert own.is_file(), f"{_name(own)} is not there"
        return
    telling = [p for p in PAGES if f"`{stage.name}`" in p.read_text(encoding="utf-8") and p.parent != ROOT]
    assert own.is_file() or telling, f"no page tells of the stage {stage.name}"


@pytest.mark.parametrize("name", ["docs/ladder.md", "docs/identity.md"])
def test_python_examples_run(name: str) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, name, "exec"), {})


def test_nothing_names_a_path_of_somebodys_machine() -> None:
    of_a_machine = [f"/{folder}/" for folder in ("work", "root", "home")]
    kinds = {".md", ".py", ".toml", ".lock", ".json", ".csv", ".txt", ".yml", ".cfg", ""}
    folders = [ROOT / f for f in ("src", "tests", "docs", "tools", "benchmarks", ".ci", ".github")]
    files = [p for p in ROOT.iterdir() if p.is_file()] + [p for f in folders for p in f.rglob("*")]
    of_others = {"__pycache__", ".venv"}
    texts = [p for p in files if p.suffix in kinds and not of_others & {*p.parts} and p.is_file()]
    assert len(texts) > 100
    for file in texts:
        text = file.read_text(encoding="utf-8", errors="replace")
        found = [path for path in of_a_machine if re.search(rf"(?<![\w.}}]){path}", text)]
        assert not found, f"{_name(file)} names {found}"

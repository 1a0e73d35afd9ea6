"""A comparison as a page: the whole text, escaped, and files that cannot be written."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest

from mtl.base.errors import UsageError
from mtl.runs.comparing.page import as_html, as_markdown, blocks, check_report, write_report
from tests.mtl.runs.comparing import compared

PAGES = Path(__file__).parent / "pages"


@pytest.mark.parametrize("name", ["compared.md", "compared.html"])
def test_the_whole_page(tmp_path: Path, name: str) -> None:
    write_report(compared.result(), tmp_path / name)
    assert (tmp_path / name).read_text("utf-8") == (PAGES / name).read_text("utf-8")


def test_html_is_closed_and_refers_to_nothing(tmp_path: Path) -> None:
    opened: list[str] = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            assert not {"src", "href"} & dict(attributes).keys()
            if tag != "meta":
                opened.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert opened.pop() == tag

    Parser().feed(as_html(list(blocks(compared.result()))))
    assert opened == []


def test_one_seed_and_control_characters() -> None:
    result = compared.result()
    for run in result["runs"]:
        run["seeds"] = 1
    result["runs"][0]["name"] = result["differences"][0]["name"] = result["differences"][1]["minus"] = "a\x1b[2J\nb"
    text = as_markdown(list(blocks(result)))
    assert text.startswith("# Comparison of a\\\\x1b\\[2J\\\\nb, a\\|b")
    assert "| better | 1 (4) |" in text
    assert "<h1>Comparison of a\\x1b[2J\\nb, a|b &lt;x&gt; seed=7</h1>" in as_html(list(blocks(result)))


def test_messages(tmp_path: Path) -> None:
    for name in ("page.txt", "page"):
        with pytest.raises(UsageError) as error:
            check_report(tmp_path / name)
        assert str(error.value) == (
            "--report should end with .html, .htm, .md or .markdown, which is the kind of the page. "
            f"Found '{tmp_path / name}'."
        )
    with pytest.raises(UsageError) as error:
        check_report(tmp_path / "none/page.md")
    assert str(error.value) == (
        f"--report should be a file in a folder that is there. Found no folder '{tmp_path / 'none'}'."
    )
    check_report(tmp_path / "page.HTM")

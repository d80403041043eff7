"""Render article.qmd from a finished run without Quarto.

    python docs/article/render.py RUN [--out FILE]

Where Quarto is installed, ``EFFECTIVENESS_RUN=RUN quarto render docs/article/article.qmd`` does
the same. This script knows what the article uses and no more: a title in the front matter, cells
of Python with the options ``include: false`` and ``output: asis``, Markdown, and expressions in
the text. The last expression of a cell is shown by its ``_repr_html_``. Values in the text are
escaped. The page loads nothing.
"""

import argparse
import ast
import contextlib
import html
import io
import os
import re
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

from analysis.pages.page import page_part, write_page

ARTICLE = Path(__file__).with_name("article.qmd")
_CELL = re.compile(r"^```\{python\}\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`\{python\} (.+?)`")
_STYLE = "main { max-width: 54rem; } h2 { margin-top: 2.5rem; }"
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def render(run: Path, article: Path = ARTICLE) -> str:
    """Give the article about a run as a page of HTML."""
    front, body = _split_front_matter(article.read_text("utf-8"))
    names: dict[str, Any] = {}
    parts = []
    before = os.environ.get("EFFECTIVENESS_RUN")
    os.environ["EFFECTIVENESS_RUN"] = str(run)
    try:
        # re.split gives text and cells by turns, text first.
        for place, piece in enumerate(_CELL.split(body)):
            parts.append(_run_cell(piece, names) if place % 2 else _write_text(piece, names))
    finally:
        if before is None:
            del os.environ["EFFECTIVENESS_RUN"]
        else:
            os.environ["EFFECTIVENESS_RUN"] = before
    title = html.escape(front["title"])
    return (
        f'<!doctype html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f"<title>{title}</title>\n<style>{page_part('style.css')}{_STYLE}</style>\n</head>\n<body>\n"
        f'<div class="sheet"><main>\n<header><h1>{title}</h1></header>\n'
        f"{''.join(parts)}\n</main></div>\n</body>\n</html>\n"
    )


def _split_front_matter(text: str) -> tuple[dict[str, str], str]:
    """Part the front matter's plain keys from the body."""
    _, front, body = text.split("---\n", 2)
    plain = dict(re.findall(r'^(\w+): "?(.+?)"?$', front, re.MULTILINE))
    return plain, body


def _write_text(text: str, names: dict[str, Any]) -> str:
    """Put values into the text and turn it into HTML; HTML in it is shown as text."""
    filled = _INLINE.sub(lambda found: _escaped(str(eval(found[1], names))), text)
    return MarkdownIt("commonmark", {"html": False}).enable("table").render(filled)


def _run_cell(code: str, names: dict[str, Any]) -> str:
    """Run a cell; give what it prints and its last expression, as its options say."""
    tree = ast.parse(code)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed, shown = io.StringIO(), None
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, "article.qmd", "exec"), names)
        if isinstance(last, ast.Expr):
            shown = eval(compile(ast.Expression(last.value), "article.qmd", "eval"), names)
    if "#| include: false" in code:
        return ""
    if "#| output: asis" in code:
        return MarkdownIt("commonmark", {"html": False}).render(printed.getvalue())
    told = f"<pre>{html.escape(printed.getvalue())}</pre>" if printed.getvalue() else ""
    if shown is None:
        return told
    if hasattr(shown, "_repr_html_"):
        return f"{told}{_framed(shown._repr_html_())}\n"
    return f"{told}<pre>{html.escape(repr(shown))}</pre>\n"


def _framed(shown: str) -> str:
    """Let what is wider than the page scroll, where it holds a table."""
    if "<table" not in shown:
        return shown
    return f'<div class="scroll" tabindex="0" role="region" aria-label="Table">{shown}</div>'


def _escaped(text: str) -> str:
    """Write a value so that Markdown shows it as it is."""
    return re.sub(r"([\\`*_\[\]<>&#|~])", r"\\\1", text)


def main() -> None:
    """Answer the command line."""
    parser = argparse.ArgumentParser(description="Render the article from a finished run.")
    parser.add_argument("run", type=Path, help="folder of a finished run")
    parser.add_argument(
        "--out", type=Path, help="file to write; article.html in the run if not given"
    )
    asked = parser.parse_args()
    page = write_page(render(asked.run), asked.out or asked.run / "article.html")
    print(f"Article: {page}")


if __name__ == "__main__":
    main()

"""Configuration of the documentation's site: `make docs`.

Sphinx's sources are all of the repository's Markdown, so that a link between README, docs, results
and model cards is the same link here and where the repository is browsed.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pygments.lexers.special import TextLexer

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, os.fspath(ROOT))

project = "edge-ser"
author = "the edge-ser authors"
copyright = "the edge-ser authors, MIT"  # noqa: A001

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
root_doc = "docs/README"
include_patterns = [
    "*.md",
    "docs/**.md",
    "benchmarks/results/**.md",
    "device/*.md",
    "edge_ser/demo/*.md",
    "edge_ser/models/**.md",
]
myst_heading_anchors = 4  # anchors of headings, as the links in the pages name them
suppress_warnings = ["toc.not_included"]  # results and cards are reached by links

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_use_legacy_class_based = False
napoleon_use_rtype = False
python_use_unqualified_type_names = True

html_theme = "furo"
html_title = "edge-ser"
html_copy_source = False
html_show_sphinx = False


CONTENTS = """

```{toctree}
:hidden:

maker
/device/README
/device/raspberry-pi
/device/jetson
python
api
models
acting
web
explain
training-data
train
export
papers
/ARCHITECTURE
/CONTRIBUTING
/CHANGELOG
/LICENSE-MODEL
```
"""


def add_contents(app: Sphinx, page: str, source: list[str]) -> None:
    """Add the list of pages to the first one, which says the same in words."""
    if page == app.config.root_doc:
        source[0] += CONTENTS


def setup(app: Sphinx) -> None:
    """Show Mermaid's diagrams as their text: drawing them would load a script from elsewhere."""
    app.add_lexer("mermaid", TextLexer)
    app.connect("source-read", add_contents)

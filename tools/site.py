"""Build the documentation's site into ``build/docs``, and check it: `make docs`.

Sphinx reads ``docs/conf.py``. Its warnings are errors: a link to a page, heading or file that is
not there among them. No page may load anything from another host.
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "build" / "docs"
_START = """<!doctype html>
<title>edge-ser</title>
<meta http-equiv="refresh" content="0; url=docs/README.html">
<a href="docs/README.html">edge-ser</a>
"""


class _Loaded(HTMLParser):
    """Collect what a browser fetches by itself: not where links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        names = ("href", "src", "srcset", "data", "poster") if tag != "a" else ()
        if tag == "link" and values.get("rel") in ("canonical", "index", "next", "prev", "search"):
            names = ()
        self.addresses += [values[name] or "" for name in names if name in values]


def foreign(page: str) -> list[str]:
    """List what the HTML of ``page`` loads from other hosts.

    >>> foreign('<a href="https://x.org">there</a><img src="//x.org/1.png"><img src="2.png">')
    ['//x.org/1.png']
    """
    loaded = _Loaded()
    loaded.feed(page)
    return [a for a in loaded.addresses if a.startswith(("http:", "https:", "//"))]


def main() -> int:
    """Build and check; return the exit code."""
    from sphinx.cmd.build import build_main

    options = ["-q", "-W", "--keep-going", "-d", str(SITE.with_name("docs-cache")), *sys.argv[1:]]
    code = build_main([*options, "-c", str(ROOT / "docs"), str(ROOT), str(SITE)])
    (SITE / "index.html").write_text(_START, encoding="utf-8")
    for page in sorted(SITE.rglob("*.html")):
        for address in foreign(page.read_text(encoding="utf-8")):
            sys.stderr.write(f"{page.relative_to(SITE)}: loads {address}\n")
            code = 1
    if not code:
        sys.stdout.write(f"{SITE / 'index.html'}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())

"""The site of the documentation; `make docs` builds it and follows its links."""

from __future__ import annotations

from tools.site import foreign


def test_what_a_page_loads_from_elsewhere_is_seen() -> None:
    assert foreign('<script src="https://cdn.example/x.js"></script>') == [
        "https://cdn.example/x.js"
    ]
    assert foreign('<link rel="stylesheet" href="//cdn.example/x.css">') == ["//cdn.example/x.css"]
    own = (
        '<link rel="next" href="https://x.example"><img src="../a.png"><a href="https://x.example">'
    )
    assert foreign(own) == []

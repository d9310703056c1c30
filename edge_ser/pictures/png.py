"""PNG of pictures, by resvg (https://github.com/linebender/resvg)."""

from __future__ import annotations

from edge_ser.errors import EdgeSerError
from edge_ser.pictures.svg import in_file, picture, words

_ZOOM = 2.0  # pixels per CSS pixel


def rasterise(svg: str) -> bytes:
    """Render what :func:`edge_ser.pictures.svg.picture` returned as PNG, on white.

    Raises:
        EdgeSerError: resvg-py or a font is missing.
    """
    try:
        from resvg_py import svg_to_bytes
    except ImportError as error:
        raise EdgeSerError(
            "a .png needs resvg-py; install it: pip install resvg-py, or write a .svg or .html"
        ) from error

    def render(drawn: str) -> bytes:
        return bytes(
            svg_to_bytes(
                svg_string=in_file(drawn, dark=False), zoom=_ZOOM, font_family="DejaVu Sans"
            )
        )

    # resvg leaves out text in silence where it finds no font
    with_text, without = (
        picture(20, 20, "a letter", "or none", [words(0, 15, text)]) for text in ("m", " ")
    )
    if render(with_text) == render(without):
        raise EdgeSerError(
            "a .png needs a font; install one: sudo apt install fonts-dejavu-core, "
            "or write a .svg or .html"
        )
    return render(svg)

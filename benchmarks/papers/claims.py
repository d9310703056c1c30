"""The papers' ablations, as printed and as measured here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.statistics import drawn_by, shared, ua, which
from report.bootstrap import with_error

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.rows import Fit

# Title to the paper's system and its ablations: name, row file and printed WA / UA on IEMOCAP.
CLAIMS: dict[str, list[tuple[str, str, str]]] = {
    "CoGCN, Table 1": [
        ("CoGCN", "cogcn-cold", "62.64 / 63.67"),
        ("without skip", "cogcn-no-skip-cold", "61.35 / 62.56"),
        ("without skip and pre-processing", "cogcn-no-skip-no-pre-cold", "61.14 / 62.34"),
        ("TGCN", "tgcn-cold", "61.52 / 62.43"),
        ("TGCN without skip", "tgcn-no-skip-cold", "60.97 / 61.77"),
        ("TGCN without skip and pre-processing", "tgcn-no-skip-no-pre-cold", "60.61 / 61.50"),
        ("BiGRU", "bigru-cold", "59.76 / 59.71"),
    ],
    "CoGCN, nodes": [
        ("25 ms every 10 ms, the paper's", "frames-cogcn-cold", ""),
        ("500 ms every 100 ms", "noise-cogcn-cold", ""),
        ("TGCN, 25 ms every 10 ms", "frames-tgcn-cold", ""),
        ("TGCN, 500 ms every 100 ms", "noise-tgcn-cold", ""),
    ],
    "WMA-GIN, Table 1 and 3": [
        ("second layer fully adjacent", "wma-gin-cold", "72.48 / 67.72"),
        ("third", "wma-gin-full-3-cold", "69.68 / 66.41"),
        ("last", "wma-gin-full-4-cold", "70.67 / 65.80"),
        ("none", "wma-gin-full-0-cold", "70.19 / 65.55"),
        ("without multi-stage loss", "wma-gin-one-stage-cold", "70.25 / 66.47"),
        ("128 log-mel bands", "wma-gin-log-mel-cold", "65.61 / 60.26"),
    ],
    "WMA-GIN, Table 2 (weights of softmax, sum, mean)": [
        ("1/3, 1/3, 1/3", "wma-gin-cold", "72.48 / 67.72"),
        ("1/2, 1/4, 1/4", "wma-gin-1-1-2-cold", "68.46 / 66.52"),
        ("1/4, 1/2, 1/4", "wma-gin-2-1-1-cold", "67.67 / 65.31"),
        ("1/4, 1/4, 1/2", "wma-gin-1-2-1-cold", "67.26 / 65.30"),
        ("3/5, 1/5, 1/5", "wma-gin-1-1-3-cold", "67.88 / 65.78"),
        ("1/5, 1/5, 3/5", "wma-gin-1-3-1-cold", "70.76 / 66.24"),
        ("1/5, 3/5, 1/5", "wma-gin-3-1-1-cold", "69.31 / 65.15"),
        ("1, 0, 0", "wma-gin-0-0-1-cold", "71.42 / 66.59"),
        ("0, 1, 0", "wma-gin-1-0-0-cold", "71.26 / 66.38"),
        ("0, 0, 1", "wma-gin-0-1-0-cold", "69.86 / 65.89"),
    ],
    "GA-GRU, Table 1": [
        ("GA-GRU", "ga-gru-speaker", "62.27 / 63.80"),
        ("without the graph", "ga-gru-no-graph-speaker", "61.51 / 62.44"),
    ],
    "RLC, Table 2": [
        ("S3: GCA-LSTM", "rlc-cold", "– / 69.4"),
        ("S2: self-attention", "rlc-s2-cold", "– / 66.1"),
        ("S1: residual convolutions", "rlc-s1-cold", "– / 61.8"),
    ],
    "RLC, Figure 6 (share of the training clips)": [
        ("all", "rlc-cold", ""),
        ("50 %", "rlc-data-50-cold", ""),
        ("25 %", "rlc-data-25-cold", ""),
        ("10 %", "rlc-data-10-cold", ""),
    ],
    "GLAM, Table 2 (improvised part)": [
        ("GLAM", "glam-cold", "81.18 / 79.25"),
        ("without fusion", "glam-no-fusion-cold", "80.89 / 78.85"),
        ("attention instead", "glam-attention-cold", "80.43 / 78.92"),
        ("one scale", "glam-one-scale-cold", ""),
    ],
    "GLAM, Table 3 (mixup, improvised part)": [
        ("α = 0.5", "glam-cold", "81.18 / 79.25"),
        ("0", "glam-mixup-0-cold", "80.44 / 78.86"),
        ("0.3", "glam-mixup-0.3-cold", "81.15 / 79.26"),
        ("0.8", "glam-mixup-0.8-cold", "80.97 / 78.97"),
        ("1", "glam-mixup-1-cold", "80.96 / 79.19"),
        ("2", "glam-mixup-2-cold", "80.80 / 79.18"),
        ("3", "glam-mixup-3-cold", "80.61 / 78.95"),
    ],
}


_DRAWN = {"speakers": "", "folds": ", ± over folds", "nothing": ""}
"""What a heading says of the errors that are not over speakers."""


def claims_tables(rows: Mapping[str, Sequence[Fit]]) -> list[str]:
    """Format as Markdown the claims with at least two available rows that share a fit.

    Args:
        rows: name of a row file, without its suffix, to its fits.
    """
    lines = []
    for title, parts in CLAIMS.items():
        there = [part for part in parts if part[1] in rows]
        if len(there) < 2 or there[0] != parts[0]:
            continue
        counted = shared(rows[name] for _, name, _ in there)
        if not counted:
            continue
        by = drawn_by(_counted(rows[name], counted) for _, name, _ in there)
        whole = ua(rows[parts[0][1]], counted, by=by)
        lines += [
            "",
            f"### {title}",
            "",
            f"| | UA here, {which(counted)}{_DRAWN[by]} | difference | printed: IEMOCAP WA / UA |",
            "|---|---|---|---|",
        ]
        for name, file, printed in there:
            own = ua(rows[file], counted, by=by)
            change = "" if file == parts[0][1] else with_error(own - whole, "+.1f")
            lines.append(f"| {name} | {with_error(own)} | {change} | {printed} |")
    return lines


def _counted(fits: Sequence[Fit], counted: set[tuple[int, int]]) -> list[Fit]:
    return [fit for fit in fits if (fit.seed, fit.fold) in counted]

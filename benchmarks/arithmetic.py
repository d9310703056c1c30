"""Cost of integer arithmetic: each network in ONNX, in three forms, on one thread.

    python -m benchmarks.arithmetic

fp32; int8 weights that are converted to float when the model is loaded, as written by
`export/quantize.py`; and int8 products by onnxruntime's dynamic quantisation (it has no integer
GRU). Size and time do not depend on training, so the networks are untrained. The three forms are
timed in turn in one run: compare the ratios.
"""

from __future__ import annotations

import json
import logging
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process

from benchmarks import RESULTS
from benchmarks.speed import machine
from edge_ser.backends.onnx import open_session
from export.int8 import on_grid
from export.signature import Signature
from export.to_onnx import to_onnx
from train import config, models

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

SYSTEMS = ("cogcn", "bigru", "wma-gin", "ga-gru", "rlc", "glam")
NODES = ("features=egemaps-88@500/100",)
WAYS = {
    "fp32": "fp32",
    "weights": "int8 weights, float arithmetic",
    "products": "int8 products",
}
_ROUNDS, _SECONDS = 9, 0.15


def measure(system: str) -> dict[str, Any]:
    """Measure the size, and the time for a window of the longest length, of each form."""
    own = models.find(system).features
    settings = config.load(system, None, NODES if own == "egemaps-88" else ())
    signature = Signature.of(settings)
    torch.manual_seed(0)
    candidate = settings.candidates()[-1].network
    model = models.create(system, signature.dimension, 4, candidate).eval()
    files = {
        "fp32": to_onnx(model, signature, "fp32"),
        "weights": to_onnx(on_grid(model), signature, "int8"),
    }
    files["products"] = _integer(files["fp32"])
    inputs = {
        name: value.numpy()
        for name, value in zip(signature.shapes, signature.example(), strict=True)
    }
    sessions = {way: open_session(content) for way, content in files.items()}
    times: dict[str, list[float]] = {way: [] for way in files}
    for _ in range(_ROUNDS):
        for way, session in sessions.items():
            times[way].append(_milliseconds(session, inputs))
    return {
        "nodes": signature.longest,
        "parameters": models.count_parameters(model),
        "ways": {
            way: {"bytes": len(content), "ms": statistics.median(times[way])}
            for way, content in files.items()
        },
    }


def _integer(content: bytes) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        before, ready, after = (Path(folder) / f"{name}.onnx" for name in "abc")
        before.write_bytes(content)
        quant_pre_process(str(before), str(ready), skip_symbolic_shape=True)
        quantize_dynamic(
            ready,
            after,
            op_types_to_quantize=["MatMul", "Gemm", "LSTM"],
            per_channel=True,
            weight_type=QuantType.QInt8,
        )
        return after.read_bytes()


def _milliseconds(session: Any, inputs: Mapping[str, np.ndarray]) -> float:
    """Return the median time of a run, over as many runs as fit into ``_SECONDS``."""
    taken: list[float] = []
    began = time.perf_counter()
    while not taken or time.perf_counter() - began < _SECONDS:
        before = time.perf_counter()
        session.run(None, inputs)
        taken.append(1000 * (time.perf_counter() - before))
    return statistics.median(taken)


def table(report: Mapping[str, Any]) -> str:
    """Format the results as Markdown."""
    versions = ", ".join(f"{name} {number}" for name, number in report["versions"].items())
    lines = [
        "# Integer arithmetic, or int8 weights alone",
        "",
        f"One window of the longest length in onnxruntime on one thread; {report['machine']};",
        f"{versions}. KB, ms, and the time as a multiple of fp32's in the same run.",
        "",
        f"| system | parameters | nodes | {' | | | '.join(WAYS.values())} | | |",
        f"|---|---|---|{'---|' * 3 * len(WAYS)}",
    ]
    for system, row in report["systems"].items():
        cells = []
        for way in WAYS:
            own = row["ways"][way]
            cells.append(f"{own['bytes'] / 1000:.0f} KB")
            cells.append(f"{own['ms']:.2f} ms")
            cells.append(f"× {own['ms'] / row['ways']['fp32']['ms']:.2f}")
        lines.append(f"| {system} | {row['parameters']:,} | {row['nodes']} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", f"Made by `{report['command']}`.", ""])


def main() -> None:
    """Measure, and write ``results/arithmetic.json`` and ``results/arithmetic.md``."""
    logging.disable(logging.WARNING)
    report = {
        "command": "python -m benchmarks.arithmetic",
        **machine("numpy", "onnxruntime"),
        "systems": {system: measure(system) for system in SYSTEMS},
    }
    (RESULTS / "arithmetic.json").write_text(json.dumps(report, indent=1) + "\n")
    (RESULTS / "arithmetic.md").write_text(table(report))


if __name__ == "__main__":
    main()

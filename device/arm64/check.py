"""Compare the results of a model on two machines: one writes its own, the other compares.

    python device/arm64/check.py write FILE [--model NAME]
    python device/arm64/check.py compare FILE [--model NAME]

Compared are features, graphs and probabilities of the demo clip in every backend, and the output of
the commands. Probabilities may differ by 1e-4 on the same features, and by 0.05 end to end:
openSMILE's formants differ slightly between processors, and features derived from them sometimes
differ more.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import edge_ser
from edge_ser import graph, nodes
from edge_ser.audio import AudioFile
from edge_ser.bundle import load_bundle
from edge_ser.demo import PATH as DEMO

SAME_FEATURES, END_TO_END = 1e-4, 0.05
OTHER, OTHERS = 0.01, 0.05
"""A value differs if it is off by this share of its feature's range; this share of values may."""
Arrays = dict[str, NDArray[Any]]


def main() -> None:
    """Write or compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=("write", "compare"))
    parser.add_argument("file", type=Path)
    parser.add_argument("--model", default="cogcn")
    arguments = parser.parse_args()
    model: str = arguments.model
    if arguments.action == "write":
        utterances = spoken(model)
        computed = compute(model, utterances)
        arrays: dict[str, Any] = {f"x{i}": values for i, values in enumerate(utterances)}
        arrays |= computed | {"commands": json.dumps(commands(model))}
        np.savez(arguments.file, allow_pickle=False, **arrays)
    else:
        with np.load(arguments.file) as reference:
            sys.exit(compare(model, dict(reference)))


def spoken(model: str) -> list[NDArray[np.float32]]:
    """Extract the vectors (n, d) of each utterance of the demo clip."""
    with edge_ser.load(model).segmenter() as segmenter:
        found = nodes.extract(AudioFile(DEMO), segmenter)
    return np.split(found.values, np.cumsum(found.counts)[:-1])


def compute(model: str, utterances: list[NDArray[np.float32]]) -> Arrays:
    """Compute the adjacency of each utterance and its probabilities in every backend."""
    bundle = load_bundle(model)
    assert bundle.graph is not None
    computed: Arrays = {}
    for i, values in enumerate(utterances):
        x = bundle.normalisation.transform(values)
        computed[f"graph-{i}"] = graph.build(bundle.graph, x, bundle.gamma)
    for backend in bundle.backends:
        recognizer = edge_ser.load(model, backend)
        computed[backend] = np.array([recognizer.probabilities(values) for values in utterances])
    return computed


def commands(model: str) -> dict[str, list[dict[str, Any]]]:
    """Return the utterances that `classify` and `listen --input` print for the demo clip."""

    def run(*arguments: str) -> list[dict[str, Any]]:
        command = [sys.executable, "-m", "edge_ser", *arguments, "--json", "--model", model]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return [json.loads(line) for line in lines.splitlines()]

    (classified,) = run("classify", str(DEMO))
    heard = [e for e in run("listen", "--input", str(DEMO)) if e["type"] == "utterance"]
    return {"classify": classified["utterances"], "listen": heard}


def compare(model: str, reference: Arrays) -> int:
    """Print each difference and whether it is allowed; return the exit code."""
    utterances = [reference[name] for name in sorted(reference) if name.startswith("x")]
    found, failed = spoken(model), 0
    assert [len(x) for x in found] == [len(x) for x in utterances], "other utterances are found"

    def report(name: str, difference: float, allowed: float) -> None:
        nonlocal failed
        failed += not difference <= allowed
        verdict = "" if difference <= allowed else f"   MORE THAN {allowed}"
        print(f"{platform.machine()}  {model}, {name:32} {difference:.1e}{verdict}")

    scale = np.ptp(np.concatenate(utterances), axis=0) + 1e-9
    differences = np.abs(np.concatenate(found) - np.concatenate(utterances)) / scale
    report("share of other features", float(np.mean(differences > OTHER)), OTHERS)
    for name, values in compute(model, utterances).items():
        report(
            f"{name}, same features", float(np.abs(values - reference[name]).max()), SAME_FEATURES
        )
    for command, events in commands(model).items():
        expected = json.loads(str(reference["commands"]))[command]
        same = [e["emotion"] for e in events] == [e["emotion"] for e in expected]
        report(f"{command}: other emotions", float(not same), 0)
        report(
            f"{command}, end to end",
            max(
                abs(event["probabilities"][label] - p)
                for event, other in zip(events, expected, strict=True)
                for label, p in other["probabilities"].items()
            ),
            END_TO_END,
        )
    return 1 if failed else 0


if __name__ == "__main__":
    main()

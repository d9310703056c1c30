"""``edge-ser bench``: the cost of listening on this machine."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from edge_ser.cli import options
from edge_ser.cli.output import say, write_json, write_line, write_table

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from edge_ser.recognizer import Recognizer

SUMMARY = "measure start-up, processor time, decision time and memory on the demo clip"
EXAMPLE = "edge-ser bench --json"

_STARTS = 3
_PASSES = 3
_DECISIONS = 200
_UTTERANCES = 10
_LENGTHS = (1, 3, 8)  # seconds


class Figure(NamedTuple):
    """One measured value."""

    name: str
    value: float
    unit: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    options.add_model(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Measure and print the figures."""
    from edge_ser.recognizer import load

    recognizer = load(arguments.model, arguments.backend)
    say("measuring for a few seconds; other programs that run meanwhile raise the figures")
    figures = measure(recognizer)
    if arguments.json:
        for figure in figures:
            write_json(figure._asdict())
    else:
        found = list(figures)
        write_table(Figure._fields, found)
        write_line(f"\n{in_words({figure.name: figure.value for figure in found})}")
    return 0


def in_words(found: Mapping[str, float]) -> str:
    """Say what the figures mean.

    Args:
        found: name of a :class:`Figure` to its value.
    """
    share = found["listen_processor"]
    return (
        f"{1 / share:.0f} times real time: listening takes {100 * share:.1f} % of a core and "
        f"{found['peak_memory']:.0f} MB; {os.cpu_count() or 1} cores could hear about "
        f"{(os.cpu_count() or 1) / share:.0f} microphones"
    )


def measure(recognizer: Recognizer) -> Iterator[Figure]:
    """Measure a recogniser that was just loaded.

    Memory comes first, before anything but listening has been done. Memory and processor time are
    those of ``listen`` writing JSON lines; the clip is read as fast as possible.
    """
    listening = [_processor_share(lambda: _listen(recognizer))]
    yield Figure("peak_memory", _peak_memory() / 1e6, "MB")
    listening += [_processor_share(lambda: _listen(recognizer)) for _ in range(_PASSES - 1)]
    streaming = [_processor_share(lambda: _stream_features(recognizer)) for _ in range(_PASSES)]
    yield Figure("listen_processor", min(listening), "CPU s per s of audio")
    yield Figure("features_processor", min(streaming), "CPU s per s of audio")
    times = sorted(_decision_times(recognizer))
    yield Figure("decision_p50", 1000 * times[len(times) // 2], "ms")
    yield Figure("decision_p95", 1000 * times[int(0.95 * len(times))], "ms")
    if recognizer.encoder is not None:
        for seconds in _LENGTHS:
            yield Figure(f"utterance_{seconds}s", 1000 * _utterance_time(recognizer, seconds), "ms")
    yield Figure("start_up", min(_start_up(recognizer) for _ in range(_STARTS)), "s")


def _processor_share(work: Callable[[], float]) -> float:
    """Return processor seconds of all threads per second of the audio that ``work`` processes."""
    begin = time.process_time()
    seconds = work()
    return (time.process_time() - begin) / seconds


def _listen(recognizer: Recognizer) -> float:
    from edge_ser.audio import AudioFile
    from edge_ser.demo import PATH
    from edge_ser.sinks.lines import JsonLines

    with Path(os.devnull).open("w") as nowhere, JsonLines(nowhere) as sink:
        for event in recognizer.stream(AudioFile(PATH)):
            sink(event)
    return _demo_seconds()


def _stream_features(recognizer: Recognizer) -> float:
    from edge_ser.audio import AudioFile
    from edge_ser.demo import PATH
    from edge_ser.features import FeatureStream
    from edge_ser.features.whisper.nodes import Utterance

    if recognizer.encoder is not None:
        Utterance(recognizer.encoder).nodes(_demo(_demo_seconds()))
        return _demo_seconds()
    with FeatureStream(recognizer.bundle.features) as stream:
        for block in AudioFile(PATH):
            stream.write(block.samples)
            stream.read()
        stream.finish()
        stream.read()
    return _demo_seconds()


def _demo_seconds() -> float:
    import soundfile

    from edge_ser.demo import PATH

    return float(soundfile.info(PATH).duration)


def _decision_times(recognizer: Recognizer) -> Iterator[float]:
    """Yield the seconds from an utterance's nodes to its probabilities: graph and model."""
    import numpy as np

    from edge_ser.audio import AudioFile
    from edge_ser.demo import PATH
    from edge_ser.nodes import extract

    with recognizer.segmenter() as segmenter:
        nodes = extract(AudioFile(PATH), segmenter)
    utterances = np.split(nodes.values, np.cumsum(nodes.counts)[:-1])
    for i in range(_DECISIONS):
        begin = time.perf_counter()
        recognizer.probabilities(utterances[i % len(utterances)])
        yield time.perf_counter() - begin


def _utterance_time(recognizer: Recognizer, seconds: float) -> float:
    """Return the shortest time from the samples of an utterance to its probabilities."""
    from edge_ser.features.whisper.nodes import Utterance

    assert recognizer.encoder is not None
    samples, times = _demo(seconds), []
    for _ in range(_UTTERANCES):
        begin = time.perf_counter()
        recognizer.probabilities(Utterance(recognizer.encoder).nodes(samples))
        times.append(time.perf_counter() - begin)
    return min(times)


def _demo(seconds: float) -> NDArray[np.int16]:
    import numpy as np

    from edge_ser.audio import AudioFile
    from edge_ser.demo import PATH

    with AudioFile(PATH) as source:
        return np.concatenate([block.samples for block in source])[: round(16_000 * seconds)]


def _start_up(recognizer: Recognizer) -> float:
    """Measure the seconds from starting Python until the model is loaded."""
    model = str(recognizer.bundle.path)
    code = f"import edge_ser; edge_ser.load({model!r}, {recognizer.backend!r})"
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - begin


def _peak_memory() -> int:
    """Return the peak resident size of this process in bytes."""
    try:
        # unlike getrusage, this does not include the parent process
        with Path("/proc/self/status").open() as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) * 1024
    except OSError:  # not Linux
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

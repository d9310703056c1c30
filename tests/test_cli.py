"""The command line as a user and a program meet it; signals, pipes and imports as processes."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import wave
from collections.abc import Callable
from ctypes.util import find_library
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import soxr

from edge_ser.backends import BACKENDS
from edge_ser.bundle import WEIGHTS, bundled, load_bundle
from edge_ser.cli import COMMANDS, main, options
from edge_ser.demo import PATH as DEMO
from edge_ser.demo import SENTENCES
from edge_ser.events import LABELS
from tests.command import COMMAND, Done, edge_ser, elsewhere
from tests.virtual import measured

NAMES = [command.__name__.rpartition(".")[2] for command in COMMANDS]
EVENT_KEYS = [
    "type",
    "time",
    "start",
    "end",
    "emotion",
    "confidence",
    "probabilities",
    "heard",
    "latency_ms",
    "dropped",
    "model",
    "backend",
]
UTTERANCE_KEYS = EVENT_KEYS[2:7]
# ALSA as it comes, and no sound server: no microphone, unless there is a sound card
NO_MICROPHONE = {"ALSA_CONFIG_PATH": "/usr/share/alsa/alsa.conf", "PULSE_SERVER": "none"}
Signal = np.ndarray[Any, np.dtype[np.float64]]


@pytest.fixture(scope="module")
def listened() -> Done:
    """The demo clip heard by `listen --json`; openSMILE would be seen if it wrote to stderr."""
    return elsewhere("listen", "--input", DEMO, "--json")


@pytest.fixture(scope="module")
def classified() -> dict[str, Any]:
    """The demo clip heard by `classify --json`."""
    (record,) = edge_ser("classify", DEMO, "--json").records
    return record


@pytest.mark.parametrize("name", NAMES)
def test_help_ends_with_examples_that_parse(name: str) -> None:
    from edge_ser.cli import _parsers

    done = edge_ser(name, "--help")
    assert done.returncode == 0
    examples = done.stdout.partition("example:\n")[2].splitlines()
    assert examples
    for line in examples:
        command = line[line.index("edge-ser") :]  # another program may write to it
        program, *arguments = shlex.split(re.split(r"  +|[|>]", command)[0])
        assert program == "edge-ser"
        assert arguments[0] == name
        _parsers()[0].parse_args(arguments)


def test_version_everywhere() -> None:
    from edge_ser import __version__

    for arguments in (["--version"], *([name, "--version"] for name in NAMES)):
        done = edge_ser(*arguments)
        assert (done.returncode, done.stdout) == (0, f"edge-ser {__version__}\n")


def test_nothing_heavy_is_imported_before_the_arguments_are_parsed() -> None:
    code = (
        "import sys; from edge_ser.cli import main; main(['listen', '--help']); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.splitlines()[-1].split()
    assert "edge_ser.cli.listen" in loaded
    assert not {"numpy", "soundfile", "sounddevice", "soxr", "rich"} & set(loaded)


def test_the_backends_offered_are_those_there_are() -> None:
    assert options.BACKENDS == BACKENDS


@pytest.mark.parametrize(
    "arguments",
    [
        "nonesuch",
        "classify",
        "listen --hop 0",
        "listen --hop nan",
        "listen --duration -1",
        "listen --duration inf",
        "listen --threshold 1.5",
        "listen --threshold high",
        "listen --realtime",
        "listen --device 0 --input clip.wav",
        "listen --backend nonesuch",
        "classify clip.wav --threshold -0.1",
    ],
)
def test_wrong_usage(arguments: str) -> None:
    done = edge_ser(*arguments.split())
    assert done.returncode == 2
    assert done.stdout == ""
    assert re.fullmatch(r"edge-ser[a-z ]*: error: .*\nmore: edge-ser[a-z ]* --help\n", done.stderr)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("listen --input nonesuch.wav", "nonesuch.wav"),
        (f"listen --input {DEMO} --model nonesuch", "cogcn"),
        (f"classify {DEMO} --model nonesuch", "cogcn"),
        ("info nonesuch", "cogcn"),
        ("bench --model nonesuch", "cogcn"),
    ],
)
def test_failures_are_one_line(arguments: str, says: str) -> None:
    assert_fails(edge_ser(*arguments.split()), says)


@pytest.fixture(scope="module")
def portaudio() -> None:
    if find_library("portaudio") is None:
        reason = "the PortAudio library is missing (libportaudio2)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.mark.usefixtures("portaudio")
def test_no_microphone_is_a_failure_and_never_a_demo() -> None:
    listed = elsewhere("devices", **NO_MICROPHONE)
    if listed.stdout:
        pytest.skip("this machine has a sound card")
    assert listed.returncode == 0
    assert listed.stderr.startswith("no microphone found")
    assert elsewhere("devices", "--json", **NO_MICROPHONE).stdout == ""
    assert_fails(elsewhere("listen", **NO_MICROPHONE), "no microphone found")


def assert_fails(done: Done, says: str) -> None:
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("edge-ser: error: ")
    assert says in line


def test_listen_prints_the_json_of_the_contract(listened: Done) -> None:
    assert listened.returncode == 0
    bundle = load_bundle("cogcn")
    assert listened.stderr == (
        f'listening to "{DEMO}" with cogcn ({bundle.precision}, numpy backend); Ctrl-C ends\n'
    )
    events = listened.records
    for event in events:
        assert list(event) == EVENT_KEYS
        assert 0 <= event["start"] < event["end"] <= soundfile.info(DEMO).duration
        assert list(event["probabilities"]) == list(LABELS)
        assert sum(event["probabilities"].values()) == pytest.approx(1, abs=2.1e-4)  # rounded
        assert max(event["probabilities"].values()) == event["confidence"]
        sure = event["confidence"] >= bundle.threshold
        assert (event["emotion"] is not None) == sure
        assert not sure or event["probabilities"][event["emotion"]] == event["confidence"]
        assert event["confidence"] == max(event["probabilities"].values())
        assert event["latency_ms"] >= 0
        assert (event["dropped"], event["model"], event["backend"]) == (0, "cogcn", "numpy")
    assert [e["type"] for e in events].count("utterance") == len(SENTENCES)
    assert {e["type"] for e in events} == {"window", "utterance"}


def test_listen_and_classify_say_the_same(listened: Done, classified: dict[str, Any]) -> None:
    heard = [event for event in listened.records if event["type"] == "utterance"]
    record = classified
    assert list(record) == ["file", "emotion", "confidence", "probabilities", "utterances"]
    assert record["file"] == str(DEMO)
    assert record["emotion"] in {*LABELS, None}
    assert len(record["utterances"]) == len(heard)
    for classified, event in zip(record["utterances"], heard, strict=True):
        assert list(classified) == UTTERANCE_KEYS
        for key in ("start", "end", "probabilities"):
            assert classified[key] == pytest.approx(event[key], abs=1e-6)


def test_a_pipe_gets_a_line_an_utterance() -> None:
    done = edge_ser("listen", "--input", DEMO)
    lines = done.stdout.splitlines()
    assert len(lines) == len(SENTENCES)
    share = r"\w+ +\d+ %"
    sure, unsure = rf"{share}  \({share}, {share}, {share}\)", rf"unsure +\((?:{share}, )+{share}\)"
    for line in lines:
        assert re.fullmatch(rf" *\d+\.\d\d – +\d+\.\d\d s  (?:{sure}|{unsure})", line)


def test_the_threshold_withholds_the_emotion() -> None:
    events = edge_ser("listen", "--input", DEMO, "--threshold", 1, "--json").records
    assert events
    assert {event["emotion"] for event in events} == {None}
    (record,) = edge_ser("classify", DEMO, "--threshold", 1, "--json").records
    assert record["emotion"] is None
    assert record["confidence"] < 1
    assert "unsure" in edge_ser("classify", DEMO, "--threshold", 1).stdout


def test_the_duration_ends_the_stream_and_reports_what_was_being_said() -> None:
    done = edge_ser("listen", "--input", DEMO, "--duration", 2.5, "--json")
    assert done.returncode == 0
    last = done.records[-1]
    assert last["type"] == "utterance"
    assert last["end"] == pytest.approx(2.5, abs=0.2)


@pytest.fixture(scope="module")
def speech(classified: dict[str, Any]) -> Signal:
    """The longest sentence of the demo clip, with a second on either side."""
    length, start, end = max(
        (u["end"] - u["start"], u["start"], u["end"]) for u in classified["utterances"]
    )
    assert length > 2
    signal, rate = soundfile.read(DEMO)
    return np.asarray(signal[round((start - 1) * rate) : round((end + 1) * rate)])


@pytest.fixture
def long_clip(tmp_path: Path, speech: Signal) -> Path:
    """The sentence, and half a minute in which nothing is said."""
    path = tmp_path / "long.wav"
    soundfile.write(path, np.concatenate([speech, np.zeros(16_000 * 30)]), 16_000)
    return path


def start_listening(path: Path = DEMO, **popen: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, "listen", "--input", str(path), "--realtime", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **popen,
    )


def ignore_sigint() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@pytest.mark.parametrize(
    ("number", "prepare"),
    [(signal.SIGINT, None), (signal.SIGTERM, None), (signal.SIGINT, ignore_sigint)],
    ids=["Ctrl-C", "SIGTERM", "Ctrl-C in a background job"],
)
def test_a_signal_ends_it_with_the_last_utterance(
    long_clip: Path, number: int, prepare: Callable[[], None] | None
) -> None:
    begin = time.monotonic()
    with start_listening(long_clip, preexec_fn=prepare) as process:
        assert process.stdout
        first = json.loads(process.stdout.readline())  # it comes while the file is still playing
        assert first["type"] == "window"
        process.send_signal(number)
        rest, errors = process.communicate(timeout=10)
    assert time.monotonic() - begin < 10
    assert process.returncode == 0
    last = json.loads(rest.splitlines()[-1])
    assert last["type"] == "utterance"
    assert last["start"] == first["start"]
    assert last["end"] < 3  # it was cut short
    assert errors.count("\n") == 1


def test_a_signal_while_it_starts_ends_it_quietly() -> None:
    for delay in (0.1, 0.2, 0.3):
        with start_listening() as process:
            time.sleep(delay)
            process.terminate()
            _, errors = process.communicate(timeout=10)
        # before main() has begun, SIGTERM ends Python itself
        assert process.returncode in (0, -signal.SIGTERM)
        assert "Traceback" not in errors


def test_a_signal_while_a_dataclass_is_made(tmp_path: Path) -> None:
    """``python -m`` kills itself in the end once KeyboardInterrupt came through exec of text."""
    (tmp_path / "interrupted.py").write_text(
        """
import os, signal, sys, time
from edge_ser.cli import classify, main
text = "os.kill(os.getpid(), signal.SIGTERM); time.sleep(5)"
classify.run = lambda _: exec(text)
sys.exit(main(["classify", "clip.wav"]))
"""
    )
    result = subprocess.run(
        [sys.executable, "-m", "interrupted"], cwd=tmp_path, capture_output=True, check=False
    )
    assert (result.returncode, result.stderr) == (0, b"")


def test_a_second_signal_ends_it_at_once(long_clip: Path) -> None:
    with start_listening(long_clip) as process:
        assert process.stdout
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=10)
    assert process.returncode == 0
    assert errors.count("\n") == 1


def test_a_signal_that_c_code_turns_into_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def importing(_: object) -> int:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(5)
        except SystemExit:
            raise ImportError("numpy._core.multiarray failed to import") from None
        return 1

    monkeypatch.setattr("edge_ser.cli.classify.run", importing)
    assert main(["classify", str(DEMO)]) == 0


def test_a_closed_pipe_ends_it_quietly(long_clip: Path) -> None:
    with start_listening(long_clip) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(timeout=5) == 0
        assert process.stderr.read().count("\n") == 1


def test_a_closed_pipe_is_noticed_in_silence(tmp_path: Path) -> None:
    path = tmp_path / "silence.wav"
    soundfile.write(path, np.zeros(16_000 * 30), 16_000)
    with start_listening(path) as process:
        assert process.stdout
        assert process.stderr
        process.stderr.readline()
        process.stdout.close()
        assert process.wait(timeout=5) == 0
        assert process.stderr.read() == ""


@pytest.mark.parametrize("arguments", [["--help"], ["models"], ["classify", str(DEMO)]])
def test_a_pipe_closed_from_the_start(arguments: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([*COMMAND, *arguments], stdout=writer, stderr=subprocess.PIPE, timeout=60)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_full_disk_is_a_failure() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*COMMAND, "models"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert re.fullmatch(r"edge-ser: error: .*No space left on device\n", done.stderr)


def test_a_locale_without_dashes_is_no_failure() -> None:
    done = elsewhere("listen", "--input", DEMO, PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert done.stdout.count(" ? ") == len(SENTENCES)


def test_listening_imports_nothing_that_training_needs() -> None:
    code = f"""if True:
        import sys
        from edge_ser.cli import main
        assert main(["listen", "--input", {str(DEMO)!r}, "--json"]) == 0
        print(*sys.modules)
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    *events, modules = done.stdout.splitlines()
    assert events
    loaded = {module.partition(".")[0] for module in modules.split()}
    assert {"numpy", "soundfile"} <= loaded
    unwanted = {"torch", "pandas", "pyarrow", "matplotlib", "scipy", "opensmile", "onnxruntime"}
    assert not unwanted & loaded
    assert not {"train", "export", "rich"} & loaded


def test_verbosity(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    silence = tmp_path / "silence.wav"
    soundfile.write(silence, np.zeros(32_000), 16_000)
    said = []
    for path, code in ((silence, 0), (tmp_path / "none.wav", 1)):
        for more in ([], ["-v"], ["-vv"]):
            assert main(["classify", str(path), *more]) == code
            said.append(capsys.readouterr().err)
    assert said[0] == ""
    assert "edge-ser: info: cogcn from " in said[1]
    assert said[3].count("\n") == 1
    assert "Traceback" not in said[4]
    assert "edge-ser: debug: where it happened\nTraceback" in said[5]


def test_classify_takes_what_it_can_and_goes_on(tmp_path: Path, speech: Signal) -> None:
    spoken: list[Path] = []
    silent: list[Path] = []
    unusable: list[Path] = []

    def write(to: list[Path], name: str, signal: Any, rate: int = 16_000, **kind: str) -> Path:
        path = tmp_path / name
        soundfile.write(path, signal, rate, **kind)
        to.append(path)
        return path

    write(spoken, "plain.wav", speech)
    for rate in (8000, 11_025, 22_050, 44_100, 48_000, 96_000, 192_000):
        write(spoken, f"{rate}.wav", soxr.resample(speech, 16_000, rate), rate)
    write(spoken, "stereo.flac", np.stack([speech, 0.5 * speech], axis=1))
    write(spoken, "float.wav", speech, subtype="FLOAT")
    write(spoken, "24 bit.wav", speech, subtype="PCM_24")
    write(spoken, "full scale.wav", np.clip(speech * 1.2 / np.abs(speech).max(), -1, 1))
    write(silent, "10 ms.wav", speech[20_000:20_160])
    write(silent, "silence.wav", np.zeros(32_000))
    write(unusable, "nan.wav", np.where(speech == speech.max(), np.nan, speech), subtype="FLOAT")
    write(unusable, "4000.wav", speech[::4], 4000)
    truncated = write(spoken, "truncated.wav", speech)
    truncated.write_bytes(truncated.read_bytes()[:60_000])
    write(unusable, "no samples.wav", speech[:0])
    no_channels = tmp_path / "no channels.wav"
    with wave.open(str(no_channels), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(b"\0\0" * 16_000)
    header = bytearray(no_channels.read_bytes())
    header[22:24] = b"\0\0"
    no_channels.write_bytes(header)
    (tmp_path / "empty.wav").touch()
    (tmp_path / "text.wav").write_text("not audio at all\n" * 100)
    (tmp_path / "folder").mkdir()
    names = ("no channels.wav", "empty.wav", "text.wav", "missing.wav", "folder")
    unusable += [tmp_path / name for name in names]

    # the unusable ones come first: what follows must still be done
    files = [*unusable, *silent, *spoken]
    done = elsewhere("classify", "--json", *files)  # what libraries in C write counts too
    assert done.returncode == 1
    results = {Path(record["file"]): record for record in done.records}
    assert list(results) == files
    lines = done.stderr.splitlines()
    assert len(lines) == len(unusable) + 1
    assert lines[-1].startswith(f"edge-ser: warning: {truncated} is cut short")
    for path, line in zip(unusable, lines[:-1], strict=True):
        assert list(results[path]) == ["file", "error"]
        assert line == f"edge-ser: error: {results[path]['error']}"
        assert str(path) in line
    for path in silent:
        assert [results[path][key] for key in ("emotion", "confidence")] == [None, None]
        assert results[path]["probabilities"] is None
        assert results[path]["utterances"] == []
    for path in spoken:
        assert results[path]["emotion"] in (*LABELS, None), path
        assert max(results[path]["probabilities"].values()) == results[path]["confidence"]
        assert len(results[path]["utterances"]) == 1, path


def test_classify_of_silence_is_no_failure(tmp_path: Path) -> None:
    path = tmp_path / "silence.wav"
    soundfile.write(path, np.zeros(16_000), 16_000)
    done = edge_ser("classify", path)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{path}  no speech\n", "")


def test_progress_is_shown_where_it_is_watched(tmp_path: Path) -> None:
    files = [tmp_path / "one.wav", tmp_path / "two.wav"]
    for path in files:
        soundfile.write(path, np.zeros(16_000), 16_000)
    watched, terminal = pty.openpty()
    environment = {**os.environ, **measured(), "TERM": "xterm"}
    command = [*COMMAND, "classify", *map(str, files)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=terminal, env=environment)
    os.close(terminal)
    shown = os.read(watched, 65_536).decode()
    os.close(watched)
    assert done.returncode == 0
    assert done.stdout.decode().splitlines() == [f"{path}  no speech" for path in files]
    assert "classifying" in shown and "0/2" in shown


@pytest.mark.usefixtures("portaudio")
def test_an_unknown_microphone_is_a_failure() -> None:
    assert_fails(elsewhere("listen", "--device", "nonesuch"), "microphone")


@pytest.mark.usefixtures("portaudio")
def test_devices_prints_the_contract() -> None:
    done = elsewhere("devices", "--json")
    assert done.returncode == 0
    for record in done.records:
        assert list(record) == ["index", "name", "channels", "rate", "default"]
        assert record["channels"] > 0


def test_models_prints_the_contract() -> None:
    records = {record["name"]: record for record in edge_ser("models", "--json").records}
    record = records["cogcn"]
    assert list(record) == [
        *("name", "path", "precision", "parameters", "bytes", "backends", "strangers", "enrolled"),
        "licence",
    ]
    assert 0.25 < record["strangers"] < record["enrolled"] < 1
    assert "research and personal use" in record["licence"]
    assert record["backends"] == list(BACKENDS)
    assert record["bytes"] == max(
        (Path(record["path"]) / file).stat().st_size for file in WEIGHTS.values()
    )
    head, *rows = edge_ser("models").stdout.splitlines()
    assert "right on a stranger" in head
    assert [row.split()[0] for row in rows] == list(records)
    assert f" {100 * record['strangers']:.0f} % " in rows[0]


def test_models_in_folders_of_ones_own(tmp_path: Path) -> None:
    shutil.copytree(load_bundle("cogcn").path, tmp_path / "mine")
    shutil.copytree(load_bundle("cogcn").path, tmp_path / "worn")
    (tmp_path / "worn" / "model.npz").write_bytes(b"worn")
    done = edge_ser("models", "--json", str(tmp_path))
    assert done.returncode == 1
    paths = [Path(record["path"]) for record in done.records]
    assert paths == [*(bundle.path for bundle in bundled()), tmp_path / "mine"]
    assert done.stderr.startswith(f"edge-ser: error: model {tmp_path / 'worn'} is damaged")
    assert len(edge_ser("models", str(tmp_path / "mine")).stdout.splitlines()) == len(bundled()) + 2
    (tmp_path / "empty").mkdir()
    for folder, says in (("nothing", "no model"), ("empty", "it lacks model.json")):
        done = edge_ser("models", str(tmp_path / folder))
        assert done.returncode == 1 and says in done.stderr


def test_info_prints_the_card_and_the_path() -> None:
    bundle = load_bundle("cogcn")
    (record,) = edge_ser("info", "cogcn", "--json").records
    assert record == {**bundle.card, "path": str(bundle.path)}
    assert edge_ser("info", bundle.path, "--json").records == [record]
    text = edge_ser("info", "cogcn", "--full").stdout
    for key in record:
        assert re.search(rf"^{key}:", text, re.MULTILINE)


def test_bench_prints_figures() -> None:
    done = elsewhere("bench", "--json")  # of which the memory is measured
    assert done.returncode == 0
    figures = {record["name"]: record for record in done.records}
    for record in figures.values():
        assert list(record) == ["name", "value", "unit"]
        assert record["value"] > 0
    assert list(figures) == [
        "peak_memory",
        "listen_processor",
        "features_processor",
        "decision_p50",
        "decision_p95",
        "start_up",
    ]
    # loose, for a busy machine: ten times real time, and a process that fits a small device
    assert figures["listen_processor"]["value"] < 0.1
    assert figures["peak_memory"]["value"] < 150
    assert figures["decision_p50"]["value"] <= figures["decision_p95"]["value"]

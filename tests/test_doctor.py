"""`edge-ser doctor`: each thing that can be wrong is a line that says what to do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import soxr

import edge_ser
from edge_ser.audio.quality import Quality
from edge_ser.cli import doctor, main
from tests.virtual import ROOT, Environment, measured

DOCTOR = (sys.executable, "-m", "edge_ser", "doctor")


def examined(environment: Environment, *arguments: str, code: int = 0) -> dict[str, dict[str, Any]]:
    done = subprocess.run(
        [*DOCTOR, "--json", *arguments],
        cwd=ROOT,
        env=environment | measured(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == code, done.stdout + done.stderr
    checks = [json.loads(line) for line in done.stdout.splitlines()]
    assert all(list(check) == ["name", "status", "found", "advice"] for check in checks)
    assert all(check["advice"] for check in checks if check["status"] != "ok")
    return {check["name"]: check for check in checks}


def test_a_healthy_machine(vmic: Environment, tmp_path: Path) -> None:
    noise = tmp_path / "noise.wav"
    soundfile.write(noise, np.random.default_rng(0).normal(0, 0.01, 16_000 * 60), 16_000)
    playing = ["pactl", "list", "short", "sink-inputs"]
    with subprocess.Popen(["paplay", "--device=play", noise], env=vmic) as player:
        try:
            while not subprocess.run(playing, env=vmic, capture_output=True, check=True).stdout:
                assert player.poll() is None
                time.sleep(0.05)
            checks = examined(vmic, "--device", "vmic")
        finally:
            player.kill()
    assert {check["status"] for check in checks.values()} == {"ok"}
    assert checks["microphone"]["found"] == "vmic"
    assert "level -40 dBFS" in checks["sound"]["found"]
    assert checks["openSMILE"]["found"].endswith("a voice of 110 Hz at 110 Hz")
    for name in ("Python", "numpy", "model", "backend numpy", "speed", "clipping", "DC offset"):
        assert name in checks


def test_a_report_holds_what_an_issue_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOGNAME", "annabel")
    monkeypatch.setattr("socket.gethostname", lambda: "annas-pi")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    path = tmp_path / "report.md"
    given = ["doctor", "--model", "cogcn", "--device", "annabel's at annas-pi"]
    assert main([*given, "--report", str(path)]) == 1
    assert f"wrote {path}" in capsys.readouterr().err
    text = path.read_text()
    assert text.startswith(f"edge-ser {edge_ser.__version__}, Python 3.")
    assert f"| numpy | {np.__version__} |" in text
    assert "| microphone | error |" in text
    assert "| index | device | channels | Hz |" in text
    log = text.partition("```text\n")[2]
    assert "edge_ser.recognizer: cogcn from " in log
    assert "EdgeSerError: " in log
    for private in ("annabel", "annas-pi", str(tmp_path)):
        assert private not in text
    assert main([*given, "--report", str(tmp_path / "absent" / "report.md")]) == 1
    assert "choose another file" in capsys.readouterr().err


def test_a_muted_microphone(vmic: Environment) -> None:
    checks = examined(vmic, "--device", "vmic", code=1)
    assert [c["name"] for c in checks.values() if c["status"] != "ok"] == ["sound"]
    assert checks["sound"]["found"] == "digital silence"


def test_no_microphone_and_a_damaged_model(libportaudio: None, tmp_path: Path) -> None:
    (tmp_path / "asound.conf").write_text("pcm.absent { type hw card 31 }\n")
    environment = os.environ | {"ALSA_CONFIG_PATH": str(tmp_path / "asound.conf")}
    checks = examined(environment, "--model", str(tmp_path), code=1)
    assert checks["microphone"]["status"] == checks["model"]["status"] == "error"
    assert "arecord -l" in checks["microphone"]["advice"]
    assert checks["openSMILE"]["status"] == "ok"  # one trouble hides no other


def test_people_get_a_table(vmic: Environment) -> None:
    done = subprocess.run(
        [*DOCTOR, "--device", "absent"],
        cwd=ROOT,
        env=vmic | measured(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    heads, *rows = done.stdout.splitlines()
    assert heads.split() == ["name", "status", "found", "advice"]
    (red,) = (row for row in rows if " error " in row)
    assert "there is no microphone 'absent'" in red


@pytest.mark.parametrize(
    ("samples", "name", "complaint"),
    [
        (np.zeros(16_000), "sound", "digital silence"),
        (np.random.default_rng(0).normal(0, 5, 16_000), "sound", "level -77 dBFS"),
        (np.random.default_rng(0).normal(0, 5000, 16_000), "sound", "quietest tenth -17 dBFS"),
        (np.tile([32767, -32768, 0, 0], 4000), "clipping", "50.0 %"),
        (1000 + np.random.default_rng(0).normal(0, 300, 16_000), "DC offset", "3.1 %"),
        (
            soxr.resample(np.random.default_rng(0).normal(0, 300, 8000), 8000, 16_000),
            "band",
            "up to 4.0 kHz",
        ),
    ],
)
def test_what_is_wrong_with_a_sound(samples: Any, name: str, complaint: str) -> None:
    checks = {check.name: check for check in doctor._judge(samples.astype(np.int16), 0)}
    assert checks[name].status != "ok"
    assert complaint in checks[name].found
    assert checks[name].advice


def test_lost_audio_is_told() -> None:
    noise = np.random.default_rng(0).normal(0, 300, 16_000).astype(np.int16)
    assert [c.name for c in doctor._judge(noise, 512) if c.status != "ok"] == ["lost audio"]


def test_a_missing_runtime_is_optional(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    checks = {check.name: check for check in doctor._model("cogcn", None)}
    assert checks["backend onnx"].status == "optional"
    assert "pip install onnxruntime" in checks["backend onnx"].advice
    checks = {check.name: check for check in doctor._model("cogcn", "onnx")}
    assert checks["backend onnx"].status == "error"  # it was asked for
    assert checks["backend numpy"].status == "ok"


def test_a_terminal_shows_brackets_as_they_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    doctor._show([doctor.Check("model", "error", "USB [audio]", "[red]\\")])
    assert {"USB [audio]", "[red]\\"} <= {
        cell.strip() for cell in capsys.readouterr().out.splitlines()[1].split("  ")
    }


def test_the_floor_is_what_is_there_when_nobody_speaks() -> None:
    speech = np.random.default_rng(0).normal(0, 3000, 16_000)
    speech[:8000] /= 100
    quality = Quality.of(speech.astype(np.int16))
    assert quality.floor == pytest.approx(-60.8, abs=0.5)
    assert quality.level == pytest.approx(-23.8, abs=0.5)


@pytest.mark.parametrize(
    ("enabled", "active", "status", "found"),
    [
        ("enabled", "active", "ok", "enabled, active"),
        ("enabled", "failed", "error", "enabled, failed"),
        ("", "inactive", "ok", "not installed"),
    ],
)
def test_the_service(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    enabled: str,
    active: str,
    status: str,
    found: str,
) -> None:
    fake = tmp_path / "systemctl"
    fake.write_text(f"#!/bin/sh\n[ $1 = is-enabled ] && echo '{enabled}' || echo '{active}'\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (check,) = doctor._service()
    assert (check.status, check.found) == (status, found)

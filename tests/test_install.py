"""The installer, really run, in a mount namespace of its own; systemd's tools are faked."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from edge_ser.demo import PATH as DEMO
from tests.virtual import ROOT, Environment, unavailable

pytestmark = pytest.mark.system

INSTALL = ROOT / "device" / "install.sh"
# what would change the machine outside the namespace says what it was asked for
FAKES = {
    "systemctl": 'echo "systemctl $*" >>"$LOG"',
    "useradd": 'echo "useradd $*" >>"$LOG"; touch "$USERS"',
    "userdel": 'echo "userdel $*" >>"$LOG"; rm "$USERS"',
    "usermod": 'echo "usermod $*" >>"$LOG"',
    "getent": '[ -e "$USERS" ]',
    "dpkg-query": "echo installed",
    "apt-get": 'echo "apt-get $*" >>"$LOG"',
}
NAMESPACE = """
set -e
mkdir -p /etc/systemd/system /etc/default /opt
for folder in /etc/systemd/system /etc/default /opt; do mount -t tmpfs tmpfs $folder; done
[ -d /run/systemd/system ] || {
    mkdir -p /run/systemd
    mount -t tmpfs tmpfs /run/systemd
    mkdir /run/systemd/system
}
"""


def fakes(folder: Path, **more: str) -> Environment:
    """Environment in which :data:`FAKES` come first."""
    tools = folder / "tools"
    tools.mkdir()
    for name, text in {**FAKES, **more}.items():
        (tools / name).write_text(f"#!/bin/sh\n{text}\n")
        (tools / name).chmod(0o755)
    return os.environ | {
        "PATH": f"{tools}:{os.environ['PATH']}",
        "LOG": str(folder / "log"),
        "USERS": str(folder / "users"),
        "PIP_COMPILE": "0",  # Python does, what it imports
    }


def run(environment: Environment, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [INSTALL, *arguments], env=environment, capture_output=True, text=True, check=False
    )


def test_it_installs_twice_and_leaves_nothing(tmp_path: Path) -> None:
    script = f"""{NAMESPACE}
{INSTALL} >/dev/null 2>&1
echo "EDGE_SER_OPTIONS=--threshold 0.5" >/etc/default/edge-ser
{INSTALL} >/dev/null
cat /etc/default/edge-ser
cmp /etc/systemd/system/edge-ser.service {ROOT}/device/edge-ser.service
cd /
/opt/edge-ser/bin/edge-ser classify {DEMO}
ls /opt/edge-ser/lib/python*/site-packages >&2
{INSTALL} --uninstall >/dev/null 2>&1
{INSTALL} --uninstall >/dev/null 2>&1
find /opt /etc/systemd/system /etc/default -mindepth 1
"""
    command = ["unshare", "--mount", *(["--map-root-user"] if os.getuid() else []), "sh", "-c"]
    if subprocess.run([*command, NAMESPACE], capture_output=True).returncode:
        unavailable("this machine allows no mount namespaces (unshare --mount)")
    done = subprocess.run(
        [*command, script], env=fakes(tmp_path), capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    settings, *classified = done.stdout.splitlines()
    assert settings == "EDGE_SER_OPTIONS=--threshold 0.5"
    assert "neutral" in classified[0]
    assert "/opt" not in done.stdout.replace(str(DEMO), "")
    packages = done.stderr.split()
    assert {"numpy", "opensmile", "sounddevice.py", "edge_ser"} <= set(packages)
    assert not {"pandas", "torch", "pyarrow", "audformat"} & set(packages)
    log = (tmp_path / "log").read_text().splitlines()
    assert [line for line in log if line.startswith("user")] == [
        "useradd --system --user-group --no-create-home --home-dir /nonexistent "
        "--shell /usr/sbin/nologin edge-ser",
        "usermod --append --groups audio edge-ser",
        "usermod --append --groups audio edge-ser",
        "userdel edge-ser",
    ]
    assert log.count("systemctl restart edge-ser.service") == 2
    assert log.count("systemctl stop edge-ser.service") == 1
    assert log.count("systemctl disable edge-ser.service") == 1
    assert not [line for line in log if line.startswith("apt-get")]


def test_a_dry_run_only_tells(tmp_path: Path) -> None:
    environment = fakes(tmp_path, **{"dpkg-query": "false", "python3": "exit 0"})
    done = run(environment, "--dry-run")
    assert done.returncode == 0, done.stderr
    told = [line for line in done.stdout.splitlines() if line.startswith("+ ")]
    assert "+ apt-get update -qq" in told
    assert any(line.endswith("python3-venv libportaudio2") for line in told)
    assert any("systemctl enable edge-ser.service" in line for line in told)
    assert not (tmp_path / "log").exists()


@pytest.mark.parametrize(
    ("fake", "complaint"),
    [
        ({"uname": "echo armv7l", "getconf": "echo 32"}, "is a 32-bit system on armv7l"),
        ({"uname": "echo aarch64", "getconf": "echo 32"}, "is a 32-bit system on aarch64"),
        ({"uname": "echo aarch64", "python3": "exit 1"}, "needs Python 3.10 to 3.13"),
        ({"uname": "echo aarch64", "id": "echo 1000"}, "must be root: sudo device/install.sh"),
    ],
)
def test_what_it_cannot_do_is_told(tmp_path: Path, fake: dict[str, str], complaint: str) -> None:
    done = run(fakes(tmp_path, **fake))
    assert done.returncode == 1
    assert complaint in done.stderr
    assert not (tmp_path / "log").exists()


def test_unknown_arguments(tmp_path: Path) -> None:
    environment = fakes(tmp_path)
    assert run(environment, "--unistall").returncode == 2
    assert "--uninstall" in run(environment, "--help").stdout

"""The examples do what they say, with real speech."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from itertools import groupby
from pathlib import Path

import pytest
import soundfile
import yaml
from gpiozero import Device
from gpiozero.pins.mock import MockFactory
from websockets.asyncio.client import connect

import edge_ser
from edge_ser.demo import PATH as DEMO
from edge_ser.events import LABELS
from edge_ser.sinks.mqtt.discovery import messages
from examples import led, robot, table, websocket


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two utterances of the demo clip."""
    path = tmp_path_factory.mktemp("clips") / "clip.flac"
    signal, rate = soundfile.read(DEMO)
    found = edge_ser.load().classify(signal, rate).utterances
    soundfile.write(path, signal[: round((found[1].end + 0.3) * rate)], rate)
    return path


@pytest.fixture(scope="module")
def utterances(clip: Path) -> tuple[edge_ser.Utterance, ...]:
    found = edge_ser.load().classify(clip).utterances
    assert len(found) == 2
    return found


def test_an_led_is_on_while_somebody_is_angry(
    clip: Path, utterances: tuple[edge_ser.Utterance, ...]
) -> None:
    Device.pin_factory = MockFactory()
    pin = Device.pin_factory.pin(led.PIN)
    led.main(str(clip))
    wanted = [False, *(u.emotion == "angry" for u in utterances), False]
    shown = [bool(state.state) for state in pin.states]
    assert [key for key, _ in groupby(shown)] == [key for key, _ in groupby(wanted)]
    assert not pin.state  # released


def test_a_websocket_gets_the_events(clip: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    async def listen() -> list[dict[str, object]]:
        serving = asyncio.ensure_future(websocket.main(str(clip), port))
        for _ in range(100):
            try:
                async with connect(f"ws://127.0.0.1:{port}") as connection:
                    received = [json.loads(text) async for text in connection]
                    break
            except OSError:  # it is not there yet
                await asyncio.sleep(0.05)
        await serving
        return received

    received = asyncio.run(listen())
    assert {event["type"] for event in received} == {"window", "utterance"}
    assert all(event["model"] == "cogcn" for event in received)


def test_a_robot_steers_by_what_it_heard(
    clip: Path, utterances: tuple[edge_ser.Utterance, ...]
) -> None:
    speeds = robot.main(str(clip))
    assert set(speeds) == {robot.SPEED[u.emotion or "neutral"] for u in utterances} | {
        robot.SPEED["neutral"]
    }
    seconds = soundfile.info(clip).duration
    assert len(speeds) > 0.7 * seconds / robot.STEP  # hearing does not hold it up


def test_a_table_of_a_folder(clip: Path, utterances: tuple[edge_ser.Utterance, ...]) -> None:
    found = table.table(clip.parent)
    assert found["emotion"].fillna("").tolist() == [u.emotion or "" for u in utterances]
    assert found["file"].unique().tolist() == [clip.name]
    assert {"start", "end", "confidence", "probabilities.angry"} <= set(found.columns)


def test_home_assistant_has_what_the_automation_waits_for() -> None:
    """What it does then, `make test-home-assistant` tries."""
    text = (Path(led.__file__).parent / "home_assistant.yaml").read_text()
    (topic,) = re.findall(r"--mqtt mqtt://[a-z.]+/(\S+)", text)
    entities = {
        f"{name.split('/')[1]}.{topic}_{name.split('/')[3]}".replace("-", "_"): entity
        for name, entity in messages(topic, "pi", LABELS, "cogcn").items()
    }
    (automation,) = yaml.safe_load(text)
    (trigger,) = automation["trigger"]
    assert trigger["to"] in entities[trigger["entity_id"]]["options"]
    assert {trigger["entity_id"]} == set(re.findall(r"\b(?:binary_)?sensor\.\w+", text))

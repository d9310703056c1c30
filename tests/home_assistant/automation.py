"""Run the example's automation in Home Assistant: a mood that lasts dims a light.

Like :mod:`tests.home_assistant.check` it runs in an environment that has Home Assistant and
nothing of edge-ser. Home Assistant runs as it does at home, without integrations but `automation`;
light and mood are stand-ins, and five minutes a second.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import yaml
from homeassistant import bootstrap, config_entries, loader
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.setup import async_setup_component

MOOD = "sensor.living_room_mood"


async def main(example: str) -> None:
    """Tell moods, one after the other, and check what the light is told."""
    automations = yaml.safe_load(Path(example).read_text())
    for automation in automations:
        for trigger in automation["trigger"]:
            assert trigger["for"] == "00:05:00"
            trigger["for"] = "00:00:01"
    told: list[int] = []

    async def turn_on(call: ServiceCall) -> None:
        assert call.data["entity_id"] == ["light.living_room"], call.data
        told.append(call.data["brightness_pct"])

    with tempfile.TemporaryDirectory() as folder:
        home = HomeAssistant(folder)
        loader.async_setup(home)
        home.config_entries = config_entries.ConfigEntries(home, {})
        await bootstrap.async_load_base_functionality(home)
        home.services.async_register("light", "turn_on", turn_on)
        assert await async_setup_component(home, "automation", {"automation": automations})
        await home.async_start()
        for mood, seconds, wanted in (
            ("neutral", 1.5, []),
            ("sad", 0.3, []),
            ("happy", 1.5, []),  # it did not last
            ("sad", 1.5, [40]),
            ("neutral", 0.5, [40, 100]),
        ):
            home.states.async_set(MOOD, mood)
            await asyncio.sleep(seconds)
            assert told == wanted, f"after {mood}: {told}, not {wanted}"
        await home.async_stop(force=True)
    print(f"Home Assistant {version('homeassistant')}: the example dims the light to {told[0]} %")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

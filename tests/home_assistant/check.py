"""Take recorded messages as Home Assistant would; print each entity's states.

It runs in an environment that has Home Assistant and nothing of edge-ser; `make
test-home-assistant` makes it. Home Assistant is not started: its own code checks the discovery
messages and renders the templates. Messages come from stdin, as :mod:`tests.home_assistant.record`
prints them.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from importlib.metadata import version
from typing import Any

from homeassistant.components.mqtt import binary_sensor, sensor
from homeassistant.components.mqtt.discovery import TOPIC_MATCHER
from homeassistant.components.mqtt.models import MqttValueTemplate
from homeassistant.core import HomeAssistant
from homeassistant.helpers.template import Template

PREFIX = "homeassistant/"
LATER = {"options"}
"""What Home Assistant ignores before 2024.10."""
SCHEMAS = {"sensor": sensor.DISCOVERY_SCHEMA, "binary_sensor": binary_sensor.DISCOVERY_SCHEMA}

Message = tuple[str, str]


def discovered(messages: list[Message]) -> dict[str, dict[str, Any]]:
    """Return the entities' configurations, by platform and name, as Home Assistant reads them."""
    entities = {}
    for topic, payload in messages:
        if topic.startswith(PREFIX):
            match = TOPIC_MATCHER.match(topic.removeprefix(PREFIX))
            assert match, f"{topic} is no discovery topic"
            given = json.loads(payload)
            config = SCHEMAS[match["component"]](given)
            ignored = set(given) - set(config)
            assert ignored <= LATER, f"{topic}: Home Assistant ignores {', '.join(ignored)}"
            config.update({name: given[name] for name in ignored})
            entities[f"{match['component']}.{match['object_id']}"] = config
    return entities


def rendered(
    home: HomeAssistant, messages: list[Message], topic: str, template: Template | None
) -> list[str]:
    """Return what becomes of the messages of a topic, one after the other."""
    value = MqttValueTemplate(template)
    if template is not None:
        template.hass = home
    render = value.async_render_with_possible_json_value
    return [str(render(payload)) for found, payload in messages if found == topic]


def check(config: dict[str, Any], states: list[str]) -> None:
    """Check that each state is one that the entity may have."""
    assert states, "no message came"
    if "payload_on" in config:
        assert set(states) <= {config["payload_on"], config["payload_off"]}, states
    elif config.get("options"):
        assert set(states) <= set(config["options"]), states
    else:
        assert all(0 <= float(state) <= 100 for state in states), states


async def main() -> None:
    """Check every entity and its attributes."""
    messages: list[Message] = [tuple(json.loads(line)) for line in sys.stdin]
    with tempfile.TemporaryDirectory() as folder:
        home = HomeAssistant(folder)
        entities = discovered(messages)
        assert len(entities) == 5, f"only {', '.join(entities)}"
        for name, config in entities.items():
            template = config.get("value_template")
            states = rendered(home, messages, config["state_topic"], template)
            check(config, states)
            print(f"{name}: {', '.join(states)}")
            if topic := config.get("json_attributes_topic"):
                template = config.get("json_attributes_template")
                (*_, last) = rendered(home, messages, topic, template)
                assert isinstance(json.loads(last), dict), last
                print(f"  attributes at the end: {', '.join(json.loads(last))}")
        await home.async_stop(force=True)
    print(f"Home Assistant {version('homeassistant')} takes all {len(entities)} entities")


if __name__ == "__main__":
    asyncio.run(main())

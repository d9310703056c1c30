"""The entities that Home Assistant discovers.

https://www.home-assistant.io/integrations/mqtt/#discovery-messages
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edge_ser.sinks.mqtt.state import FORGOTTEN, IDLE

if TYPE_CHECKING:
    from collections.abc import Sequence


def messages(
    topic: str, identity: str, labels: Sequence[str], model: str
) -> dict[str, dict[str, Any]]:
    """Return the topics of the discovery messages and what they say.

    A value that says nothing about the present expires; those that are retained do not, since a
    retained value would be taken for a new one when Home Assistant starts.

    Args:
        topic: prefix of the topics.
        identity: of this machine and topic, plain.
        labels: the emotions.
        model: name of the bundle.
    """
    utterance, state, mood = f"{topic}/utterance", f"{topic}/state", f"{topic}/mood"
    entities: dict[tuple[str, str], dict[str, Any]] = {
        ("sensor", "emotion"): {
            "state_topic": state,
            "device_class": "enum",
            "options": ["idle", "speaking", *labels, "unsure"],
            "json_attributes_topic": utterance,
            "icon": "mdi:account-voice",
        },
        ("sensor", "confidence"): {
            "state_topic": utterance,
            "unit_of_measurement": "%",
            "value_template": "{{ (100 * value_json.confidence) | round }}",
            "expire_after": round(IDLE),
        },
        ("sensor", "mood"): {
            "state_topic": mood,
            "device_class": "enum",
            "options": [*labels],
            "value_template": "{{ value_json.emotion }}",
            "json_attributes_topic": mood,
            "json_attributes_template": "{{ value_json.probabilities | tojson }}",
            "expire_after": round(FORGOTTEN),
            "icon": "mdi:emoticon-outline",
        },
        ("binary_sensor", "speaking"): {
            "state_topic": state,
            "device_class": "sound",
            "value_template": "{{ 'on' if value == 'speaking' else 'off' }}",
            "payload_on": "on",
            "payload_off": "off",
        },
        ("binary_sensor", "microphone"): {
            "device_class": "connectivity",
            "entity_category": "diagnostic",
            "state_topic": f"{topic}/microphone",
            "payload_on": "on",
            "payload_off": "off",
        },
    }
    common = {
        "availability_topic": f"{topic}/availability",
        "device": {"identifiers": [identity], "name": topic, "model": model},
    }
    return {
        f"homeassistant/{kind}/{identity}/{name}/config": {
            "name": name,
            "unique_id": f"{identity}-{name}",
            **common,
            **config,
        }
        for (kind, name), config in entities.items()
    }

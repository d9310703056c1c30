"""The MQTT sink, with Home Assistant's discovery."""

from edge_ser.sinks.mqtt.address import Broker
from edge_ser.sinks.mqtt.client import Mqtt

__all__ = ["Broker", "Mqtt"]

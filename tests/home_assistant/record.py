"""Print everything that `listen --mqtt` publishes about the demo clip, a JSON line per message.

A real broker passes it on. For :mod:`tests.home_assistant.check`, by `make test-home-assistant`.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from tests.test_mqtt import TOPIC, Mosquitto, listen, reading


def main() -> None:
    """Listen at the pace of speech, until the listener has said goodbye."""
    with tempfile.TemporaryDirectory() as folder:
        mosquitto = Mosquitto(Path(folder))
        mosquitto.start()
        try:
            with reading(mosquitto.port) as reader, listen(mosquitto.port, "--realtime"):
                message = ("", "")
                while message != (f"{TOPIC}/availability", "offline"):
                    message = reader.messages.get(timeout=30)
                    print(json.dumps(message))
        finally:
            mosquitto.kill()


if __name__ == "__main__":
    main()

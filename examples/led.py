"""Light an LED while somebody sounds angry.

    pip install gpiozero lgpio
    python examples/led.py [RECORDING]

The LED is on GPIO 17 of a Raspberry Pi, with a resistor. On another machine
GPIOZERO_PIN_FACTORY=mock takes the place of the pins.
"""

import sys

from gpiozero import LED

import edge_ser

PIN = 17


def main(recording: str | None = None) -> None:
    """Follow the microphone, or a recording."""
    led = LED(PIN)
    source = edge_ser.AudioFile(recording) if recording else edge_ser.SteadyMicrophone()
    for event in edge_ser.load().stream(source):
        if event.type == "utterance":
            led.value = event.emotion == "angry"
    led.close()


if __name__ == "__main__":
    main(*sys.argv[1:2])

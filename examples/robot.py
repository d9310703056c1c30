"""The control loop of a robot that hears: 20 steps a second, whatever the ears are doing.

python examples/robot.py [RECORDING]
"""

import queue
import sys
import threading
import time

import edge_ser

STEP = 0.05  # seconds
HEARD_FOR = 5.0  # seconds for which an emotion steers the robot
SPEED = {"angry": -0.2, "happy": 0.4, "neutral": 0.2, "sad": 0.1}  # metres a second


class Ears(threading.Thread):
    """Listens in another thread; keeps the newest events."""

    def __init__(self, source: edge_ser.AudioFile | edge_ser.SteadyMicrophone) -> None:
        super().__init__()
        self.source = source
        self.events: queue.Queue[edge_ser.EmotionEvent] = queue.Queue(10)

    def run(self) -> None:
        """Hear until the source ends or is closed."""
        for event in edge_ser.load().stream(self.source):
            if event.type == "utterance" and not self.events.full():
                self.events.put(event)


def main(recording: str | None = None) -> list[float]:
    """Drive until the recording ends, or for ever; return the speed of each step."""
    source = (
        edge_ser.AudioFile(recording, realtime=True) if recording else edge_ser.SteadyMicrophone()
    )
    ears = Ears(source)
    ears.start()
    speeds, emotion, until = [], None, 0.0
    try:
        while ears.is_alive() or not ears.events.empty():
            began = time.monotonic()
            if not ears.events.empty():
                emotion, until = ears.events.get().emotion, began + HEARD_FOR
            if began > until:
                emotion = None
            speeds.append(SPEED.get(emotion or "neutral", 0.0))
            time.sleep(max(0.0, began + STEP - time.monotonic()))
    finally:
        source.close()
        ears.join()
    return speeds


if __name__ == "__main__":
    print(sorted(set(main(*sys.argv[1:2]))))

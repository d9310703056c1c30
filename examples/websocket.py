"""Send every event to whoever is connected to ws://127.0.0.1:8766.

pip install websockets
python examples/websocket.py [RECORDING]
"""

import asyncio
import json
import sys

from websockets.asyncio.server import broadcast, serve

import edge_ser

PORT = 8766


async def main(recording: str | None = None, port: int = PORT) -> None:
    """Follow the microphone, or a recording at the pace of its speaker."""
    recognizer = edge_ser.load()
    source = (
        edge_ser.AudioFile(recording, realtime=True) if recording else edge_ser.SteadyMicrophone()
    )
    async with serve(lambda connection: connection.wait_closed(), "127.0.0.1", port) as server:
        async for event in recognizer.astream(source):
            broadcast(server.connections, json.dumps(event.to_dict()))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else None))

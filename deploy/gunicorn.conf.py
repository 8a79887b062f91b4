"""What gunicorn cannot be told on its command line."""

from __future__ import annotations

import os
import socket
import struct
from typing import Any

# A connection that says nothing for so many seconds in the middle of a request is closed, and one that takes nothing of
# its answer.
SILENCE = int(os.environ.get("STEAMCITY_SILENCE", "30"))


def when_ready(server: Any) -> None:
    """Accepted connections take this time-out over from the one that listens (Linux)."""
    for listener in server.LISTENERS:
        for direction in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            listener.sock.setsockopt(socket.SOL_SOCKET, direction, struct.pack("ll", SILENCE, 0))

"""What gunicorn cannot be told on its command line."""

from __future__ import annotations

import os
import socket
import struct
from typing import Any

# A connection that says nothing for so many seconds in the middle of a request is closed.
SILENCE = int(os.environ.get("STEAMCITY_SILENCE", "30"))


def when_ready(server: Any) -> None:
    """Accepted connections take this time-out over from the one that listens (Linux)."""
    for listener in server.LISTENERS:
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", SILENCE, 0))

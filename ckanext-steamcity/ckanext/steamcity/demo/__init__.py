"""The demo, pure: real cities and partners, invented schools, synthetic data. Nothing in it was measured by anybody.

``results()`` gives every result with its texts, its facts and its file; ``organisations()`` the schools and partners;
``logger_file()`` a file as a CO2 logger writes it; ``load`` (not pure: it calls actions) puts all of it into a portal.
Two runs give the same bytes.
"""

from __future__ import annotations

from .content import Hypothesis, Result, organisations, results
from .logger import logger_file

__all__ = ["Hypothesis", "Result", "logger_file", "organisations", "results"]

"""Protocols as schemas, pure: load a protocol, read a messy file, check it, findings and clean table, Table Schema,
charts.

Imports no CKAN; everybody may import it. A 26th protocol is one more YAML file (docs/protocols.md).
"""

from __future__ import annotations

from . import charts
from .cells import located
from .check import check_file
from .clean import CleanTable
from .coarsen import time_step, too_fine
from .findings import TAKE, ColumnMap, Finding, Hints, Question, Repair, Report
from .licences import Licence, Licences, licences
from .loader import clusters, load, observed_properties, slugs, terms
from .model import LANGUAGES, Cluster, Column, Protocol
from .people import taken_out
from .quality import QualitySummary
from .source import BOOKS
from .tableschema import template_csv

__all__ = [
    "BOOKS",
    "LANGUAGES",
    "TAKE",
    "CleanTable",
    "Cluster",
    "Column",
    "ColumnMap",
    "Finding",
    "Hints",
    "Licence",
    "Licences",
    "Protocol",
    "QualitySummary",
    "Question",
    "Repair",
    "Report",
    "charts",
    "check_file",
    "clusters",
    "licences",
    "load",
    "located",
    "observed_properties",
    "slugs",
    "taken_out",
    "template_csv",
    "terms",
    "time_step",
    "too_fine",
]

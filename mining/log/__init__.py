"""Event logs: read a file, account for every row, hand over flat arrays."""

from mining.log.eventlog import EventLog
from mining.log.reading import read_log
from mining.log.table import SourceTable

__all__ = ["EventLog", "SourceTable", "read_log"]

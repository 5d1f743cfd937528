"""Persons in what is written out: keys, pseudonyms, what may be shown, and how easily a case could be recognised."""

from mining.privacy.gauge import Gauge, gauge_of
from mining.privacy.key import Key, key_for, new_key, own_folder, read_key
from mining.privacy.of_blueprint import pseudonymous_blueprint
from mining.privacy.of_log import is_pseudonymous, pseudonymous_log
from mining.privacy.of_tables import pseudonym_table, pseudonymous_roster, pseudonymous_table, write_pseudonym_table
from mining.privacy.privacy import (
    Privacy,
    Pseudonymised,
    disclosure_warnings,
    named_by_checks,
    pseudonymised,
    shown_attributes,
)
from mining.privacy.pseudonyms import Pseudonyms

__all__ = [
    "Gauge",
    "Key",
    "Privacy",
    "Pseudonymised",
    "Pseudonyms",
    "disclosure_warnings",
    "gauge_of",
    "is_pseudonymous",
    "key_for",
    "named_by_checks",
    "new_key",
    "own_folder",
    "pseudonym_table",
    "pseudonymised",
    "pseudonymous_blueprint",
    "pseudonymous_log",
    "pseudonymous_roster",
    "pseudonymous_table",
    "read_key",
    "shown_attributes",
    "write_pseudonym_table",
]

"""Whether design and log can carry an audit: what the blueprint promises, what is weak in it, and what the log can answer."""

from mining.readiness.against_flow import RulesAndFlow, rules_and_flow
from mining.readiness.answers import Answers, answers_of
from mining.readiness.changes import Changes, InForce, changes_since, in_force
from mining.readiness.clock import Clock, clock_of
from mining.readiness.columns import ColumnsRead, columns_read
from mining.readiness.contacts import Contacts, contacts_of
from mining.readiness.design import Parts, Room, parts_of, room_of
from mining.readiness.drawn import Drawn, drawn
from mining.readiness.ends import Ends, ends_of
from mining.readiness.labels import LabelsRead, labels_read
from mining.readiness.needs import Needs, needs_of
from mining.readiness.persons import Persons, persons_in
from mining.readiness.problems import Paired, Problems, paired_of, problems_of
from mining.readiness.rows import RowsRead, rows_read
from mining.readiness.strict import Strict, strict_of
from mining.readiness.weak import WeakPlaces, unfit_places, weak_places

__all__ = [
    "Answers", "Changes", "Clock", "ColumnsRead", "Contacts", "Drawn", "Ends", "InForce", "Paired", "LabelsRead", "Needs", "Parts",
    "Persons", "Problems", "Room", "RowsRead", "RulesAndFlow", "Strict", "WeakPlaces", "answers_of", "changes_since", "clock_of",
    "columns_read", "contacts_of", "drawn", "ends_of", "in_force", "paired_of", "labels_read", "needs_of", "parts_of", "persons_in",
    "problems_of", "room_of", "rows_read", "rules_and_flow", "strict_of", "unfit_places", "weak_places",
]  # fmt: skip

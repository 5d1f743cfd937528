"""The record of an audit: what people declared and wrote, the figures they refer to, and the rating."""

from mining.record.engagement import Engagement, ImprovementSettings, Member, parse_engagement, read_engagement
from mining.record.engagement_draft import draft_engagement
from mining.record.findings import FindingRecord
from mining.record.narrative import (
    Cause,
    Entry,
    Narrative,
    Response,
    SeverityOverride,
    draft_narrative,
    parse_narrative,
    read_narrative,
)
from mining.record.people_file import Words
from mining.record.rating import (
    Graded,
    Rating,
    RatingOverride,
    blind_share,
    check_override,
    rate,
    rating_word,
    rule_lines,
)
from mining.record.record import Record, record_of
from mining.record.references import (
    FORMS,
    Passage,
    Quoted,
    TypedNumber,
    check_references,
    resolve,
    typed_numbers,
)

__all__ = [
    "FORMS",
    "Cause",
    "Engagement",
    "Entry",
    "FindingRecord",
    "FindingRecord",
    "Graded",
    "ImprovementSettings",
    "Member",
    "Narrative",
    "Passage",
    "Quoted",
    "Rating",
    "RatingOverride",
    "Record",
    "Record",
    "Response",
    "SeverityOverride",
    "TypedNumber",
    "Words",
    "blind_share",
    "check_override",
    "check_references",
    "draft_engagement",
    "draft_narrative",
    "parse_engagement",
    "parse_narrative",
    "rate",
    "rating_word",
    "read_engagement",
    "read_narrative",
    "record_of",
    "record_of",
    "resolve",
    "rule_lines",
    "typed_numbers",
]

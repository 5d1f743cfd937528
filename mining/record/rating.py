"""The overall rating of an audit, by a printed rule."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from mining.errors import MiningError, UnknownNameError
from mining.record.graded import (
    BLIND_SHARE,
    BLUEPRINT_STATUSES,
    FEW_MAJOR,
    MODES,
    NONE,
    NOT_OPERATING,
    RATINGS,
    RULES,
    SEVERITIES,
    WIDESPREAD,
    Graded,
    RatingOverride,
)
from mining.record.rating_words import apart, joined, percent_of, rating_word, rule_lines
from mining.texts import say
from mining.units import percent

if TYPE_CHECKING:
    from mining.study import Study

__all__ = [
    "BLIND_SHARE",
    "MODES",
    "RATINGS",
    "SEVERITIES",
    "Graded",
    "Rating",
    "RatingOverride",
    "blind_share",
    "check_override",
    "rate",
    "rating_word",
    "rule_lines",
]


@dataclass(frozen=True)
class Rating:
    """The rating and the line of the rule that gave it. Made by :func:`rate`.

    Attributes
    ----------
    value : str
        ``satisfactory``, ``some_improvement``, ``major_improvement``, ``unsatisfactory``, ``no_opinion``; ``none`` where no rating is
        given: in advisory mode, and where the blueprint is no norm.
    by_rule : str
        What the printed rule gives, whatever a person decided.
    rule : str
        The line that decided: ``advisory``, ``no_norm``, ``blind``, ``widespread``, ``not_operating``, ``critical``, ``many_major``,
        ``few_major``, ``no_serious``.
    because : tuple of Graded
        The findings that made the line apply.
    refuted : tuple of str
        Ids of serious findings left out because the sample refuted them.
    blueprint_status : str
    blind_share, blind_limit : float
        See :func:`blind_share`.
    override : RatingOverride or None
    inspected : bool
        Whether anything of the sample was inspected. Without it a rating is provisional.
    """

    value: str
    by_rule: str
    rule: str
    because: tuple[Graded, ...]
    refuted: tuple[str, ...]
    blueprint_status: str
    blind_share: float
    blind_limit: float
    override: RatingOverride | None = None
    inspected: bool = True

    @property
    def given(self) -> bool:
        """Whether there is a rating (or a person who says that there can be none); not in advisory mode, and not without a norm."""
        return self.value != NONE

    @property
    def log_alone(self) -> tuple[str, ...]:
        """Ids of the deciding findings of which nothing was inspected."""
        return tuple(x.finding_id for x in self.because if x.confirmed is None)

    def word(self, lang: str) -> str:
        """The rating in a word or two."""
        return rating_word(self.value, lang)

    @property
    def provisional(self) -> bool:
        """Whether it says something of the service that nobody has compared with a source outside the log."""
        return self.value not in (NONE, "no_opinion") and not self.inspected

    def headline(self, lang: str) -> str:
        """The rating in a word or two, and that it is provisional where nothing was inspected."""
        return self._marked(self.word(lang), lang)

    def _marked(self, word: str, lang: str) -> str:
        return say("rating.provisional", lang, value=word) if self.provisional else word

    def sentence(self, lang: str = "en") -> str:
        """The rating, which line of the rule gave it and by which findings, what was inspected, and who decided otherwise.

        Examples
        --------
        >>> found = rate([], mode="audit", blueprint_status="approved", blind_share=0.0)
        >>> found.sentence()
        'Satisfactory: there is no open critical finding, and none of severity major with priority H.'
        """
        parts = [self._by_rule(lang)]
        if self.log_alone and self.inspected:
            parts.append(say("rating.log_alone", lang, findings=joined(self.log_alone, lang)))
        if self.refuted:
            parts.append(say("rating.refuted", lang, findings=joined(self.refuted, lang)))
        if self.override:
            values = {"by": self.override.by, "value": self.headline(lang), "reason": self.override.reason.get(lang)}
            parts.append(say("rating.overridden", lang, **values))
        return ("" if lang == "zh" else " ").join(parts)

    def _by_rule(self, lang: str) -> str:
        found, limit = apart(self.blind_share, self.blind_limit, lang)
        findings = joined([_counted(x, lang) for x in self.because], lang)
        why = say(
            f"rating.because.{self.rule}", lang, findings=findings, share=found, limit=limit,
            status=say(f"rating.blueprint.{self.blueprint_status}", lang), n=len(self.because),
            widespread=percent_of(WIDESPREAD, lang), operating=percent_of(NOT_OPERATING, lang),
        )  # fmt: skip
        value = rating_word(self.by_rule, lang)
        return say("rating.sentence", lang, value=value if self.override else self._marked(value, lang), why=why)

    def rule_lines(self, lang: str = "en") -> tuple[str, ...]:
        """The whole rule in words, with its thresholds; the first line that applies decides."""
        return rule_lines(lang, blind_limit=self.blind_limit)

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        return {
            "value": self.value,
            "provisional": self.provisional,
            "by_rule": self.by_rule,
            "rule": self.rule,
            "because": [asdict(x) for x in self.because],
            "resting_on_the_log_alone": list(self.log_alone),
            "refuted": list(self.refuted),
            "blueprint_status": self.blueprint_status,
            "blind_share": self.blind_share,
            "thresholds": {
                "blind_share": self.blind_limit,
                "widespread_low": WIDESPREAD,
                "not_operating_low": NOT_OPERATING,
                "most_major_h": FEW_MAJOR,
            },
            "override": None if self.override is None else asdict(self.override),
            "words": {lang: self.word(lang) for lang in ("en", "zh")},
            "sentence": {lang: self.sentence(lang) for lang in ("en", "zh")},
        }


def rate(
    graded: Iterable[Graded],
    *,
    mode: str,
    blueprint_status: str,
    blind_share: float,
    blind_limit: float = BLIND_SHARE,
    override: RatingOverride | None = None,
    inspected: bool = True,
) -> Rating:
    """Rate an audit by the printed rule. One more finding never makes the rating better.

    Parameters
    ----------
    graded : iterable of Graded
        All findings.
    mode : {"audit", "advisory"}
        In advisory mode no rating is given.
    blueprint_status : {"draft", "approved", "retired"}
        Only an approved blueprint is a norm; with another, no rating is given and no override is taken.
    blind_share : float
        Share of the applicable pairs of case and check that are not observable, see :func:`blind_share`. Above the limit there is no
        opinion.
    blind_limit : float, default 0.2
    override : RatingOverride, optional
        A person's rating, with reason and name. What the rule gives stays beside it.
    inspected : bool, default True
        Whether anything of the sample was inspected.

    Raises
    ------
    UnknownNameError
        For a word that means nothing.
    MiningError
        For an override without reason or name, or where no rating can be given.

    Examples
    --------
    >>> late = Graded("F-00000001", "critical", "H", "open", n_net=1, low=0.001)
    >>> rate([late], mode="audit", blueprint_status="approved", blind_share=0.0).value
    'major_improvement'
    >>> rate([late], mode="audit", blueprint_status="draft", blind_share=0.0).value
    'none'
    """
    findings = tuple(graded)
    _check_words(findings, mode, blueprint_status)
    if override is not None:
        check_override(override, mode=mode, blueprint_status=blueprint_status)
    rule = _rule_without_findings(mode, blueprint_status, blind_share, blind_limit)
    asked = not rule
    because: tuple[Graded, ...] = ()
    if asked:
        rule, because = _decided([x for x in findings if x.counts])
    refuted = tuple(x.finding_id for x in findings if x.confirmed is False and x.serious)
    return Rating(
        value=override.value if override else RULES[rule],
        by_rule=RULES[rule],
        rule=rule,
        because=because,
        refuted=refuted if asked else (),
        blueprint_status=blueprint_status,
        blind_share=blind_share,
        blind_limit=blind_limit,
        override=override,
        inspected=inspected,
    )


def _counted(finding: Graded, lang: str) -> str:
    """A finding with its cases of those judged; and how many of all these are, where the check asks for a part of the cases only."""
    counts = {"id": finding.finding_id, "n": f"{finding.n_net:,}", "judged": f"{finding.n_judged:,}"}
    if not finding.n_judged:
        return say("rating.finding", lang, **counts)
    if finding.n_judged == finding.n_cases:
        return say("rating.finding_of", lang, **counts)
    return say("rating.finding_of_part", lang, share=percent(finding.n_judged / finding.n_cases, lang), **counts)


def _rule_without_findings(mode: str, blueprint_status: str, blind_share: float, blind_limit: float) -> str:
    """The line of the rule that applies whatever the findings are; empty where they are asked."""
    if mode == "advisory":
        return "advisory"
    if blueprint_status != "approved":
        return "no_norm"
    return "" if blind_share <= blind_limit else "blind"


def _decided(findings: list[Graded]) -> tuple[str, tuple[Graded, ...]]:
    """The first line of the rule that the findings make true, and which of them do."""
    critical = [x for x in findings if x.severity == "critical"]
    major = [x for x in findings if x.severity == "major" and x.priority == "H"]
    controls = [x for x in findings if x.control and x.severity in ("critical", "major") and x.low >= NOT_OPERATING]
    lines = {
        "widespread": [x for x in critical if x.low >= WIDESPREAD],
        "not_operating": controls,
        "critical": critical,
        "many_major": major if len(major) > FEW_MAJOR else [],
        "few_major": major,
    }
    for rule, because in lines.items():
        if because:
            return rule, tuple(because)
    return "no_serious", ()


def blind_share(study: Study) -> tuple[int, int]:
    """How many pairs of case and check the log cannot answer, of how many that the checks apply to.

    Over all rows of ``study.summary()``: the first number is the sum of *not_observable*; the second the sum of *pass*, *fail*,
    *allowed*, *pending* and *not_observable*, that is of all cases but those the check is not applicable to. A pending pair counts as
    observable: the log will show it. A standard that is measured elsewhere (a survey, mystery shopping) is not observable in the log
    and counts as such.

    Returns
    -------
    tuple of (int, int)
        The share is the first by the second.

    Examples
    --------
    >>> blind_share(study)
    (0, 41288)
    """
    frame = study.summary().frame
    applicable = frame[["pass", "fail", "allowed", "pending", "not_observable"]]
    return int(frame["not_observable"].sum()), int(applicable.to_numpy().sum())


# ---- what is refused


def _check_words(findings: tuple[Graded, ...], mode: str, blueprint_status: str) -> None:
    _known("mode", mode, MODES)
    _known("status of the blueprint", blueprint_status, BLUEPRINT_STATUSES)
    for finding in findings:
        _known("severity", finding.severity, SEVERITIES, finding.finding_id)


def _known(kind: str, word: str, known: Collection[str], where: str = "") -> None:
    if word not in known:
        raise UnknownNameError(kind, word, known, where)


def check_override(override: RatingOverride, *, mode: str, blueprint_status: str, where: str = "rating") -> None:
    """Refuse a person's rating that nothing can be decided by; :func:`rate` does so too, but only when all is measured.

    Parameters
    ----------
    override : RatingOverride
    mode, blueprint_status
        As in :func:`rate`.
    where : str
        File, line and key, for messages.

    Raises
    ------
    UnknownNameError
        If it is none of the five ratings.
    MiningError
        If it has no reason or name, or no rating can be given: in advisory mode, and where the blueprint is not approved.
    """
    _known("rating", override.value, RATINGS, where)
    if not override.reason or not override.by:
        what = "reason" if not override.reason else "name (by)"
        raise MiningError(
            f"{where}: {override.value!r} is decided by a person, and has no {what}. Write both, or leave it to the rule."
        )
    if mode == "advisory":
        raise MiningError(f"{where}: in advisory mode no rating is given. Leave it out, or write mode: audit.")
    if blueprint_status != "approved":
        raise MiningError(
            f"{where}: the blueprint is {blueprint_status}, not approved, so it is no norm and no opinion can rest on it, whoever "
            "gives it. Leave the rating out, or have the blueprint approved."
        )

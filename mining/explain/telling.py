"""From a case and its faults to the story that its picture tells."""

from __future__ import annotations

from collections.abc import Sequence

from mining.conformance import verdicts as v
from mining.explain.facts import CaseCheck, CaseFault, resource_of
from mining.explain.folding import folded
from mining.explain.measured import measurements_of, open_hours
from mining.explain.places import Places
from mining.explain.words import Words
from mining.pictures.case_story import Flag, Flags, Item, Story
from mining.pictures.svg import clean
from mining.study import Study
from mining.texts import activity_name
from mining.units import MISSING

SLOTS = -1_000_000  # keys of slots lie below those of missing steps
LOOKS = {"extra": "extra", "repeated": "repeated", "out_of_order": "moved", "replaced": "extra"}


def story_of(study: Study, case: int, checks: Sequence[CaseCheck], w: Words) -> Story:
    """Everything that the picture of a case shows.

    Parameters
    ----------
    study : Study
    case : int
        Its number.
    checks : sequence of CaseCheck
        What the checks say of it.
    w : Words
    """
    faults = [fault for check in checks for fault in check.faults]
    flags = {fault.number: Flag(fault.number, fault.allowance >= 0, fault.words) for fault in faults}
    spans, used = measurements_of(study, case, checks, flags, w)
    items, at_end = _Items(study, case, w).all([f for f in faults if f.number not in used], flags)
    items, spans, notes = folded(items, spans, w)
    id = clean(str(study.log.case_ids[case]))
    now = study.instances.now if study.is_open[case] and items else None
    times = [item.at for item in items if item.at is not None] + [t for s in spans for t in (s.begin, s.end)]
    begin, end = (min(times), max([*times, *([now] if now is not None else [])])) if times else (0, 0)
    calendar, hours = open_hours(study, checks, begin, end)
    return Story(
        title=w.say(
            "explain.title", case=id, service=study.blueprint.name.get(w.lang), version=study.blueprint.version
        ),
        desc=w.say("explain.desc", n=sum(item.count for item in items if item.at is not None), faults=len(faults)),
        lang=w.lang,
        zone=w.zone,
        lanes=study.blueprint.lanes,
        items=items,
        measurements=spans,
        open_hours=hours,
        calendar=calendar,
        now=now,
        at_end=at_end,
        notes=notes,
    )


class _Items:
    """Steps done and steps missing, in order, with the faults that stand at them."""

    def __init__(self, study: Study, case: int, w: Words) -> None:
        self.study, self.w, self.places = study, w, Places(study, case)
        self.lane = {lane.id: k for k, lane in enumerate(study.blueprint.lanes)}
        self.first, self.after = self.places.first, self.places.after

    def all(self, faults: Sequence[CaseFault], flags: dict[int, Flag]) -> tuple[tuple[Item, ...], Flags]:
        """Items in order, and the badges that have no place among them."""
        at: dict[int, list[CaseFault]] = {i: [] for i in range(self.first, self.after)}
        gaps: dict[tuple[int, int], list[CaseFault]] = {}  # activity, instance before which it is missing
        rest: list[Flag] = []
        for fault in sorted(faults, key=lambda f: f.dimension != "path"):
            if fault.instance in at:
                at[fault.instance].append(fault)
            elif fault.kind == "missing" and fault.activity != v.NONE:
                same = [key for key in gaps if key[0] == fault.activity and fault.dimension != "path"]
                gaps.setdefault(same[0] if same else (fault.activity, self.places.missing(fault)), []).append(fault)
            elif (instance := self._at(fault)) != v.NONE:
                at[instance].append(fault)
            else:
                rest.append(flags[fault.number])
        ghosts: dict[int, list[Item]] = {}
        for number, ((activity, before), mine) in enumerate(gaps.items()):
            ghosts.setdefault(before, []).append(self._missing(-1 - number, activity, mine, flags))
        items = {i: self._done(i, at[i], flags, ghosts) for i in at}
        ordered = [item for i, done in items.items() for item in (*ghosts.get(i, ()), done)]
        return (*ordered, *ghosts.get(v.NONE, ())), tuple(rest)

    def _at(self, fault: CaseFault) -> int:
        """An instance at the moment of a fault, of its activity if there is one; ``NONE`` where there is none."""
        instances = self.study.instances
        there = [i for i in range(self.first, self.after) if int(instances.order_time[i]) == fault.at]
        mine = [i for i in there if int(instances.activity[i]) == fault.activity]
        return next(iter([*mine, *there]), v.NONE)

    def _done(self, i: int, faults: Sequence[CaseFault], flags: dict[int, Flag], ghosts: dict[int, list[Item]]) -> Item:
        """A step that was done; the slot where it belongs, if it is out of order, joins the missing steps."""
        instances, w = self.study.instances, self.w
        activity = int(instances.activity[i])
        paths = [fault for fault in faults if fault.dimension == "path"]
        look = next((LOOKS.get(fault.kind, "faulty") for fault in paths), "faulty" if faults else "plain")
        begin, ready = (None if t[i] == MISSING else int(t[i]) for t in (instances.start, instances.scheduled))
        rows = self._rows(i)
        who = resource_of(self.study, i, w)
        notes = [who, w.say("explain.row", rows=", ".join(map(str, rows)))] if rows else [who]
        if not instances.done[i]:
            notes.append(w.say("explain.not_completed"))
        moved = next((f for f in paths if f.kind == "out_of_order"), None)
        before = self.places.belongs(moved) if moved else None
        slot = SLOTS - i if before is not None and before not in (i, i + 1) else None
        if slot is not None and before is not None:
            ghosts.setdefault(before, []).append(self._slot(slot, activity))
        at = int(instances.order_time[i])
        return Item(
            key=i,
            lane=self._lane(activity),
            look=look,
            at=at,
            name=clean(self._name(activity)) or w.say("explain.blank"),
            notes=tuple(clean(note) for note in notes),
            said=w.say("report.comma").join(dict.fromkeys(self._said(fault) for fault in paths)),
            begin=begin if begin is not None and begin < at else None,
            ready=ready if ready is not None and ready < at else None,
            flags=tuple(flags[fault.number] for fault in sorted(faults, key=lambda f: f.number)),
            title=self._title(activity, at, notes, faults),
            slot=slot,
        )

    def _missing(self, key: int, activity: int, faults: Sequence[CaseFault], flags: dict[int, Flag]) -> Item:
        name = clean(self._name(activity))
        told = tuple(flags[fault.number] for fault in sorted(faults, key=lambda f: f.number))
        title = " · ".join([name, *(fault.words for fault in faults)])
        return Item(
            key, self._lane(activity), "missing", None, name, said=self.w.say("kind.missing"), flags=told, title=title
        )

    def _slot(self, key: int, activity: int) -> Item:
        said = self.w.say("explain.slot")
        name = clean(self._name(activity))
        return Item(key, self._lane(activity), "slot", None, name, said=said, title=f"{name} · {said}")

    def _said(self, fault: CaseFault) -> str:
        if fault.kind == "replaced":
            return self.w.say("explain.instead", name=self._name(fault.activity))
        by_kind = fault.kind == "repeated" or not fault.pattern
        return self.w.say(f"kind.{fault.kind}" if by_kind else f"pattern.{fault.pattern}")

    def _title(self, activity: int, at: int, notes: Sequence[str], faults: Sequence[CaseFault]) -> str:
        moment = self.w.moment(at)
        return " · ".join([self._name(activity), moment, *notes, *(fault.words for fault in faults)])

    def _name(self, activity: int) -> str:
        return activity_name(self.study.blueprint, self.study.instances.names[activity], self.w.lang)

    def _lane(self, activity: int) -> int:
        if activity >= self.study.instances.n_known:
            return len(self.lane)
        return self.lane[self.study.blueprint.activities[activity].lane]

    def _rows(self, i: int) -> list[int]:
        """Rows of the source that the step was read from: schedule, start and completion."""
        instances, log = self.study.instances, self.study.log
        place = i if instances.places is None else int(instances.places[i])
        rows = (log.scheduled_row[place], log.start_row[place], instances.row[i])
        return sorted({int(row) for row in rows if row > 0})

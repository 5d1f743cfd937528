"""The blueprint to click on: an anywidget whose state is what is chosen, and whose answers are computed from the study as asked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import anywidget
import traitlets

from mining.allowing import DECISIONS, allow, save_blueprint, taken_back
from mining.blueprint.saving import path_of
from mining.errors import MiningError, UnknownNameError
from mining.selection import Selection, select
from mining.texts import catalogue, check_language, say
from mining.widget.choices import NAMES, Choices, Chosen, RefusedError
from mining.widget.entries import Entry, from_form
from mining.widget.shown import Shown
from mining.widget.told import told

if TYPE_CHECKING:
    from mining.study import Study

HERE = Path(__file__).parent
KEPT = 12  # selections whose tables are kept, so that going back needs no computing
WORDS = "widget.word."


def _optional(name: str) -> traitlets.Unicode[Any, Any]:
    return traitlets.Unicode(None, allow_none=True, help=name).tag(sync=True)


class BlueprintView(anywidget.AnyWidget):
    """The blueprint with its deviations, to look into, filter and decide on. Made by :func:`blueprint_view`, or ``study.widget()``.

    What is chosen on the page is set here, and the other way round; observers see either. A choice that is not there is refused with an
    error (from the page: with a sentence on the page), and everything stays as it was.

    Attributes
    ----------
    period : tuple of str or None
        First and last day on which the cases begun; None: open.
    by, group : str or None
        A segment, and its group; a segment alone chooses nothing yet.
    kind : str or None
        Cases with a deviation of this kind.
    activity : str or None
        The activity that the panel is about.
    case : str or None
        The case that is explained.
    find : str
        What the ids of the listed cases must contain.
    path : str
        Under which name the page offers to save the blueprint.

    Examples
    --------
    >>> view = blueprint_view(study)
    >>> view.choose(by="channel", group="Desk", kind="late")
    >>> view.chosen.words()
    'channel: Desk; deviation: late'
    >>> bool(0 < view.selection.log.n_cases < study.log.n_cases)
    True
    """

    _esm: ClassVar[Any] = HERE / "blueprint.js"
    _css: ClassVar[Any] = HERE / "blueprint.css"

    period = traitlets.Tuple(
        traitlets.Unicode(allow_none=True), traitlets.Unicode(allow_none=True), default_value=(None, None)
    ).tag(sync=True)
    by = _optional("segment")
    group = _optional("group of the segment")
    kind = _optional("kind of deviation")
    activity = _optional("activity")
    case = _optional("case")
    find = traitlets.Unicode("").tag(sync=True)
    path = traitlets.Unicode("").tag(sync=True)

    lang = traitlets.Unicode("en", read_only=True).tag(sync=True)
    _words = traitlets.Dict().tag(sync=True)
    _svg = traitlets.Unicode("").tag(sync=True)
    _filter = traitlets.Dict().tag(sync=True)
    _panel = traitlets.Dict().tag(sync=True)
    _cases = traitlets.Dict().tag(sync=True)
    _told = traitlets.Dict().tag(sync=True)
    _entries: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    _said = traitlets.Dict().tag(sync=True)
    _answered = traitlets.Int(0).tag(sync=True)

    def __init__(self, study: Study, lang: str = "en", path: str = "") -> None:
        check_language(lang)
        self._study = study
        self._entries_made: list[Entry] = []
        self._choices = Choices(study)
        self._tables: dict[Selection, Shown] = {}
        self._drawn: tuple[Any, ...] = ()
        self._told_of: Study | None = None  # whose explanation is shown
        super().__init__(path=str(path))
        self.set_trait("lang", lang)
        words = [key.removeprefix(WORDS) for key in catalogue() if key.startswith(WORDS)]
        self._words = {name: say(f"widget.word.{name}", lang) for name in words} | {
            "decisions": [{"value": x, "label": say(f"decision.{x}", lang)} for x in DECISIONS]
        }
        self._redraw()
        self.on_msg(self._received)

    # --- what Python reads ---------------------------------------------------------------------------------------------

    @property
    def study(self) -> Study:
        """The whole study, with what was allowed in the widget."""
        return self._study

    @property
    def chosen(self) -> Selection:
        """What is chosen."""
        return self._chosen.selection

    @property
    def selection(self) -> Study:
        """The cases chosen, as a study.

        Raises
        ------
        MiningError
            If no case is left: it says how many cases each part of the choice alone would leave.
        """
        return select(self._study, self.chosen) if self.chosen != Selection() else self._study

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The deviations that were allowed in the widget."""
        return tuple(self._entries_made)

    @property
    def _chosen(self) -> Chosen:
        return Chosen(**{name: getattr(self, name) for name in NAMES})

    # --- choosing ------------------------------------------------------------------------------------------------------

    def choose(self, /, **values: Any) -> None:
        """Set several of ``period``, ``by``, ``group``, ``kind``, ``activity``, ``case`` and ``find`` at once, all or none.

        Raises
        ------
        MiningError
            If one of them is not there.
        """
        for name in values:
            if name not in (*NAMES, "find"):
                raise UnknownNameError("choice", name, (*NAMES, "find"), where="choose")
        wanted = {name: value for name, value in values.items() if name != "find"}
        chosen = self._choices.checked(replace(self._chosen, **wanted), settle="by" in wanted and "group" not in wanted)
        find = values.get("find", self.find)
        if not isinstance(find, str):
            raise RefusedError(f"find: {find!r} is not text.")
        with self.hold_trait_notifications():
            for name in NAMES:
                setattr(self, name, getattr(chosen, name))
            self.find = find

    def clear(self) -> None:
        """Take back the filter: period, segment and kind. Activity and case stay chosen."""
        self.choose(period=(None, None), by=None, group=None, kind=None)

    @traitlets.validate(*NAMES)
    def _validated(self, proposal: Any) -> Any:
        name = proposal.trait.name
        return getattr(
            self._choices.checked(replace(self._chosen, **{name: proposal.value}), settle=name == "by"), name
        )

    @traitlets.validate("find")
    def _whole_characters(self, proposal: Any) -> str:
        """Half of a character is in no id, and cannot be sent to the page."""
        return str(proposal.value).encode("utf-8", "replace").decode("utf-8")

    @traitlets.observe(*NAMES, "find")
    def _changed(self, change: Any) -> None:
        if change.name == "by":
            self.group = self._choices.settled(self._chosen).group
        if self._drawn:
            self._redraw()

    # --- what the page shows -------------------------------------------------------------------------------------------

    def _shown(self) -> Shown:
        """The tables of the filter that is chosen, made at most once while the allow-list stays."""
        key = self._chosen.filter
        if key not in self._tables:
            if len(self._tables) >= KEPT:
                del self._tables[next(iter(self._tables))]
            self._tables[key] = Shown(self._study, key, self.lang)
        return self._tables[key]

    def _redraw(self) -> None:
        """Send what has changed: picture and filter, panel, cases, explanation."""
        chosen, shown = self._chosen, self._shown()
        wanted = (shown, chosen.by, chosen.activity, self.find, chosen.case)
        if wanted == self._drawn:
            return
        before, self._drawn = self._drawn or (None,) * len(wanted), wanted
        with self.hold_sync():
            if before[0] is not shown:
                self._svg = shown.svg
            if before[:2] != wanted[:2]:
                self._filter = self._choices.offered(chosen, self.lang) | {
                    "line": self._line(shown), "empty": "" if shown.n else say("widget.empty", self.lang),
                }  # fmt: skip
            if (before[0], before[2]) != (shown, chosen.activity):
                self._panel = shown.panel(chosen.activity)
            if (before[0], *before[2:4]) != (shown, chosen.activity, self.find):
                self._cases = shown.cases(chosen.activity, self.find) | {"find": self.find}
            self._told = self._explained(chosen, shown)
            self._entries = [entry.told(self._study, self.lang) for entry in self._entries_made]

    def _line(self, shown: Shown) -> str:
        n, all = f"{shown.n:,}", f"{self._study.log.n_cases:,}"
        if shown.filter == Selection():
            return say("widget.line_all", self.lang, all=all)
        return say("widget.line", self.lang, n=n, all=all, filter=shown.filter.words(self.lang))

    def _explained(self, chosen: Chosen, shown: Shown) -> dict[str, Any]:
        """The case that is chosen; empty without one."""
        if chosen.case is None:
            return {}
        if self._told.get("case") == chosen.case and self._told_of is self._study:
            explained = {**self._told}
        else:
            explained, self._told_of = told(self._study, chosen.case, self.lang), self._study
        inside = shown.n and chosen.case in shown.study.log.case_ids
        return explained | {"note": "" if inside else say("widget.outside", self.lang)}

    # --- the allow-list ------------------------------------------------------------------------------------------------

    def allow(self, finding: str, **given: Any) -> None:
        """Accept the deviations of a finding, with reason and approver, and check everything again.

        Parameters
        ----------
        finding : str
            Its ``finding_id``.
        **given
            As for :func:`mining.allowing.allow`: ``reason``, ``approved_by``, ``valid``, and ``when``, ``max_share``, ``decision``.

        Raises
        ------
        MiningError
            As :func:`mining.allowing.allow` does; nothing is accepted then.
        """
        before = self._whole()
        title, n_before = before.title_of(finding), before.n_open
        self._study = allow(self._study, finding, lang=self.lang, **given)
        self._entries_made.append(Entry(self._study.blueprint.allowances[-1].id, title))
        self._rechecked()
        now = f"{self._whole().n_open:,}"
        self._tell(say("widget.allowed_now", self.lang, title=title, before=f"{n_before:,}", after=now))

    def take_back(self, allowance: str) -> None:
        """Take back an entry that was made in this widget and is not saved.

        Raises
        ------
        MiningError
            If there is no such entry, or it is saved.
        """
        entry = next((x for x in self._entries_made if x.id == allowance), None)
        if entry is None:
            raise UnknownNameError("entry", allowance, [x.id for x in self._entries_made], where="take_back")
        self._study = taken_back(self._study, allowance)
        self._entries_made.remove(entry)
        self._rechecked()
        self._tell(say("widget.taken_back", self.lang, title=entry.title))

    def save(self, path: str | Path | None = None) -> Path:
        """Write the blueprint with the new entries as a new file; its path is what is given, else the attribute ``path``.

        Raises
        ------
        MiningError
            If there is a file of that name: nothing is ever written over.
        """
        named = str(self.path if path is None else path).strip()
        if not named:
            raise MiningError(say("widget.no_path", self.lang))
        file = path_of(named)
        if os.path.lexists(file):
            raise MiningError(say("widget.exists", self.lang, path=named))
        unsaved = sum(not entry.saved for entry in self._entries_made)
        if not unsaved:
            raise MiningError(say("widget.nothing_to_save", self.lang))
        self._study = save_blueprint(self._study, file)
        self._entries_made = [replace(entry, saved=True) for entry in self._entries_made]
        self.path = named
        self._rechecked()
        self._tell(say("widget.saved_as", self.lang, path=named, n=unsaved))
        return file

    def _whole(self) -> Shown:
        """The tables of all cases."""
        return self._tables.setdefault(Selection(), Shown(self._study, Selection(), self.lang))

    def _rechecked(self) -> None:
        self._tables.clear()
        self._redraw()

    # --- messages of the page ------------------------------------------------------------------------------------------

    def _tell(self, text: str, *, wrong: bool = False) -> None:
        self._said = {"text": text, "wrong": wrong, "n": self._said.get("n", 0) + 1}

    def _received(self, _widget: Any, content: Any, _buffers: Any) -> None:
        """Do what the page asks for; what cannot be done is said there."""
        if self._said.get("text"):
            self._tell("")
        try:
            self._do(content if isinstance(content, Mapping) else {})
        except (MiningError, OSError) as error:
            self._tell(str(error), wrong=True)
        except Exception as error:
            self._tell(say("widget.failed", self.lang, error=f"{type(error).__name__}: {error}"), wrong=True)
            raise
        finally:
            self._answered += 1

    def _do(self, content: Mapping[str, Any]) -> None:
        match content:
            case {"do": "choose", "values": dict(values)}:
                self.choose(**{str(name): value for name, value in values.items()})
            case {"do": "clear"}:
                self.clear()
            case {"do": "allow", "finding": str(finding), "fields": dict(fields)}:
                self.allow(finding, **from_form(fields, self.lang))
            case {"do": "take_back", "entry": str(entry)}:
                self.take_back(entry)
            case {"do": "save", "path": str(path)}:
                self.save(path)
            case _:
                raise MiningError(say("widget.bad_request", self.lang, what=repr(dict(content))[:200]))

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """What the page, or another widget linked to it, sets: a choice that is not there is said and taken back on the page."""
        values = {name: sync_data[name] for name in (*NAMES, "find") if name in sync_data}
        others = {name: value for name, value in sync_data.items() if name not in values and name == "path"}
        try:
            super().set_state(others)
            if values:
                self.choose(**values)
        except (MiningError, traitlets.TraitError, TypeError) as error:
            self._tell(str(error), wrong=True)
        self.send_state([name for name in sync_data if name in self.keys])

    # --- where widgets do not run --------------------------------------------------------------------------------------

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """The widget, and beside it the picture and a sentence for pages on which widgets do not run."""
        made = super()._repr_mimebundle_(**kwargs)
        data, metadata = made if isinstance(made, tuple) else (made or {}, {})
        line = self._line(self._shown())
        service = self._study.blueprint.name.get(self.lang)
        plain = say("widget.plain", self.lang, service=service, line=line)
        return data | {"image/svg+xml": self._svg, "text/plain": plain}, metadata


def blueprint_view(study: Study, lang: str = "en", path: str = "") -> BlueprintView:
    """The blueprint of a study to click on.

    Parameters
    ----------
    study : Study
    lang : {"en", "zh"}
    path : str
        Under which name the page offers to save the blueprint with what was allowed in it.

    Returns
    -------
    BlueprintView

    Raises
    ------
    UnknownNameError
        For another language.

    Examples
    --------
    >>> view = blueprint_view(study)
    >>> view.activity = "send_receipt"
    >>> view.selection.log.n_cases == view.study.deviations().frame.query("activity == 'send_receipt'")["case_id"].nunique()
    True
    """
    return BlueprintView(study, lang, path)

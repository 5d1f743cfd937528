"""What a monitor says in words, and the staff table that its state belongs to."""

import re

import pandas as pd
import pytest

import mining
from mining.errors import LogError, MiningError
from mining.log.lineage import Dropped, Lineage
from mining.log.pairing import FATES
from mining.log.quality_checks import LOST
from mining.monitor import Monitor, wording
from mining.monitor.outfile import line_of
from tests.helpers import blueprint, frame
from tests.test_monitor import BASIS, CLOCK, add, at, same_as_batch


def staff(*names):
    return mining.read_roster(pd.DataFrame({"resource": names, "role": "clerk"}))


def test_a_state_belongs_to_one_staff_table(tmp_path):
    rule = {"id": "R1", "kind": "performed_by", "a": "a", "role": "clerk", **BASIS}
    norm, state, bare = blueprint(["a", "b"], "ab", rules=[rule]), tmp_path / "s.sqlite", tmp_path / "bare.sqlite"
    first = Monitor(norm, state=state, roster=staff("bob", "cid"))
    add(first, "1", "A", 0)  # by ann, whom the blueprint names and the table does not
    assert first.alerts().frame["check"].tolist() == ["R1"]
    first.commit()
    first.close()
    for other, how in (
        (staff("ann"), "with a staff table that said something else, and now there is one"),
        (None, "now there is none"),
    ):
        with pytest.raises(MiningError, match=f"belongs to another staff table: .*{how}.*begin a new state"):
            Monitor(norm, state=state, roster=other)
    again = Monitor(norm, state=state, roster=staff("cid", "bob"))  # the same in another order
    assert len(again.alerts()) == 0
    again.add_rows(frame({"2": [("A", 1.0, "bob")]}))
    assert len(again.alerts()) == 0
    events = frame({"1": [("A", 0.0)], "2": [("A", 1.0, "bob")]})
    same_as_batch(again, events, norm, roster=staff("bob", "cid"))
    again.close()
    Monitor(norm, state=bare).close()
    with pytest.raises(MiningError, match="begun with none, and now there is one"):
        Monitor(norm, state=bare, roster=staff("ann"))
    Monitor(norm, state=bare).close()


# --- words -----------------------------------------------------------------------------------------------------------


def test_an_alert_says_what_is_not_kept_since_when_in_the_zone_of_the_blueprint_and_what_is_required():
    limit = {"id": "S1", "dimension": "time", "metric": "elapsed", "from": "a", "to": "b", "max": "4h", **BASIS}
    role = {
        "id": "R1",
        "kind": "performed_by",
        "a": "a",
        "role": "clerk",
        "text": {"en": "“Step a” is done by a clerk", "zh": "由办事员办理"},
        **BASIS,
    }
    log = {"case": "case", "activity": "activity", "timestamp": "end", "resource": "resource", "tz": "Asia/Shanghai"}
    monitor = Monitor(blueprint(["a", "b"], "ab", standards=[limit], rules=[role], log=log), horizon="5h")
    monitor.add(case="1", activity="A", timestamp="2026-03-02T17:00:00Z", resource="eve")
    broken, soon = (
        monitor.alerts()
        .frame.set_index("kind")[["text_en", "text_zh"]]
        .loc[["broken", "will_break"]]
        .to_numpy()
        .tolist()
    )
    assert broken == [
        "1: R1 not kept since 2026-03-03 01:00:00 (Asia/Shanghai), at “Step a”. Required: “Step a” is done by a clerk",
        "1：R1 自 2026-03-03 01:00:00 (Asia/Shanghai) 起未遵守，环节“步骤a”。要求：由办事员办理",
    ]
    assert soon[0].startswith(
        "1: S1 not kept after 2026-03-03 05:00:00 (Asia/Shanghai) unless “Step b” comes. Required: "
    )
    assert soon[1].startswith("1：若“步骤b”仍未发生，S1 过 2026-03-03 05:00:00 (Asia/Shanghai) 即为未遵守。要求：")
    given = dict(
        zip(
            ("id", "case", "check", "dimension", "severity", "kind", "at", "deadline"),
            line_of(monitor.told[1]).split(","),
            strict=False,
        )
    )
    assert (given["check"], given["deadline"]) == ("S1", "2026-03-02T21:00:00Z")
    monitor.add(case="1", activity="A", timestamp="2026-03-02T17:00:00Z", resource="eve")
    monitor.add(case="1", activity="B", timestamp="2026-03-02T23:00:00Z", resource="ann")
    late = monitor.alerts().frame.set_index("check").loc["S1"]
    assert late["text_en"].startswith("1: S1 not kept since 2026-03-03 05:00:00 (Asia/Shanghai)")


def test_the_account_of_rows_is_said_in_both_languages_for_every_reason():
    reasons = [*LOST, *FATES, "malformed row of the file", "missing timestamp", "lifecycle assign"]
    dropped = tuple(Dropped(reason, n, (1, 2)[:n]) for n, reason in enumerate(reasons, 1))
    total = sum(one.count for one in dropped)
    uses = {"completion": 4, "start": 0, "schedule": 1200}
    for account in (
        Lineage(total + 1204, uses, dropped),
        Lineage(total, {"start": 0}, dropped),
        Lineage(4, {"start": 4}, ()),
    ):
        assert wording.account(account, "en") == str(account)
        chinese = wording.account(account, "zh").replace("assign", "")
        assert not re.search("[a-zA-Z]", chinese), chinese


def test_a_moment_beyond_the_calendar_is_said_in_utc():
    assert wording.local(253402300799_000_000, "Asia/Shanghai") == "9999-12-31 23:59:59 (UTC)"


def test_a_value_that_no_column_holds_is_refused_and_the_events_around_it_are_kept():
    monitor = Monitor(CLOCK)
    add(monitor, "1", "A", 0)
    with pytest.raises(LogError, match="column 'resource' holds"):
        monitor.add(case="1", activity="B", timestamp=at(1), resource=object())
    add(monitor, "1", "B", 2)
    monitor.alerts()
    assert monitor.n_rows == 2

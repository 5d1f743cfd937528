"""Repair of a flow: the one right edit is found, what is claimed is so, and the draft is a blueprint that a person can decide on."""

import json

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import mining
from mining.automaton import build
from mining.blueprint import model as m
from mining.blueprint import parse_blueprint, read_blueprint
from mining.blueprint.bpmn import to_bpmn
from mining.blueprint.compile import write_net
from mining.blueprint.writing import flow_raw
from mining.conformance.alignment import align
from mining.conformance.traces import Traces
from mining.discovery import edits, repair_search
from mining.discovery.edits import COSTS, Edit, Place, ends_of, part_of, places_of, put
from mining.discovery.proposals import faults_of, proposals
from mining.discovery.repair import repaired
from mining.errors import ModelError
from tests.examples import examples
from tests.helpers import SHARED, blueprint, blueprint_dict, study, traces
from tests.strategies import LETTERS, flows, language


def repair(flow, *words, share=1.0, activities="abcde", open_cases="judge", **more):
    return study(blueprint(flow, activities, **more), traces(*words), open_cases=open_cases).repair(share)


def taken(found):
    return list(zip(found.frame["kind"], found.frame["place"], found.frame["gained"], strict=True))


# --- the one right edit is known ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flow", "words", "expected"),
    [
        (["a", "b", "c"], ["abc", "ac", "ac"], ("skip", ("b",), 2)),
        (["a", "b", "c", "d", "e"], ["abcde", "ae"], ("skip_block", ("b", "c", "d"), 1)),
        (["a", "b", "c", "d", "e"], ["abcde", "ab"], ("end_earlier", ("c", "d", "e"), 1)),
        (["a", "b", "c", "d", "e"], ["abcde", "de"], ("begin_later", ("a", "b", "c"), 1)),
        (["a", "b", "c"], ["abc", "abbbc"], ("repeat", ("b",), 1)),
        (["a", "b", "c", "d"], ["abcd", "abcbcbcd"], ("rework", ("b", "c"), 1)),
        (["a", "b", "c", "e", "d"], ["abced", "abcdbced"], ("rework_by", ("d", "b", "c"), 1)),
        (["a", "b", "c"], ["abc", "abxbxbc"], ("rework_by", ("x", "b"), 1)),
        (["a", "b", "c"], ["abc", "acb"], ("any_order", ("b", "c"), 1)),
        (["a", ["b", "c"], "d", "e"], ["abcde", "adbce"], ("any_order", ("b", "c", "d"), 1)),
        (["a", "b", "c", "d"], ["abcd", "abcbd"], ("insert", ("b", "c"), 1)),
        (["a", "b", "c"], ["abc", "axbc"], ("new_step", ("x", "a"), 1)),
        (["a", "b", "c"], ["abc", "xabc"], ("new_step", ("x", "a"), 1)),
        (["a", "b", "c"], ["abc", "axbcx", "abxxc", "xabc"], ("any_time", ("x", "a", "b", "c"), 3)),
        (["a", "b", "c", "d"], ["abcd", "axbcxd", "abxxcd"], ("any_time", ("x", "b", "c"), 2)),
        (["a", {"free": ["b", "c"]}, "d"], ["abcd", "abxbxcxd"], ("admit", ("x", "b", "c"), 1)),
        (["a", "b", "c", "d"], ["abcd", "accbbd", "abbcbccd", "acccbbcbd", "acbbbbcbccd"], ("free", ("b", "c"), 4)),
        (["a", {"loop": "b", "redo": "c"}, "d"], ["abd", "abbcbbbd"], ("skip", ("c",), 1)),
        (["a", {"choice": ["b", "c"]}, "d"], ["abd", "ad"], ("skip_block", ("b", "c"), 1)),
    ],
    ids=lambda x: "-".join(x) if isinstance(x, list) and all(isinstance(y, str) for y in x) else None,
)
def test_the_one_right_edit_is_found(flow, words, expected):
    used = [x for x in "abcde" if x in str(flow)]
    found = repair(flow, *words, activities=used)
    assert taken(found) == [expected]
    assert found.reached
    assert found.share_after == 1.0


def test_two_faults_in_one_case_are_repaired_together():
    found = repair(["a", "b", "c", "d", "e"], *["abcde"] * 3, *["acdde"] * 5)
    assert {(kind, place) for kind, place, _ in taken(found)} == {("skip", ("b",)), ("repeat", ("d",))}
    assert found.frame["gained"].tolist() == [0, 5]
    assert found.frame["together"].all()
    assert found.share_after == 1.0


def test_a_limit_of_a_loop_stays_countable():
    loop = {"loop": "b", "redo": "c", "max": 3}
    found = repair(["a", loop, "d"], "abd", "ad", "abcbd", activities="abcd")
    assert taken(found) == [("skip_block", ("b", "c"), 1)]
    assert found.counts["breaks_limit"] >= 0
    assert "max-b" in found.draft.blueprint().checks
    inside = repair(["a", loop, "d"], "abd", "abccbd", activities="abcd")
    assert taken(inside) == [("repeat", ("c",), 1)]
    assert inside.draft.blueprint().checks["max-b"].n == 3


def test_edits_that_break_the_limit_of_a_loop_are_counted_and_said():
    loop = {"loop": "b", "redo": "c", "max": 3}
    found = repair(["a", loop, "d"], *["abd"] * 3, "acbd", activities="abcd")
    assert found.counts["breaks_limit"] > 0
    assert f"{found.counts['breaks_limit']} (a limit of a loop would be lost)" in found.sentence()


# --- what is claimed is so -----------------------------------------------------------------------------------------------


def test_running_cases_need_only_be_beginnings():
    found = repair(["a", "b", "c"], "abc", "ab", "a", "ac", open_cases="pending", activities="abc")
    assert found.counts["fit_before"] == 3
    assert taken(found) == [("skip", ("b",), 1)]
    judged = repair(["a", "b", "c"], "abc", "ab", "a", "ac", activities="abc")
    assert judged.counts["fit_before"] == 1
    assert judged.frame["without_end"].sum() == 2


def test_a_flow_that_fits_needs_no_edit():
    found = repair(["a", "b"], "ab", "ab", "b", share=0.6, activities="ab")
    assert len(found.frame) == 0
    assert found.reached
    assert found.diff == ()
    assert found.draft.blueprint().version == "1"
    assert found.sentence() == (
        "2 of 3 cases (66.7 %) fit the flow as designed; 60.0 % was asked for, so no edit is needed."
    )
    assert "因此无需修改" in found.sentence("zh")


def test_cases_that_cannot_be_judged_are_left_out_and_said():
    norm = blueprint(["a", "b", "c", "d", "e", "f"], "abcdef")
    tied = [(letter, 0.0) for letter in "FEDCBA"]  # 720 orders, more than are tried
    found = study(norm, {"c0": tied}).repair(1.0)
    assert (found.counts["n"], found.counts["not_judged"], len(found.frame), found.reached) == (0, 1, 0, False)
    assert found.share_before != found.share_before
    assert found.sentence() == "No case can be judged against the flow, so nothing can be repaired."
    assert found.draft.blueprint().version == "1"
    some = study(norm, {"c0": tied, "c1": traces("abcdef")["c0"]}).repair(1.0)
    assert (some.counts["n"], some.counts["not_judged"], some.reached) == (1, 1, True)
    assert "Cases left out, because nothing was completed in them or their order is not known: 1." in some.sentence()


SHARES = st.sampled_from([0.5, 0.8, 1.0])


@settings(max_examples=examples(20), deadline=None)
@given(
    flows(4),
    st.lists(st.text(alphabet="abcdex", min_size=1, max_size=4), min_size=1, max_size=8),
    SHARES,
)
def test_what_is_claimed_is_what_an_independent_check_counts(flow, words, share):
    assume({"a", "e"} & set(m.flow_activities(flow)))
    norm = blueprint(flow_raw(flow), LETTERS, ends=LETTERS)
    of = study(norm, traces(*words), open_cases="judge")
    found = of.repair(share)
    n, rows = len(words), found.frame
    runs = language(flow, 4)
    assert found.counts["fit_before"] == sum(tuple(word) in runs for word in words)
    draft = found.draft.blueprint()
    after = language(draft.flow, 4)
    assert runs <= after  # the language only grows
    assert found.counts["fit_after"] == sum(tuple(word) in after for word in words)
    assert found.counts["n"] == n
    shares = [found.share_before, *rows["share"]]
    assert [round((y - x) * n) for x, y in zip(shares, shares[1:], strict=False)] == rows["gained"].tolist()
    assert sorted(shares) == shares
    assert found.reached == (found.share_after >= share - 1e-9)
    assert found.share_after == pytest.approx(shares[-1])
    assert draft.automaton.n_states
    again = mining.Study(of.log, draft, open_cases="judge")
    assert again.fit.n_fitting == found.counts["fit_after"]
    if len(rows):
        assert rows["fitness"].iloc[-1] == pytest.approx(again.fit.log_fitness[0])
        assert rows["precision"].iloc[-1] == pytest.approx(again.fit.precision.value)
        assert draft.status == "draft"
        assert sum(found.remaining["cases"]) <= n - found.counts["fit_after"]


@settings(max_examples=examples(40), deadline=None)
@given(flows(5), st.lists(st.text(alphabet="abcdex", min_size=1, max_size=5), min_size=1, max_size=4))
def test_every_edit_that_is_proposed_only_adds_runs(flow, words):
    model = build(write_net(flow))
    rows = [tuple(word) for word in words]
    found = align(model, Traces.of(model.labels, rows))
    runs = language(flow, 4)
    for edit, weight in proposals(
        flow, faults_of(model, rows, [1] * len(rows), found), silent=frozenset(), known=frozenset("abcde")
    ):
        edited = edit.applied(flow)
        assert weight > 0
        assert edit.cost >= COSTS[edit.kind]
        assert runs <= language(edited, 4), edit
        assert {*m.flow_activities(flow)} <= {*m.flow_activities(edited)}


@settings(max_examples=examples(60), deadline=None)
@given(flows(5))
def test_every_part_can_be_put_back_where_it_was(flow):
    before = language(flow, 3)
    for place in places_of(flow):
        assert language(put(flow, place, part_of(flow, place)), 3) == before


@settings(max_examples=examples(60), deadline=None)
@given(flows(4))
def test_how_a_part_begins_and_ends_is_what_its_runs_say(flow):
    runs = language(flow, 4)
    found = ends_of(flow, frozenset())
    assert found.nullable == (() in runs)
    assert {run[0] for run in runs if run} <= found.first
    assert {run[-1] for run in runs if run} <= found.last


def test_steps_that_leave_no_trace_may_be_passed():
    flow = m.Sequence((m.Step("s"), m.Step("a"), m.Step("t")))
    found = ends_of(flow, frozenset("st"))
    assert (found.first, found.last, found.nullable) == (frozenset("a"), frozenset("a"), False)


def test_a_smaller_share_is_the_beginning_of_a_larger_one():
    of = study(
        blueprint(["a", "b", "c", "d", "e"]),
        traces(*["abcde"] * 6, *["acde"] * 4, *["abcdde"] * 3, *["abced"] * 2, *["acdde"] * 2, "abxcde", "eabcd"),
        open_cases="judge",
    )
    rows = [of.repair(share).frame for share in (0.5, 0.8, 0.95, 1.0)]
    for small, large in zip(rows, rows[1:], strict=False):
        assert small["edit"].tolist() == large["edit"].tolist()[: len(small)]
        assert len(small) <= len(large)
    assert len(rows[0]) == 1
    assert rows[-1]["share"].iloc[-1] == 1.0


def test_the_same_question_gives_the_same_answer():
    words = ["abcde"] * 3 + ["acdbe", "abce", "aabde", "xabcde"]
    one, two = (repair(["a", "b", "c", "d", "e"], *words) for _ in range(2))
    assert one.to_yaml() == two.to_yaml()
    assert one.to_dict() == two.to_dict()


# --- bounds and refusals -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0, -0.1, 1.01, True, "0.8", float("nan"), None])
def test_a_share_must_be_one(share):
    with pytest.raises(ModelError, match="a part of the cases above 0 and at most 1"):
        repair(["a", "b"], "ab", share=share, activities="ab")


def test_the_bound_on_the_work_is_said(monkeypatch):
    monkeypatch.setattr(repair_search, "MOST_TRIED", 5)
    monkeypatch.setattr(repair_search.Search, "__init__", _with_bound(repair_search.Search.__init__, 5))
    found = repair(["a", "b", "c"], "abc", "cab", "bca", "aabbcc", activities="abc")
    assert found.out_of_work
    assert not found.reached
    assert "stopped at its bound of 5 edits tried" in found.sentence()
    assert found.counts["tried"] == 5


def _with_bound(init, most):
    def made(self, *args):
        init(self, *args, most=most)

    return made


def test_an_edit_that_is_too_large_is_left_out_and_counted(monkeypatch):
    of = study(blueprint(["a", "b", "c", "d"], "abcd"), traces("abcd", "acbd"), open_cases="judge")
    assert taken(of.repair(1.0)) == [("any_order", ("b", "c"), 1)]  # six states, of five
    monkeypatch.setattr(repair_search, "MOST_LISTED", 5)
    found = of.repair(1.0)
    assert found.counts["too_large"] > 0
    assert "any_order" not in set(found.frame["kind"])
    assert f"not judged: {found.counts['too_large']} (the flow would have too many states)" in found.sentence()


def test_a_flow_too_large_to_list_is_refused():
    letters = [f"s{k:02}" for k in range(14)]
    norm = blueprint({"parallel": letters}, letters, ends=letters)
    with pytest.raises(ModelError, match="too many states to list"):
        study(norm, {"c0": [("S00", 0.0)]}, open_cases="judge").repair()


def test_what_still_does_not_fit_is_named(monkeypatch):
    monkeypatch.setattr(repair_search, "proposals", lambda *_, **__: [])
    found = repair(["a", "b", "c"], "abc", "acb", "acb", "cba", activities="abc")
    assert len(found.frame) == 0
    assert not found.reached
    assert found.remaining.values.tolist() == [[2, ("a", "c", "b")], [1, ("c", "b", "a")]]
    assert "Cases that still do not fit: 3, most often Step a > Step c > Step b (2); Step c > Step b > Step a (1)." in (
        found.sentence()
    )
    assert "仍有 3 个案例不符合" in found.sentence("zh")


# --- the draft -----------------------------------------------------------------------------------------------------------

RULES = [
    {"id": "R1", "kind": "precedence", "a": "b", "b": "c", "severity": "major", "basis": "B"},
    {"id": "R2", "kind": "at_most", "a": "e", "n": 1, "severity": "minor", "basis": "B"},
]


def test_the_draft_keeps_everything_else_and_names_what_to_decide():
    norm = blueprint(["a", "b", "c"], "abcde", ends="c", rules=RULES)
    found = study(norm, traces("abc", "abc", "ac"), open_cases="judge").repair(1.0)
    draft = found.draft.blueprint()
    assert (draft.status, draft.version, draft.approval) == ("draft", "1-repair", None)
    assert (draft.rules, draft.standards, draft.effective, draft.scope) == (
        norm.rules,
        norm.standards,
        norm.effective,
        norm.scope,
    )
    assert draft.flow == m.Sequence((m.Step("a"), m.Optional_(m.Step("b")), m.Step("c")))
    row = found.frame.iloc[0]
    assert (row["edit"], row["edit_zh"]) == ("“Step b” may be left out", "“步骤b”可以省略")
    assert row["rules"] == ("R1",)
    assert row["still_fail"] == ("R1 (1)",)
    assert row["examples"] == ("c2",)
    assert norm.lines[("flow", 1)] == row["line"]
    assert {str(x) for x in found.draft.todo} >= {
        "rules.R1: to do: no run of the flow as designed breaks it; the draft allows a > c",
        "rules.R1: to do: still forbids 1 of the 1 cases that the edits gain",
    }
    assert {x.what for x in found.draft.todo if x.place == "flow"} >= {
        "edit 1: “Step b” may be left out. Accept it, or keep it as a finding; rules about its steps: R1"
    }
    assert "Accept it, or keep it as a finding" in found.to_yaml()
    said = found.sentence()
    assert "Rules about steps that the edits touch: R1." in said
    assert "still break rules (cases in brackets): R1 (1)." in said
    assert "not what should" in said
    changes = [x.say() for x in found.diff]
    assert "flow (2): b changed to optional(b)" in changes
    assert "the flow now allows, and did not before: a > c" in changes


def test_a_new_activity_has_a_guessed_lane_and_its_label():
    found = repair(["a", "b", "c"], "abc", "abxc", "abXc".replace("X", "x"), activities="abc")
    draft = found.draft.blueprint()
    assert draft.labels["X"] == "x"
    assert draft.by_id["x"].lane == draft.by_id["b"].lane == "office"
    assert {str(x) for x in found.draft.todo} >= {
        "activities.x.lane: guessed: that of b, beside which it was done most often",
        "activities.x: to do: who may do it (role), whether the customer meets it, what is promised",
    }
    assert found.frame["edit"][0] == "“X” (not in the blueprint) may also be done right after “Step b”"
    assert [x.say() for x in found.diff if x.path[0] == "activities"] == ["activity x added (X)"]


def test_only_rules_about_the_step_put_in_are_touched():
    rule = {"id": "R1", "kind": "must_occur", "severity": "minor", "basis": "B"}
    rules = [rule | {"a": "a"}, rule | {"id": "R2", "a": "b"}]
    found = repair(["a", "b", "c", "d"], "abcd", "abcbd", activities="abcd", rules=rules)
    assert (found.frame["kind"][0], found.frame["rules"][0]) == ("insert", ("R2",))
    around = repair(["a", "b", "c"], "abc", "ababc", activities="abc", rules=rules)
    assert (around.frame["kind"][0], around.frame["rules"][0]) == ("rework", ("R1", "R2"))


def test_a_label_that_stands_in_for_a_step_becomes_an_activity_that_does():
    raw = blueprint_dict(["a", "b", "c"], "abc")
    raw["activities"][1]["replaced_by"] = ["X"]
    norm = parse_blueprint(json.dumps(raw), name="test.yaml")
    found = study(norm, traces("abc", "abxc"), open_cases="judge").repair(1.0)
    assert found.draft.blueprint().by_id["b"].replaced_by == ("x",)


def test_new_ids_avoid_those_that_are_there():
    raw = blueprint_dict(["a", "b"], "abx")
    raw["activities"][2]["labels"] = ["Something else"]
    found = study(parse_blueprint(json.dumps(raw), name="test.yaml"), traces("ab", "axb")).repair(1.0)
    draft = found.draft.blueprint()
    assert draft.labels["X"] == "x_2"
    assert draft.by_id["x"].labels == ("Something else",)


def test_begin_and_end_are_left_to_a_person():
    found = repair(["a", "b", "c"], "abc", "bc", "bc", "ab", activities="abc")
    todo = {str(x) for x in found.draft.todo}
    assert "scope.starts_with: to do: the draft lets cases begin with b; name them if such cases are whole" in todo
    assert any(x.startswith("scope.ends_with: to do: the draft lets cases end without any of these") for x in todo)
    assert found.draft.blueprint().scope.starts_with == ("a",)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_edit_says_itself_and_is_drawn(lang):
    words = ["abcde", "ae", "abbcde", "abcbcde", "acbde", "axbcde", "bcde", "abcded", "abcd"]
    found = repair(["a", "b", "c", "d", "e"], *words)
    column = "edit" if lang == "en" else "edit_zh"
    assert found.share_after == 1.0
    assert found.frame[column].str.len().min() > 5
    assert found.picture(lang).svg.startswith("<svg")
    assert found._repr_html_()
    assert "{" not in found.sentence(lang)
    assert set(found.frame.columns) == set(found.columns)


@pytest.mark.parametrize("kind", sorted(COSTS))
def test_every_kind_of_edit_has_words(kind):
    from mining.discovery.repair_words import said

    norm = blueprint(["a", "b"], "ab")
    edit = Edit(kind, Place((), 0, 0), ("a",), "x", 1, ("b",))
    for lang, label in (("en", "“Letter”"), ("zh", "“Letter”")):
        text = said(edit, norm, {"x": "Letter"}, lang)
        assert "{" not in text
        if kind in ("insert", "new_step", "rework_by", "any_time", "admit"):
            assert label in text


def test_services_of_other_types_say_that_their_order_is_free():
    found = repair(["a", "b", "c"], "abc", "ac", activities="abc", service_type="interactive")
    assert "The order of the whole service is left open or read less strictly by design (type: interactive)" in (
        found.sentence()
    )
    assert taken(found) == [("skip", ("b",), 1)]


def test_a_drawn_flow_is_repaired_in_flow_words(tmp_path):
    whole = blueprint(["a", {"optional": "b"}, "c"], "abc")
    (tmp_path / "flow.bpmn").write_bytes(to_bpmn(whole))
    (tmp_path / "blueprint.yaml").write_text(json.dumps(blueprint_dict({"bpmn": "flow.bpmn"}, "abc")))
    norm = read_blueprint(tmp_path / "blueprint.yaml")
    found = study(norm, traces("abc", "ac", "abbc"), open_cases="judge").repair(1.0)
    assert taken(found) == [("repeat", ("b",), 1)]
    assert found.frame["line"].isna().all()
    draft = found.draft.blueprint()
    assert not isinstance(draft.flow, m.Graph)
    assert {("a", "b", "c"), ("a", "c"), ("a", "b", "b", "c")} <= language(draft.flow, 4)


def test_a_drawing_without_flow_words_is_refused(monkeypatch, tmp_path):
    (tmp_path / "flow.bpmn").write_bytes(to_bpmn(blueprint(["a", "b"], "ab")))
    (tmp_path / "blueprint.yaml").write_text(json.dumps(blueprint_dict({"bpmn": "flow.bpmn"}, "ab")))
    monkeypatch.setattr("mining.discovery.repair.blocks_of", lambda _: None)
    with pytest.raises(ModelError, match="cannot be said in flow words"):
        study(read_blueprint(tmp_path / "blueprint.yaml"), traces("ab")).repair()


def test_an_edit_of_a_step_inside_a_free_region_is_an_error_of_ours():
    with pytest.raises(AssertionError):
        edits.put(m.Free(("a", "b")), Place((0,)), m.Step("c"))


# --- whole logs ----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.skipif(not (SHARED / "logs").is_dir(), reason="the public logs are not beside the project")
def test_permit():
    norm = mining.read_blueprint(SHARED / "blueprints" / "permit_receipt.yaml")
    log = mining.read_log(SHARED / "logs" / "receipt.xes.gz", columns=norm.binding)
    of = mining.Study(log, norm, open_cases="judge")
    found = repaired(of, 0.95)
    assert found.frame["gained"].tolist() == [116, 53]
    assert found.frame["without_end"].tolist() == [116, 0]
    assert (found.counts["fit_before"], found.counts["fit_after"], found.counts["n"]) == (1204, 1373, 1434)
    again = mining.Study(log, found.draft.blueprint(), open_cases="judge")
    assert again.fit.n_fitting == 1373
    assert not [x for x in found.draft.blueprint().lint() if x.severity == "error"]

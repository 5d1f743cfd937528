"""Models of the miners: the same as pm4py's own, from counted traces, in one way only; and as files that come back exactly."""

import os
import random
import subprocess
import sys
from collections import Counter
from dataclasses import fields, is_dataclass
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mining
from mining import LogError, ModelError, UnknownNameError, _pm4py, models
from mining.automaton import build
from mining.blueprint import model as m
from mining.blueprint.assemble import canonical
from mining.blueprint.bpmn import from_bpmn
from mining.blueprint.bpmn.blocks import same_language, witness
from mining.blueprint.compile import write_net
from mining.blueprint.model_files import pnml_text, ptml_text
from mining.blueprint.partial_orders import NoFlowWordError, Powl, flow_of_powl, in_order, net_of_powl
from mining.discovery import DiscoveredModel, mine, observed_of
from mining.nets import Transition, WorkflowNet
from tests.examples import examples
from tests.helpers import MONDAY, ROOT, SHARED
from tests.strategies import flows

COLUMNS = {"case": "case", "activity": "activity", "timestamp": "end"}
HOWS = [
    ("inductive", {"noise": 0.0}),
    ("inductive", {"noise": 0.2}),
    ("powl", {"noise": 0.0}),
    ("powl", {"noise": 0.2}),
]
HOWS += [("heuristics", {"dependency": 0.5}), ("heuristics", {"dependency": 0.9})]
LABELS = [
    "<a & b>",
    "\"quoted\" 'x'",
    "emoji 🎉",
    "line\nbreak",
    "line break",
    "x" * 200,
    "审批",
    "tau",
    "Approve",
    "approve",
]
LABELS += ["$invisible$", "a+complete", "tab\there", "control \x01", "]]>", "{not} a {key}", "\u202eabc", "→(1)"]
traces_of = st.lists(st.text("abcde", min_size=1, max_size=6).map(tuple), min_size=1, max_size=6)


def rows_of(traces):
    rows = [(f"c{i:05}", x, j) for i, trace in enumerate(traces) for j, x in enumerate(trace)]
    frame = pd.DataFrame(rows, columns=["case", "activity", "end"])
    frame["end"] = MONDAY + pd.to_timedelta(frame["end"], unit="min")
    return frame


def log_of(traces):
    return mining.EventLog.from_frame(rows_of(traces), columns=COLUMNS)


def theirs(frame, miner, value):
    """pm4py's own model of a whole frame."""
    _pm4py.quietly()
    import pm4py

    names = {"case": "case:concept:name", "activity": "concept:name", "end": "time:timestamp"}
    frame = frame.rename(columns=names)
    if miner == "inductive":
        return pm4py.discover_petri_net_inductive(frame, noise_threshold=value)
    if miner == "powl":
        return pm4py.convert_to_petri_net(pm4py.discover_powl(frame, filtering_weight_factor=value))
    return completed(*pm4py.discover_petri_net_heuristics(frame, dependency_threshold=value))


def completed(net, initial, final):
    """The same net; steps without places on one side take a token that is always there, and give it back."""
    from pm4py.objects.petri_net.obj import PetriNet
    from pm4py.objects.petri_net.utils.petri_utils import add_arc_from_to

    always = PetriNet.Place("always")
    for step in net.transitions:
        if not step.in_arcs or not step.out_arcs:
            add_arc_from_to(always, step, net)
            add_arc_from_to(step, always, net)
    if always.in_arcs:
        net.places.add(always)
        initial[always] = final[always] = 1
    return net, initial, final


def said(net):
    """The smallest automaton, or the class of the error where there is none."""
    try:
        return build(net, most_states=20_000)
    except ModelError as error:
        return type(error).__name__


def agree(net, other):
    """Whether two nets mean the same; those with too many states, which depend on how a net is drawn, have the same steps."""
    one, two = said(net), said(other)
    if any(isinstance(x, str) and x == "TooManyStatesError" for x in (one, two)):
        return net.labels == other.labels
    return one == two if isinstance(one, str) or isinstance(two, str) else witness(one, two) is None


# --- as pm4py ----------------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=examples(40), deadline=None)
@given(traces_of, st.sampled_from([0.0, 0.5, 0.8, 1.0]), st.randoms(use_true_random=False))
def test_the_heuristics_miner_on_counted_traces_is_pm4py_s_on_the_frame(traces, dependency, rng):
    drawn = [rng.choice(traces) for _ in range(20)]
    ours = _pm4py.heuristics_net(Counter(drawn), dependency=dependency)
    net = _pm4py.workflow_net(theirs(rows_of(drawn), "heuristics", dependency))
    assert agree(ours, net)
    assert ours.labels == net.labels


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=examples(25), deadline=None)
@given(traces_of, st.sampled_from(["inductive", "powl"]), st.sampled_from([0.0, 0.3]))
def test_the_other_miners_on_counted_traces_are_pm4py_s_on_the_frame(traces, miner, noise):
    found = mine(log_of(traces), miner=miner, noise=noise)
    assert agree(found.net, _pm4py.workflow_net(theirs(rows_of(traces), miner, noise)))
    if noise == 0:
        automaton = build(found.net)
        assert all(automaton.accepts(trace) for trace in traces)  # the promise of both
    if found.flow is not None:
        assert agree(found.net, write_net(found.flow))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["permit_receipt", "it_incident"])
@pytest.mark.parametrize(
    ("miner", "how"), HOWS, ids=lambda x: "-".join(map(str, x.values())) if isinstance(x, dict) else x
)
def test_the_models_of_sample_logs_are_pm4py_s(name, miner, how):
    folder = ROOT / "sample_logs" / name
    norm = mining.read_blueprint(folder / "blueprint.yaml")
    observed = observed_of(mining.read_log(folder / "log.csv", columns=norm.binding))
    traces = [trace for trace, n in observed.counted.items() for _ in range(n)]
    found = mine(observed, miner=miner, **how)
    net = _pm4py.workflow_net(theirs(rows_of(traces), miner, *how.values()))
    assert agree(found.net, net)
    assert found.net.labels == net.labels


def test_a_heuristics_net_by_hand():
    found = mine(log_of([("a", "b", "d")] * 9 + [("a", "c", "d")] * 9), miner="heuristics")
    assert found.parameters == {"dependency": 0.5}
    assert found.flow == m.Sequence((m.Step("a"), m.Choice((m.Step("b"), m.Step("c"))), m.Step("d")))
    both = mine(log_of([("a", "b", "c", "d")] * 9 + [("a", "c", "b", "d")] * 9), miner="heuristics")
    assert both.flow == m.Sequence((m.Step("a"), m.Parallel((m.Step("b"), m.Step("c"))), m.Step("d")))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "counted",
    [{"cb": 5, "ab": 9, "ca": 6}, {"edcc": 1, "dec": 8}, {"aa": 6, "bc": 1, "baccac": 6}],
    ids=["three_pairs", "two_orders", "repeats"],
)
@pytest.mark.parametrize("dependency", [0.5, 0.9])
def test_silent_steps_that_are_joined_one_after_the_other(counted, dependency):
    variants = {tuple(trace): n for trace, n in counted.items()}
    traces = [trace for trace, n in variants.items() for _ in range(n)]
    ours = _pm4py.heuristics_net(variants, dependency=dependency)
    assert agree(ours, _pm4py.workflow_net(theirs(rows_of(traces), "heuristics", dependency)))


def test_an_unsound_heuristics_net_is_given_and_its_quality_says_why_it_is_not_measured():
    found = mine(log_of([tuple("ba"), tuple("aba")]), miner="heuristics")
    assert found.net is not None
    with pytest.raises(ModelError, match="unsound"):
        build(found.net)
    assert found.flow is None
    assert "unsound" in found.quality.why_not
    assert found.words() == "start → a, b\na → end\nb → b"
    assert found.words("zh").startswith("开始 → a、b")
    assert found.to_pnml().count("<transition ") == len(found.net.transitions)
    assert found._repr_html_()


# --- partial orders ----------------------------------------------------------------------------------------------------


def language(tree):
    """Runs of a tree without loops, by brute force."""
    match tree.kind:
        case "step":
            return {(tree.label,)}
        case "silent":
            return {()}
        case "choice":
            return set().union(*(language(part) for part in tree.parts))
    found = set()
    runs = [sorted(language(part)) for part in tree.parts]
    for picks in np.ndindex(*(len(x) for x in runs)):
        words = [runs[i][k] for i, k in enumerate(picks)]
        events = [i for i, word in enumerate(words) for _ in word]
        for mixed in set(permutations(events)):
            first = {i: mixed.index(i) for i in mixed}
            last = {i: len(mixed) - 1 - mixed[::-1].index(i) for i in mixed}
            if all(last[i] < first[j] for i, j in closed(tree) if i in last and j in first):
                place = Counter()
                word = []
                for i in mixed:
                    word.append(words[i][place[i]])
                    place[i] += 1
                found.add(tuple(word))
    return found


def closed(tree):
    pairs = set(tree.before)
    while more := {(i, k) for i, j in pairs for j2, k in pairs if j == j2} - pairs:
        pairs |= more
    return pairs


def some_tree(rng, labels, depth=0):
    if len(labels) == 1 or depth > 2:
        return Powl("step", labels[0])
    cuts = sorted(rng.sample(range(1, len(labels)), min(len(labels) - 1, rng.randint(1, 3))))
    groups = [labels[a:b] for a, b in zip([0, *cuts], [*cuts, len(labels)], strict=True)]
    parts = [some_tree(rng, group, depth + 1) for group in groups]
    if rng.random() < 0.3:
        return Powl("choice", parts=(*parts, Powl("silent")) if rng.random() < 0.5 else tuple(parts))
    before = {(i, j) for i in range(len(parts)) for j in range(i + 1, len(parts)) if rng.random() < 0.4}
    return in_order(parts, before)


def test_an_order_of_n_shape_has_no_flow_words_and_its_runs_are_those_by_hand():
    a, b, c, d = (Powl("step", x) for x in "abcd")
    tree = in_order([a, b, c, d], {(0, 2), (1, 2), (1, 3)})
    with pytest.raises(NoFlowWordError):
        flow_of_powl(tree)
    runs = {"abcd", "abdc", "bacd", "badc", "bdac"}
    automaton = build(net_of_powl(tree))
    assert {word for word in map("".join, permutations("abcd")) if automaton.accepts(word)} == runs
    assert {"".join(word) for word in language(tree)} == runs
    assert in_order([d, c, b, a], {(3, 1), (2, 1), (2, 0), (3, 1)}) == tree  # written in one way only


@settings(max_examples=examples(40), deadline=None)
@given(st.integers(0, 10**9))
def test_net_and_flow_words_of_an_order_have_its_runs(seed):
    rng = random.Random(seed)
    labels = list("abcdef"[: rng.randint(1, 5)])
    rng.shuffle(labels)
    tree = some_tree(rng, labels)
    automaton, runs = build(net_of_powl(tree)), language(tree)
    words = {word for k in range(len(labels) + 1) for word in permutations(labels, k)}
    assert {word for word in words if automaton.accepts(word)} == runs
    try:
        flow = flow_of_powl(tree)
    except NoFlowWordError:
        return
    assert flow is not None
    assert same_language(write_net(flow), net_of_powl(tree))


N_SHAPE = [tuple(word) for word in ("abcd", "abdc", "bacd", "badc", "bdac")]


def test_a_powl_without_flow_words_has_a_net_its_orders_in_words_and_a_drawing(tmp_path):
    found = mine(log_of(N_SHAPE), miner="powl", noise=0)
    assert found.flow is None
    assert found.powl.values() == {"order": ["a", "b", "c", "d"], "before": [[0, 2], [1, 2], [1, 3]]}
    assert found.words() == "order:\n  (1) a\n  (2) b\n  (3) c\n  (4) d\n  (1) before (3); (2) before (3), (4)"
    assert found.words("zh").endswith("(1)先于(3)；(2)先于(3)、(4)")
    back = models.read_net(found.save(tmp_path / "m.bpmn"))
    assert same_language(back, found.net)
    assert "a partial order" in repr(found)
    with pytest.raises(ModelError, match="miner='inductive'"):
        found.to_ptml()


# --- one way only ------------------------------------------------------------------------------------------------------

SCRIPT = """
import hashlib, json, random, sys
from tests.test_discovery_models import HOWS, log_of
from mining.discovery import mine
rng = random.Random(5)
words = ["".join(rng.choice("abcdefgh") for _ in range(rng.randint(1, 9))) for _ in range(12)]
traces = [tuple(x + " step" for x in rng.choice(words)) for _ in range(80)]
random.Random(int(sys.argv[1])).shuffle(traces)
log = log_of(traces)
for miner, how in HOWS:
    found = mine(log, miner=miner, **how)
    texts = [found.to_pnml(), found.words(), repr(found.powl), repr(found.flow)]
    try:
        texts.append(found.to_bpmn())
    except Exception as error:
        texts.append(str(error))
    print(miner, hashlib.sha256(json.dumps(texts).encode()).hexdigest())
"""


@pytest.mark.slow
def test_any_order_of_the_cases_and_any_process_gives_the_same_bytes_and_no_word():
    done = [
        subprocess.run(
            [sys.executable, "-W", "error", "-c", SCRIPT, str(order)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
        )
        for order, seed in ((1, 0), (2, 1), (3, 12345))
    ]
    assert len({x.stdout for x in done}) == 1
    assert done[0].stdout.count("\n") == len(HOWS)
    assert [x.stderr for x in done] == ["", "", ""]


@pytest.mark.parametrize(
    ("miner", "how"), HOWS, ids=lambda x: "-".join(map(str, x.values())) if isinstance(x, dict) else x
)
def test_nothing_of_pm4py_comes_out_and_nothing_given_is_changed(miner, how):
    frame = rows_of([tuple("abc"), tuple("acb"), tuple("ac"), tuple("abcabc")])
    kept = frame.copy()
    observed = observed_of(mining.EventLog.from_frame(frame, columns=COLUMNS))
    counted = dict(observed.counted)
    found = mine(observed, miner=miner, **how)
    pd.testing.assert_frame_equal(frame, kept)
    assert observed.counted == counted

    def walk(value):
        assert not type(value).__module__.startswith("pm4py"), type(value)
        if is_dataclass(value):
            for field in fields(value):
                walk(getattr(value, field.name))
        elif isinstance(value, dict):
            walk(list(value.items()))
        elif isinstance(value, (list, tuple)):
            for item in value:
                walk(item)

    for name in ("miner", "parameters", "net", "flow", "left_out", "powl"):
        walk(getattr(found, name))


# --- files -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def strange():
    return log_of([LABELS, LABELS[::-1], LABELS[:4], LABELS[4:]] * 3)


@pytest.mark.parametrize(
    ("miner", "how"), HOWS, ids=lambda x: "-".join(map(str, x.values())) if isinstance(x, dict) else x
)
def test_any_label_comes_back_from_pnml_exactly(strange, tmp_path, miner, how):
    found = mine(strange, miner=miner, **how)
    assert set(found.activities) <= set(strange.labels)
    back = models.read_net(found.save(tmp_path / "m.pnml"))
    assert back == canonical(found.net)
    assert back.labels == found.net.labels


def test_labels_that_seem_empty_and_several_tokens_come_back_from_pnml(tmp_path):
    net = WorkflowNet(
        (
            Transition(" ", ((0, 2),), ((1, 3),)),
            Transition("", ((1, 3),), ((2, 1),)),
            Transition(None, ((0, 2),), ((2, 1),)),
        ),
        (2, 0, 0),
        (0, 0, 1),
    )
    (tmp_path / "m.pnml").write_text(pnml_text(net), "utf-8")
    assert models.read_net(tmp_path / "m.pnml") == canonical(net)
    broken = pnml_text(net).replace('label="', 'label="[')
    (tmp_path / "m.pnml").write_text(broken, "utf-8")
    with pytest.raises(ModelError, match="is no text in JSON"):
        models.read_net(tmp_path / "m.pnml")


@pytest.mark.filterwarnings("ignore")
def test_pm4py_reads_the_files_as_the_same_models(tmp_path):
    _pm4py.quietly()
    import pm4py

    observed = observed_of(log_of([tuple("abcd"), tuple("acbd"), tuple("abcabd"), ("tau", "审批 <&>", "d")] * 2))
    for miner in ("inductive", "powl", "heuristics"):
        found = mine(observed, miner=miner)
        file = found.save(tmp_path / f"{miner}.pnml")
        assert agree(_pm4py.workflow_net(pm4py.read_pnml(str(file))), found.net)
    found = mine(observed)
    assert agree(_pm4py.workflow_net(pm4py.read_ptml(str(found.save(tmp_path / "m.ptml")))), found.net)
    bpmn = pm4py.read_bpmn(str(found.save(tmp_path / "m.bpmn")))
    assert agree(_pm4py.workflow_net(bpmn), found.net)


@settings(max_examples=examples(40), deadline=None)
@given(flows(), st.permutations([x for x in LABELS if "\x01" not in x]))
def test_a_flow_comes_back_from_ptml(tmp_path_factory, flow, labels):
    names = dict(zip("abcde", labels, strict=False))
    flow = renamed(flow, names)
    file = tmp_path_factory.mktemp("trees") / "m.ptml"
    file.write_text(ptml_text(flow), "utf-8")
    assert agree(models.read_net(file), write_net(flow))


def renamed(flow, names):
    match flow:
        case m.Step(x):
            return m.Step(names[x])
        case m.Free(xs):
            return m.Free(tuple(names[x] for x in xs))
        case m.Optional_(x):
            return m.Optional_(renamed(x, names))
        case m.Loop(body, redo):
            return m.Loop(renamed(body, names), None if redo is None else renamed(redo, names))
    return type(flow)(tuple(renamed(x, names) for x in flow.items))


def test_a_label_that_xml_cannot_carry_is_refused_by_ptml():
    with pytest.raises(ModelError, match="PNML"):
        ptml_text(m.Step("bell \x07"))


def test_bpmn_has_every_label_on_one_line_each_with_a_name_of_its_own(strange, tmp_path):
    found = mine(strange, noise=0)
    file = found.save(tmp_path / "m.bpmn")
    read = models.read_net(file)
    assert len(read.labels) == len(found.net.labels)
    assert {"line break", "line break (2)", "Approve", "approve", "审批", "<a & b>", "control �"} <= set(read.labels)
    assert b"sbp:" not in file.read_bytes()  # no values of a blueprint: it is none
    assert len(from_bpmn(file).raw["activities"]) == len(found.net.labels)
    names = dict(
        zip(found.activities, [" ".join(x.split()).replace("\x01", "�") for x in found.activities], strict=True)
    )
    names[
        "line break" if found.activities.index("line break") > found.activities.index("line\nbreak") else "line\nbreak"
    ] += " (2)"
    assert agree(write_net(renamed(found.flow, names)), read)


@settings(max_examples=examples(15), deadline=None)
@given(traces_of, st.sampled_from(["inductive", "powl", "heuristics"]))
def test_what_is_drawn_means_the_same(tmp_path_factory, traces, miner):
    found = mine(log_of(traces), miner=miner)
    try:
        text = found.to_bpmn()
    except ModelError:
        assert miner == "heuristics"
        return
    file = tmp_path_factory.mktemp("drawn") / "m.bpmn"
    file.write_text(text, "utf-8")
    if isinstance(said(found.net), str):  # unsound: no reading is asked for
        return
    assert agree(models.read_net(file), found.net)


def test_a_study_is_drawn_in_its_lanes_and_in_both_languages(study):
    found = mine(study)
    norm = study.blueprint
    for lang in ("en", "zh"):
        text = found.to_bpmn(lang)
        assert all(f'name="{norm.activity(a).name.get(lang)}"' in text for a in found.activities if a in norm.by_id)
        assert found.picture(lang=lang).svg.startswith("<svg")
    unknown = [x for x in found.activities if x not in norm.by_id]
    assert ("Not in the blueprint" in found.to_bpmn()) == bool(unknown)
    assert f'"lane_{norm.lane_of("receive").id}"' in found.to_bpmn()
    assert found._repr_html_().count("<svg") == 1


def test_save_goes_by_extension_and_replaces_nothing_unasked(tmp_path):
    found = mine(log_of([tuple("ab")]))
    file = found.save(tmp_path / "m.pnml")
    before = file.read_bytes()
    with pytest.raises(ModelError, match="force=True"):
        found.save(file)
    assert found.save(file, force=True).read_bytes() == before
    with pytest.raises(ModelError, match=r"Known: \.pnml, \.bpmn, \.ptml"):
        found.save(tmp_path / "m.doc")
    with pytest.raises(ModelError, match="there is no folder"):
        found.save(tmp_path / "no" / "m.pnml")


# --- what is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan"), float("inf"), True, "0.2", None], ids=str)
@pytest.mark.parametrize(("miner", "name"), [("inductive", "noise"), ("powl", "noise"), ("heuristics", "dependency")])
def test_a_threshold_is_a_share(miner, name, value):
    with pytest.raises(ModelError, match=f"{name} is"):
        mine(log_of([tuple("ab")]), miner=miner, **{name: value})


def test_other_miners_sources_and_full_noise_of_powl_are_refused():
    with pytest.raises(UnknownNameError, match=r"unknown miner 'alpha'.*inductive"):
        mine(log_of([tuple("ab")]), miner="alpha")
    with pytest.raises(LogError, match="cannot be mined"):
        mine([("a", "b")])
    with pytest.raises(ModelError, match="below 1"):
        mine(log_of([tuple("ab")]), miner="powl", noise=1)
    assert mine(log_of([tuple("ab")]), noise=1).parameters == {"noise": 1.0}
    assert mine(log_of([tuple("ab")]), miner="heuristics", dependency=np.float64(1)).net is not None


@pytest.mark.parametrize("miner", ["inductive", "heuristics", "powl"])
def test_without_pm4py_it_says_so(miner, monkeypatch):
    monkeypatch.setitem(sys.modules, "pm4py", None)
    with pytest.raises(ModelError, match="needs pm4py"):
        mine(log_of([tuple("ab")]), miner=miner)


@pytest.mark.parametrize("miner", ["inductive", "heuristics", "powl"])
def test_what_pm4py_raises_is_a_model_error_with_its_cause(miner, monkeypatch):
    _pm4py.quietly()
    from pm4py.algo.discovery.heuristics.variants import classic
    from pm4py.algo.discovery.inductive.dtypes import im_ds

    def broken(*_, **__):
        raise KeyError("inside")

    monkeypatch.setattr(classic, "apply_heu_dfg", broken)
    monkeypatch.setattr(im_ds, "IMDataStructureUVCL", broken)
    with pytest.raises(ModelError, match="KeyError") as caught:
        mine(log_of([tuple("ab")]), miner=miner)
    assert isinstance(caught.value.__cause__, KeyError)


@pytest.mark.parametrize("miner", ["inductive", "heuristics", "powl"])
def test_a_log_without_completed_activity_has_no_model(miner):
    observed = observed_of(log_of([tuple("ab")]))
    empty = type(observed)(
        observed.source, observed.names, np.zeros(2, np.int64), *(x[:0] for x in (observed.activity, observed.resource)),
        observed.start[:0], observed.end[:0], ((),), np.ones(1, np.int64),
    )  # fmt: skip
    found = mine(empty, miner=miner)
    assert found.net is None
    assert found.words() == "-"
    assert "no model" in repr(found)
    for write in (found.to_pnml, found.to_bpmn, found.to_ptml, found.picture):
        with pytest.raises(ModelError, match="no case has a completed activity"):
            write()


@pytest.mark.parametrize("miner", ["inductive", "powl"])
def test_traces_with_more_activities_than_a_miner_can_take_are_left_out_and_counted(miner):
    many, few = tuple(f"x{i:03}" for i in range(120)), ("a", "b")
    found = mine(log_of([many, many, few]), miner=miner)
    assert found.activities == few
    assert found.left_out == (1, 2)
    none = mine(log_of([many]), miner=miner)
    assert none.net is None
    assert "120 activities" in none.quality.why_not
    assert mine(log_of([many[:80]]), miner=miner).left_out == (0, 0)


def test_the_heuristics_miner_takes_all_activities():
    many = tuple(f"x{i:03}" for i in range(120))
    assert mine(log_of([many]), miner="heuristics").activities == many


@pytest.mark.parametrize("miner", ["inductive", "heuristics", "powl"])
def test_one_activity_alone(miner):
    found = mine(log_of([("only",)] * 3), miner=miner)
    assert found.activities == ("only",)
    assert found.flow == m.Step("only")
    assert isinstance(found, DiscoveredModel)


@pytest.mark.slow
@pytest.mark.skipif(not (SHARED / "logs").is_dir(), reason="the public logs are not beside the project")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("miner", "how"), HOWS, ids=lambda x: "-".join(map(str, x.values())) if isinstance(x, dict) else x
)
def test_the_models_of_a_public_log_are_pm4py_s(miner, how):
    observed = observed_of(mining.read_log(SHARED / "logs" / "receipt.xes.gz"))
    traces = [trace for trace, n in observed.counted.items() for _ in range(n)]
    found = mine(observed, miner=miner, **how)
    net = _pm4py.workflow_net(theirs(rows_of(traces), miner, *how.values()))
    assert agree(found.net, net)
    assert found.net.labels == net.labels

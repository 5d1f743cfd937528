"""Any process model becomes a workflow net: what each dialect means, what is refused and how, and that nothing is lost."""

import gzip
import json
import random
import re
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining import _pm4py, automaton
from mining.blueprint import model as m
from mining.blueprint.assemble import canonical
from mining.blueprint.bpmn import read_flow
from mining.blueprint.compile import write_net
from mining.errors import ModelError
from mining.models import net_of, read_net
from mining.nets import Transition, WorkflowNet
from tests.examples import examples
from tests.helpers import SHARED, blueprint, blueprint_dict
from tests.strategies import flows

PTNET = "http://www.pnml.org/version-2009/grammar/ptnet"


def same_language(first, second):
    """Whether two sound nets have the same complete runs: their smallest automata are equal."""
    one, other = (automaton.build(net) for net in (first, second))
    return (
        one.labels == other.labels and (one.final == other.final).all() and one.delta.tolist() == other.delta.tolist()
    )


def runs(net, longest=6):
    """Complete runs by playing the net, with no help from the automaton."""
    found, todo, seen = set(), [(net.initial, ())], set()
    while todo:
        marking, word = todo.pop()
        if (marking, word) in seen or len(word) > longest:
            continue
        seen.add((marking, word))
        if marking == net.final:
            found.add("".join(word))
        for t in net.transitions:
            tokens = list(marking)
            for p, k in t.consumes:
                tokens[p] -= k
            if min(tokens) >= 0:
                for p, k in t.produces:
                    tokens[p] += k
                todo.append((tuple(tokens), word if t.label is None else (*word, t.label)))
    return found


# --- PNML --------------------------------------------------------------------------------------------------------------


def place(id, tokens=None):
    mark = "" if tokens is None else f"<initialMarking><text>{tokens}</text></initialMarking>"
    return f'<place id="{id}">{mark}</place>'


def step(id, name=None, more=""):
    label = "" if name is None else f"<name><text>{name}</text></name>"
    return f'<transition id="{id}">{label}{more}</transition>'


def arc(source, target, more="", id=None):
    return f'<arc id="{id or source + "-" + target}" source="{source}" target="{target}">{more}</arc>'


def weight(n):
    return f"<inscription><text>{n}</text></inscription>"


def final(*markings):
    each = [
        "<marking>" + "".join(f'<place idref="{p}"><text>{k}</text></place>' for p, k in x.items()) + "</marking>"
        for x in markings
    ]
    return f"<finalmarkings>{''.join(each)}</finalmarkings>"


def pnml(*parts, net='id="n"', root="pnml"):
    return f"<{root}><net {net}>\n" + "\n".join(parts) + f"\n</net></{root.split()[0]}>"


PAY = [place("p", 1), place("q"), step("t", "Pay"), arc("p", "t"), arc("t", "q")]


@pytest.fixture
def read(tmp_path):
    def reading(content, name="net.pnml"):
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_net(tmp_path / name)

    return reading


def test_a_net_is_read_with_places_first_marked_then_final_and_transitions_by_label(read):
    parts = [
        *(place("z"), place("p", 1), place("q")),
        *(step("t2", "b"), step("t1", "a"), step("t0", "tau", '<toolspecific tool="ProM" activity="$invisible$"/>')),
        *(arc("p", "t1"), arc("t1", "q"), arc("q", "t2"), arc("t2", "z"), arc("p", "t0"), arc("t0", "z")),
        final({"z": 1, "p": 0}),
    ]
    assert read(pnml(*parts)) == WorkflowNet(
        (
            Transition(None, ((0, 1),), ((1, 1),)),
            Transition("a", ((0, 1),), ((2, 1),)),
            Transition("b", ((2, 1),), ((1, 1),)),
        ),
        (1, 0, 0),
        (0, 1, 0),
    )


PLAIN = WorkflowNet((Transition("Pay", ((0, 1),), ((1, 1),)),), (1, 0), (0, 1))


@pytest.mark.parametrize(
    "content",
    [
        pnml(*PAY),
        pnml(*PAY, net=f'id="n" type="{PTNET}"', root='pnml xmlns="http://www.pnml.org/version-2009/grammar/pnml"'),
        pnml(*PAY).replace("<", "<x:").replace("<x:/", "</x:").replace("<x:pnml", '<x:pnml xmlns:x="urn:any"'),
        '<?xml version="1.0" encoding="UTF-16"?>\n'.encode("utf-16") + pnml(*PAY).encode("utf-16")[2:],
        b"\xef\xbb\xbf" + pnml(*PAY).encode(),
        gzip.compress(pnml(*PAY).encode()),
        pnml("<page id='g1'>", *PAY[:2], "</page><page id='g2'>", *PAY[2:], "</page>"),
        pnml("<page id='g1'><page id='g2'>", *PAY, "</page></page>", final({"q": 1})),
        pnml(*PAY, final()),
        pnml(*PAY, final({"q": 1}, {"q": 1, "p": 0})),
        pnml(*PAY[1:], place("p")),
        pnml("<!-- drawn by hand -->", *PAY, "<variables><variable><name>x</name></variable></variables>"),
        pnml(*PAY).replace("<text>Pay</text>", "<value>Pay</value>").replace("<text>1</text>", "<value> 1 </value>"),
        pnml(*PAY).replace("<text>Pay</text>", "<text>\n  Pay\n  </text>"),
        pnml(*PAY[:3], *(x.replace("</arc>", "<arctype><text>normal</text></arctype></arc>") for x in PAY[3:])),
        pnml(*PAY[:3], *(x.replace("</arc>", '<type value="normal"/></arc>') for x in PAY[3:])),
        pnml(*PAY[:3], arc("r", "t"), PAY[4], '<referencePlace id="r" ref="s"/><referencePlace id="s" ref="p"/>'),
    ],
    ids=["plain", "ISO", "prefix", "UTF-16", "BOM", "gzip", "pages", "nested pages", "no final", "same final twice", "no initial"]
    + ["comment and data", "old values", "pretty-printed", "arctype", "type", "reference places"],
)  # fmt: skip
def test_dialects_of_one_net_read_alike(read, content):
    assert read(content) == PLAIN
    assert read(content, "net.pnml.gz") == PLAIN
    assert read(content, "NET.PNML") == PLAIN


def test_arc_weights_add_up_over_parallel_arcs_and_tokens_are_counted(read):
    parts = [
        place("p", 3),
        place("q"),
        step("t", "a"),
        arc("p", "t", weight(2)),
        arc("p", "t", "", "again"),
        arc("t", "q"),
    ]
    assert read(pnml(*parts, final({"q": 1}))).transitions == (Transition("a", ((0, 3),), ((1, 1),)),)
    assert read(pnml(*parts, final({"q": 4}))).final == (0, 4)
    assert read(pnml(*parts)).initial == (3, 0)


@pytest.mark.parametrize(
    ("transition", "label"),
    [
        (step("t"), None),
        (step("t", ""), None),
        (step("t", " \n "), None),
        (step("t", "a", '<toolspecific tool="ProM" version="6.4" activity="$invisible$" localNodeID="x"/>'), None),
        (
            step("t", "a", '<toolspecific tool="StochasticPetriNet"><property key="invisible">true</property></toolspecific>'),
            None,
        ),
        (step("t", "a", '<toolspecific tool="Other" version="1"/>'), "a"),
        (
            step("t", "a", '<toolspecific tool="StochasticPetriNet"><property key="invisible">false</property></toolspecific>'),
            "a",
        ),
        (step("t", " a  b "), " a  b "),
        (step("t", "a\n   b"), "a b"),
        (step("t", "付款 &amp; 收据"), "付款 & 收据"),
    ],
)  # fmt: skip
def test_labels_are_kept_as_written_and_invisible_or_unnamed_transitions_are_silent(read, transition, label):
    assert read(pnml(place("p"), place("q"), transition, arc("p", "t"), arc("t", "q"))).transitions[0].label == label


def test_transitions_of_one_name_stay_separate(read):
    net = read(pnml(*PAY, step("u", "Pay"), arc("p", "u"), arc("u", "q")))
    assert [t.label for t in net.transitions] == ["Pay", "Pay"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<pnml", "net.pnml: not well-formed XML"),
        ("", "net.pnml: not well-formed XML"),
        ("\x1f\x8bnot packed", "cut off or damaged|not well-formed"),
        ('<!DOCTYPE x [<!ENTITY y "z">]><pnml/>', "document type declaration"),
        ("<log/>", "net.pnml:1: the file is <log>, not <pnml>"),
        ("<pnml/>", r"holds 0 nets \(none\)"),
        ('<pnml><net id="x"/><net id="y"/></pnml>', r"holds 2 nets \('x', 'y'\)"),
        (pnml(), "the net has no transition"),
        (pnml(place("p"), place("q")), "the net has no transition"),
        (pnml(*PAY, arc("p", "nowhere")), r"net.pnml:7: arc 'p-nowhere' has the target 'nowhere', which is no node. Known: p, q, t"),
        (pnml(*PAY, arc("Q", "t")), r"source 'Q', which is no node. Did you mean 'q'\?"),
        (pnml(*PAY, '<arc id="x" target="t"/>'), "arc 'x' has the source None"),
        (pnml(*PAY, arc("p-t", "t")), "arc 'p-t-t' has the source 'p-t', which is no node"),
        (pnml(*PAY, arc("p", "q")), r"net.pnml:7: arc 'p-q' joins two places, 'p' and 'q'"),
        (pnml(*PAY, step("u", "x"), arc("t", "u")), r"net.pnml:8: arc 't-u' joins two transitions, 't' and 'u'"),
        (pnml(*PAY, arc("p", "t", weight(0), "x")), "net.pnml:7: arc 'x' has weight 0"),
        (pnml(*PAY, arc("p", "t", weight(-1), "x")), "arc 'x' has inscription '-1'; expected is one whole number"),
        (pnml(*PAY, arc("p", "t", weight("1.5"), "x")), "arc 'x' has inscription '1.5'"),
        (pnml(*PAY, arc("p", "t", weight("x+y"), "x")), r"arc 'x' has inscription 'x\+y'"),
        (pnml(*PAY, arc("p", "t", "<inscription/>", "x")), "arc 'x' has inscription ''"),
        (pnml(*PAY, arc("p", "t", weight(1) * 2, "x")), "arc 'x' has 2 times <inscription>"),
        (pnml(*PAY, place("z", -1)), "net.pnml:7: place 'z' has initialMarking '-1'"),
        (pnml(*PAY, place("z", "9" * 10)), "place 'z' has initialMarking '9999999999'"),
        (pnml(*PAY, final({"q": "-1"})), "net.pnml:7: place has tokens '-1'"),
        (pnml(*PAY, place("p")), "net.pnml:7: place 'p' has an id that line 2 has already"),
        (pnml(*PAY, step("q")), "net.pnml:7: transition 'q' has an id that line 3 has already"),
        (pnml(*PAY, arc("p", "t")), "net.pnml:7: arc 'p-t' has an id that line 5 has already"),
        (pnml("<page id='g1'>", *PAY, "</page><page id='g2'>", place("q"), "</page>"), "place 'q' has an id that line 4 has already"),
        (pnml(*PAY, "<place/>"), "net.pnml:7: place has no id"),
        (pnml(*PAY, final({"q": 1}, {"p": 2, "q": 1})), r"2 final markings \(line 7: q x 1; line 7: p x 2, q x 1\)"),
        (pnml(*PAY, final({"r": 1})), "net.pnml:7: final marking: 'r' is no place of the net. Known: p, q"),
        (pnml(*PAY, final({"t": 1})), "final marking: 't' is no place"),
        (pnml(*PAY, final({"q": 1}).replace("</marking>", '<place idref="q"/></marking>')), "'q' is named twice"),
        (pnml(*PAY, final({})), "net.pnml:7: marking is a final marking without tokens"),
        (pnml(*PAY, step("u", "x"), arc("u", "q")), r"net.pnml:7: transition 'u' \(x\) has no input place"),
        (pnml(*PAY, step("u"), arc("p", "u")), r"net.pnml:7: transition 'u' \(silent\) has no output place"),
        (pnml(*PAY, place("z")), r"no final marking is given.* 2 places have \(q, z\). Add the final marking"),
        (pnml(*PAY[1:], place("p"), place("z"), final({"q": 1})), r"no initial marking is given.* 2 places have \(p, z\)"),
        (pnml(*PAY, step("u"), arc("q", "u"), arc("u", "p")), "no final marking is given.* every place has some"),
        (pnml(*PAY, arc("q", "t", "<arctype><text>inhibitor</text></arctype>", "x")), "net.pnml:7: arc 'x' is of type 'inhibitor'"),
        (pnml(*PAY, arc("q", "t", "<arctype><text>reset</text></arctype>", "x")), "arc 'x' is of type 'reset'"),
        (pnml(*PAY, arc("q", "t", '<type value="read"/>', "x")), "arc 'x' is of type 'read'"),
        (pnml(*PAY, arc("q", "t", "<colour/>", "x")), "net.pnml:7: arc 'x' holds <colour>, whose meaning is not known"),
        (pnml(*PAY, '<place id="z"><capacity><text>1</text></capacity></place>'), "place 'z' holds <capacity>"),
        (pnml(*PAY, step("u", "x", "<priority/>")), "transition 'u' holds <priority>"),
        (pnml(*PAY, "<module/>"), "net 'n' holds <module>"),
        (pnml(*PAY, '<referencePlace id="r" ref="s"/><referencePlace id="s" ref="r"/>', arc("r", "t")), "source 'r', which is no node"),
    ],
)  # fmt: skip
def test_pnml_that_cannot_be_read_whole_is_refused_with_line_and_element(read, content, message):
    with pytest.raises(ModelError, match=message):
        read(content)


def test_entities_are_not_resolved(read, tmp_path):
    (tmp_path / "secret.txt").write_text("hidden")
    bomb = f'<!DOCTYPE pnml [<!ENTITY x SYSTEM "{(tmp_path / "secret.txt").as_uri()}">]>' + pnml(*PAY).replace(
        "Pay", "&x;"
    )
    with pytest.raises(ModelError, match="document type declaration") as error:
        read(bomb)
    assert "hidden" not in str(error.value)


def test_a_file_that_unpacks_to_too_much_is_refused(read, monkeypatch):
    monkeypatch.setattr("mining.blueprint.pnml.MOST_BYTES", 1000)
    assert read(gzip.compress(pnml(*PAY).encode())) == PLAIN
    with pytest.raises(ModelError, match="holds more than 1,000 bytes"):
        read(gzip.compress(pnml(*PAY, " " * 1000).encode()))


def test_a_packed_file_that_is_cut_off_is_refused(read):
    with pytest.raises(ModelError, match="cut off or damaged"):
        read(gzip.compress(pnml(*PAY).encode())[:-12])


def test_a_missing_file_names_its_neighbours(read, tmp_path):
    read(pnml(*PAY), "other.pnml")
    read(pnml(*PAY), "packed.pnml.gz")
    with pytest.raises(ModelError, match="no such PNML file. PNML files in that folder: other.pnml, packed.pnml.gz"):
        read_net(tmp_path / "net.pnml")


# --- canonical order -----------------------------------------------------------------------------------------------------


def shuffled(net, random):
    """The same net, its places and transitions in another order."""
    n = len(net.initial)
    to = random.sample(range(n), n)
    steps = [
        Transition(
            t.label, *(tuple(random.sample([(to[p], k) for p, k in x], len(x))) for x in (t.consumes, t.produces))
        )
        for t in net.transitions
    ]
    order = sorted(range(n), key=to.__getitem__)
    marks = [tuple(x[p] for p in order) for x in (net.initial, net.final)]
    return WorkflowNet(tuple(random.sample(steps, len(steps))), *marks)


@settings(deadline=None, max_examples=examples(60))
@given(flows(8), st.randoms(use_true_random=False))
def test_the_order_of_a_net_follows_from_its_structure_alone(flow, random):
    net = write_net(flow)
    ordered = canonical(net)
    assert canonical(shuffled(net, random)) == ordered
    assert same_language(ordered, net)
    assert (ordered.initial[0], ordered.final[1]) == (1, 1)


def test_branches_that_look_alike_are_put_in_one_order():
    net = write_net(m.Parallel((m.Step("a"), m.Step("a"), m.Step("a"), m.Step("b"))))
    assert len({canonical(shuffled(net, random.Random(seed))) for seed in range(20)}) == 1


def test_ids_and_the_order_of_elements_do_not_matter(read):
    parts = [place("p", 1), *map(place, "qrs"), *(step(f"t{x}", x) for x in "abc"), step("t0")]
    parts += [arc(*x.split(">")) for x in ("p>ta", "ta>q", "q>tb", "tb>s", "p>tc", "tc>r", "r>t0", "t0>s")]
    other = [x.replace('"q"', '"x9"').replace('"t0"', '"0t"').replace('"r"', '"a1"') for x in parts]
    assert read(pnml(*other[::-1])) == read(pnml(*parts))


# --- round trips with pm4py -----------------------------------------------------------------------------------------------


def pm4py():
    _pm4py.quietly()
    import pm4py

    return pm4py


def drawn(net, random=None):
    """A net as pm4py's (net, initial marking, final marking)."""
    _pm4py.quietly()
    from pm4py.objects.petri_net.obj import Marking, PetriNet
    from pm4py.objects.petri_net.utils.petri_utils import add_arc_from_to

    made = PetriNet("drawn")
    places = [PetriNet.Place(f"p{i}") for i in range(len(net.initial))]
    made.places.update(places)
    for i, t in enumerate(net.transitions):
        node = PetriNet.Transition(f"t{i}", t.label)
        made.transitions.add(node)
        for p, k in t.consumes:
            add_arc_from_to(places[p], node, made, weight=k)
        for p, k in t.produces:
            add_arc_from_to(node, places[p], made, weight=k)
    marks = [Marking({places[p]: k for p, k in enumerate(x) if k}) for x in (net.initial, net.final)]
    return made, *marks


def exported(net, path):
    _pm4py.quietly()
    from pm4py.objects.petri_net.exporter.variants.pnml import export_net

    made, initial, last = drawn(net)
    export_net(made, initial, str(path), final_marking=last)
    return read_net(path)


@pytest.mark.slow
@settings(deadline=None, max_examples=examples(60))
@given(flows(8))
def test_a_net_comes_back_from_pm4py_and_its_pnml_as_it_was(tmp_path_factory, flow):
    net = canonical(write_net(flow))
    assert net_of(drawn(net)) == net
    assert exported(net, tmp_path_factory.getbasetemp() / "round.pnml") == net


def test_weights_and_tokens_come_back_from_pm4py_and_its_pnml(tmp_path):
    net = WorkflowNet(
        (Transition("a", ((0, 2),), ((1, 3),)), Transition("b", ((1, 6),), ((2, 1),))), (4, 0, 0), (0, 0, 1)
    )
    assert net_of(drawn(net)) == canonical(net)
    assert exported(net, tmp_path / "net.pnml") == canonical(net)


def tree_of(flow):
    """A flow as pm4py's process tree."""
    _pm4py.quietly()
    from pm4py.objects.process_tree.obj import Operator, ProcessTree

    def node(operator, *parts):
        return ProcessTree(operator=Operator[operator], children=list(parts))

    match flow:
        case m.Step(activity):
            return ProcessTree(label=activity)
        case m.Sequence(items) | m.Choice(items) | m.Parallel(items):
            kinds = {m.Sequence: "SEQUENCE", m.Choice: "XOR", m.Parallel: "PARALLEL"}
            return node(kinds[type(flow)], *map(tree_of, items))
        case m.Optional_(item):
            return node("XOR", tree_of(item), ProcessTree())
        case m.Loop(body, redo):
            return node("LOOP", tree_of(body), ProcessTree() if redo is None else tree_of(redo))
        case m.Free(activities):
            return node("LOOP", ProcessTree(), *(ProcessTree(label=a) for a in activities))


@settings(deadline=None, max_examples=examples(60))
@given(flows())
def test_a_process_tree_means_what_its_flow_means(flow):
    assert same_language(net_of(tree_of(flow)), write_net(flow))


def linked(node):
    """A tree whose nodes know what they stand in, as pm4py's writer needs."""
    for child in node.children:
        child.parent = node
        linked(child)
    return node


@settings(deadline=None, max_examples=examples(40))
@given(flows())
def test_a_process_tree_comes_back_from_its_file(tmp_path_factory, flow):
    path = tmp_path_factory.getbasetemp() / "round.ptml"
    free = [x for x in m.flow_nodes(flow) if isinstance(x, m.Free) and len(x.activities) > 1]
    if not free:  # pm4py writes a loop with several redos as a loop with an exit
        pm4py().write_ptml(linked(tree_of(flow)), str(path))
        assert same_language(read_net(path), write_net(flow))


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        ("O('a','b')", {"a", "b", "ab", "ba"}),
        ("<>(->('a','b'),'c')", {"abc", "cab"}),
        ("X('a',tau)", {"", "a"}),
        ("*('a','b','c')", {"a", "aba", "aca", "ababa", "abaca", "acaba", "acaca"}),
    ],
)
def test_operators_that_no_flow_has_mean_what_they_say(tree, words):
    _pm4py.quietly()
    from pm4py.objects.process_tree.utils.generic import parse

    assert runs(net_of(parse(tree)), 5) == words


def test_a_powl_model_means_what_its_orders_say():
    _pm4py.quietly()
    from pm4py.objects.powl.parser import parse_powl_model_string

    powl = parse_powl_model_string("PO=(nodes={ a, b, X ( c, tau ) }, order={ a-->b })")
    assert runs(net_of(powl), 3) == {"ab", "cab", "acb", "abc"}


# --- PTML ------------------------------------------------------------------------------------------------------------------


def ptml(nodes, *edges, root="r"):
    """Nodes as "kind id" (steps are named like their id); edges as "parent>child"."""
    made = "".join(f'<{x.split()[0]} id="{x.split()[1]}" name="{x.split()[1]}"/>\n' for x in nodes)
    made += "".join('<parentsNode id="{0}{1}" sourceId="{0}" targetId="{1}"/>'.format(*x.split(">")) for x in edges)
    return f'<ptml><processTree id="t" name="" root="{root}">\n{made}</processTree></ptml>'


def steps(names, kind="manualTask"):
    return [f"{kind} {x}" for x in names]


def test_a_loop_with_an_exit_keeps_its_place_in_the_sequence(read):
    # *(a, b) then c, and only then d: pm4py's own reader puts d first
    nodes = ["sequence r", "xorLoop l", *steps("abcd")]
    assert runs(read(ptml(nodes, "r>l", "r>d", "l>a", "l>b", "l>c"), "tree.ptml"), 6) == {"acd", "abacd"}


def test_a_loop_whose_exit_is_silent_ends_after_its_body(read):
    nodes = ["xorLoop r", *steps("ab"), "automaticTask t"]
    assert runs(read(ptml(nodes, "r>a", "r>b", "r>t"), "tree.ptml"), 3) == {"a", "aba"}


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("sequence", {"ab"}),
        ("xor", {"a", "b"}),
        ("def", {"a", "b"}),
        ("and", {"ab", "ba"}),
        ("or", {"a", "b", "ab", "ba"}),
        ("defLoop", {"a", "aba"}),
    ],
)
def test_operators_of_a_file_mean_what_they_say(read, kind, words):
    assert runs(read(ptml([f"{kind} r", *steps("ab")], "r>a", "r>b"), "tree.ptml"), 3) == words


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<ptml/>", "is <ptml> with 0 process trees"),
        ("<pnml/>", "is <pnml> with 0 process trees"),
        (ptml(["sequenc r", *steps("a")], "r>a"), r"tree.ptml:2: sequenc 'r' is no node that is known. Did you mean 'sequence'"),
        (ptml(["sequence r", *steps("aa")], "r>a"), "tree.ptml:4: manualTask 'a' needs an id of its own"),
        (ptml(["sequence r", *steps("a")], "r>a", "r>x"), "node 'r' leads to 'x', which is no node"),
        (ptml(["sequence r", *steps("a")], "r>a", root="x"), "node 'root' leads to 'x', which is no node"),
        (ptml(["sequence r", "and s", *steps("a")], "r>s", "s>r", "r>a"), "node 's' leads to 'r', which is part of itself"),
        (ptml(["sequence r", *steps("ab")], "r>a"), "node 'b' does not belong to the tree whose root is 'r'"),
        (ptml(["sequence r", *steps("a")], "r>a", "x>y"), "node 'x' does not belong to the tree"),
        (ptml(["sequence r"]), "tree.ptml:2: sequence 'r' has 0 parts"),
        (ptml(["xorLoop r", *steps("a")], "r>a"), "xorLoop 'r' has 1 parts; expected are two or three"),
        (ptml(["manualTask r", *steps("a")], "r>a"), "manualTask 'r' has 1 parts; a step has none"),
    ],
)  # fmt: skip
def test_a_tree_that_cannot_be_read_whole_is_refused(read, content, message):
    with pytest.raises(ModelError, match=message):
        read(content, "tree.ptml")


# --- models of pm4py ---------------------------------------------------------------------------------------------------------


def test_the_same_model_converted_twice_gives_the_same_net():
    flow = m.Sequence((m.Step("a"), m.Parallel((m.Loop(m.Step("b"), m.Step("c")), m.Optional_(m.Step("d"))))))
    assert net_of(tree_of(flow)) == net_of(tree_of(flow))


def test_arcs_that_are_not_normal_are_refused():
    _pm4py.quietly()
    from pm4py.objects.petri_net.obj import InhibitorNet, PetriNet, ResetNet

    for kind, made in (("InhibitorArc", InhibitorNet.InhibitorArc), ("ResetArc", ResetNet.ResetArc)):
        net, initial, last = drawn(PLAIN)
        p, t = next(iter(initial)), next(iter(net.transitions))
        net.arcs.add(made(p, t))
        with pytest.raises(ModelError, match=f"arc p0 > .*t0.* is of type '{kind}'"):
            net_of((net, initial, last))
    net, initial, last = drawn(PLAIN)
    net.arcs.add(PetriNet.Arc(p, t))
    with pytest.raises(ModelError, match="joins a node that is not in the net"):
        net_of((net, initial, last))


@pytest.mark.parametrize("wrong", [0, -1, 1.5, True, "1"])
def test_weights_and_tokens_of_objects_are_positive_whole_numbers(wrong):
    net, initial, last = drawn(PLAIN)
    next(iter(net.arcs)).weight = wrong
    with pytest.raises(ModelError, match="a weight is a positive whole number"):
        net_of((net, initial, last))
    net, initial, last = drawn(PLAIN)
    if wrong != 0:
        initial[next(iter(initial))] = wrong
        with pytest.raises(ModelError, match=f"initial marking: {wrong!r} tokens in p0"):
            net_of((net, initial, last))


def test_a_marking_of_another_net_is_refused():
    net, initial, _ = drawn(PLAIN)
    with pytest.raises(ModelError, match="final marking: 1 tokens in p1; expected are places of this net"):
        net_of((net, initial, drawn(PLAIN)[2]))


def test_markings_that_pm4py_leaves_empty_are_found_from_the_structure():
    net, _, _ = drawn(PLAIN)
    assert net_of((net, None, {})) == PLAIN


def test_a_label_that_is_no_text_is_refused():
    net, initial, last = drawn(PLAIN)
    next(iter(net.transitions)).label = (">>", "a")
    with pytest.raises(ModelError, match="has the label .* which is no text"):
        net_of((net, initial, last))


# --- BPMN --------------------------------------------------------------------------------------------------------------------

START, END = "startEvent s", "endEvent e"
TASKS = ["task a", "task b", "task c"]


def bpmn(nodes, *arcs, inner=None, flow_inner=""):
    """Nodes as "kind id", named like their id; arcs as "source>target"."""
    inner = inner or {}
    made = "\n".join(
        "<{0} id='{1}' name='{1}'>{2}</{0}>".format(*x.split(), inner.get(x.split()[1], "")) for x in nodes
    )
    for x in arcs:
        source, target = x.split(">")
        made += f"\n<sequenceFlow id='{x}' sourceRef='{source}' targetRef='{target}'>{flow_inner}</sequenceFlow>"
    return f"<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'><process id='p'>\n{made}</process></definitions>"


LINE = ["s>a", "a>e"]
SPLIT = ["s>x", "x>a", "x>b", "a>y", "b>y", "y>e"]


@pytest.mark.parametrize(
    ("nodes", "arcs", "words"),
    [
        ([START, END, "userTask a"], LINE, {"a"}),
        ([START, END, *TASKS[:2], "exclusiveGateway x", "exclusiveGateway y"], SPLIT, {"a", "b"}),
        ([START, END, *TASKS[:2], "parallelGateway x", "parallelGateway y"], SPLIT, {"ab", "ba"}),
        ([START, END, *TASKS[:2], "inclusiveGateway x", "inclusiveGateway y"], SPLIT, {"a", "b", "ab", "ba"}),
        ([START, END, *TASKS[:2], "intermediateCatchEvent x"], ["s>a", "a>x", "x>b", "b>e"], {"ab"}),
        ([START, "startEvent z", END, *TASKS[:2]], ["s>a", "z>b", "a>b", "b>e"], {"ab", "b"}),
        ([START, END, *TASKS[:2], "exclusiveGateway x"], ["s>a", "a>x", "x>b", "b>a", "x>e"], {"a", "aba"}),
        ([START, END, *TASKS[:2], "parallelGateway y"], ["s>a", "s>b", "a>y", "b>y", "y>e"], {"ab", "ba"}),
    ],
)
def test_a_bpmn_file_on_its_own_is_read_with_task_names_as_labels(read, nodes, arcs, words):
    assert runs(read(bpmn(nodes, *arcs), "flow.bpmn"), 3) == words


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<definitions", "not well-formed XML"),
        ("<definitions/>", "holds 0 processes"),
        (bpmn([START, END, TASKS[0], "boundaryEvent x"], *LINE), "element 'x' is a boundaryEvent"),
        (bpmn([START, END, TASKS[0]], *LINE).replace("name='a'", ""), "task 'a' has no name"),
        (bpmn([START, END, *TASKS[:2]], *LINE), r"task 'b' \('b'\) has no incoming sequence flow"),
        (bpmn([START, END, *TASKS[:2]], *LINE, "a>b"), r"task 'b' \('b'\) has no outgoing sequence flow"),
        (bpmn([START, END, TASKS[0]], *LINE, "a>s"), "startEvent 's' .* has an incoming sequence flow"),
        (bpmn([START, END, TASKS[0]], *LINE, "e>a"), "endEvent 'e' .* has an outgoing sequence flow"),
        (bpmn([END, TASKS[0]], "a>e"), "the process has no start event"),
        (bpmn([START, TASKS[0]], "s>a"), "the process has no end event"),
        (bpmn([START, END, TASKS[0], TASKS[0]], *LINE), "flow.bpmn:5: task 'a': each element needs an id of its own"),
        (bpmn([START, END, TASKS[0]], *LINE, "a>z"), "flow.bpmn:7: sequence flow 'a>z' has the targetRef 'z', which is no element"),
        (bpmn([START, END, TASKS[0]], *LINE, *LINE), "sequence flow 's>a': each needs an id of its own"),
        (bpmn([START, END, *TASKS[:1]], *LINE, inner={"a": "<standardLoopCharacteristics/>"}), "element 'a' has standardLoop"),
        (
            bpmn([START, END, *TASKS[:2], "parallelGateway y"], "s>a", "s>b", "a>y", "b>y", "y>e", flow_inner="<conditionExpression/>"),
            "sequence flow 's>a' leaves startEvent 's' under a condition",
        ),
        (
            bpmn([START, END, *TASKS[:2], "parallelGateway x", "parallelGateway y"], *SPLIT, inner={"e": "<terminateEventDefinition/>"}),
            "endEvent 'e' terminates work that goes on in parallel .from 'x'",
        ),
    ],
)  # fmt: skip
def test_bpmn_that_cannot_be_read_whole_is_refused_with_its_element(read, content, message):
    with pytest.raises(ModelError, match=message):
        read(content, "flow.bpmn")


def test_a_condition_or_a_terminate_event_that_changes_nothing_is_read(read):
    content = bpmn([START, END, TASKS[0]], *LINE, flow_inner="<conditionExpression/>")
    assert runs(read(content, "flow.bpmn")) == {"a"}
    content = bpmn([START, END, TASKS[0]], *LINE, inner={"e": "<terminateEventDefinition/>"})
    assert runs(read(content, "flow.bpmn")) == {"a"}


def test_a_task_that_no_log_shows_is_silent_in_a_flow(tmp_path):
    (tmp_path / "flow.bpmn").write_text(bpmn([START, END, *TASKS[:2]], "s>a", "a>b", "b>e"))
    made = blueprint(["a", "b"], "ab").activities
    flow = read_flow(tmp_path / "flow.bpmn", (made[0], replace(made[1], observable=False, labels=())))
    assert runs(flow.net) == {"a"}


def test_a_terminate_event_of_an_object_that_stops_parallel_work_is_refused(tmp_path):
    nodes = [START, END, *TASKS[:2], "parallelGateway x", "parallelGateway y"]
    content = bpmn(nodes, *SPLIT, inner={"e": "<terminateEventDefinition/>"})
    with pytest.raises(ModelError, match="endEvent 'e' terminates work that goes on in parallel"):
        net_of(bpmn_object(content, tmp_path))


def bpmn_object(content, folder):
    (folder / "object.bpmn").write_text(content)
    return pm4py().read_bpmn(str(folder / "object.bpmn"))


@pytest.mark.parametrize("gateway", ["exclusiveGateway", "parallelGateway"])
def test_a_bpmn_object_means_what_its_file_means(read, tmp_path, gateway):
    content = bpmn(
        [START, END, *TASKS, "intermediateThrowEvent i", f"{gateway} x", f"{gateway} y"],
        *("s>i", "i>c", "c>x", "x>a", "x>b", "a>y", "b>y", "y>e"),
    )
    assert net_of(bpmn_object(content, tmp_path)) == read(content, "flow.bpmn")


@settings(deadline=None, max_examples=examples(30))
@given(flows())
def test_a_bpmn_that_pm4py_makes_of_a_tree_means_the_same(flow):
    assert same_language(net_of(pm4py().convert_to_bpmn(tree_of(flow))), write_net(flow))


@pytest.mark.parametrize(
    ("nodes", "arcs", "message"),
    [
        ([START, END, *TASKS[:2], "inclusiveGateway x", "inclusiveGateway y"], SPLIT, "InclusiveGateway '[xy]'"),
        ([START, END, TASKS[0], "eventBasedGateway x"], ["s>x", "x>a", "a>e"], "EventBasedGateway 'x'"),
        ([START, END, TASKS[0], "subProcess x"], ["s>x", "x>a", "a>e"], "SubProcess 'x'"),
        ([START, END, TASKS[0], "boundaryEvent x"], [*LINE, "x>e"], "BoundaryEvent 'x'"),
        ([START, END, *TASKS[:2]], ["s>a", "a>b", "a>e", "b>e"], r"Task 'a' \('a'\) has several outgoing flows"),
    ],
)
def test_what_pm4pys_own_conversion_loses_in_silence_is_refused(tmp_path, nodes, arcs, message):
    with pytest.raises(ModelError, match=message):
        net_of(bpmn_object(bpmn(nodes, *arcs), tmp_path))


def test_message_flows_and_several_processes_are_refused(tmp_path):
    one = bpmn([START, END, TASKS[0]], *LINE)
    body = one.partition("<process id='p'>")[2].partition("</process>")[0]
    for id in ("s", "a", "e", "s>a", "a>e"):
        body = body.replace(f"'{id}'", f"'{id}2'")
    two = one.replace("</definitions>", f"<process id='q'>{body}</process></definitions>")
    with pytest.raises(ModelError, match="holds 2 processes"):
        net_of(bpmn_object(two, tmp_path))
    message = '<collaboration id="c"><messageFlow id="m" sourceRef="a" targetRef="a2"/></collaboration>'
    with pytest.raises(ModelError, match="MessageFlow 'm' cannot be read"):
        net_of(bpmn_object(two.replace("</definitions>", message + "</definitions>"), tmp_path))


# --- by extension and by type ------------------------------------------------------------------------------------------------


def test_a_blueprint_is_read_as_its_net_and_unobservable_steps_are_silent(tmp_path):
    raw = blueprint_dict([*"ab", "c"], "abc")
    raw["activities"][1] = {k: v for k, v in raw["activities"][1].items() if k != "labels"} | {"observable": False}
    for name in ("design.yaml", "design.yml"):
        (tmp_path / name).write_text(json.dumps(raw))
        assert runs(read_net(tmp_path / name)) == {"ac"}


def test_every_kind_of_object_gives_its_net():
    flow = m.Sequence((m.Step("a"), m.Step("b")))
    net = write_net(flow)
    assert net_of(net) is net
    assert net_of(flow) == net
    assert net_of(blueprint(["a", "b"], "ab")) == net
    assert net_of(m.Graph("flow.bpmn", net, ("a", "b"), ())) is net


def test_a_discovered_flow_gives_its_net():
    from mining.discovery import DiscoveredFlow, DiscoveredModel

    model = DiscoveredModel(SimpleNamespace(), "inductive", {}, write_net(m.Step("a")), m.Step("a"))
    assert runs(net_of(model)) == runs(net_of(DiscoveredFlow(SimpleNamespace(), model))) == {"a"}
    with pytest.raises(ModelError, match="holds no activity"):
        net_of(DiscoveredModel(SimpleNamespace(), "inductive", {}, None))


@pytest.mark.parametrize("model", [None, 3, (1, 2), ("a", "b", "c"), {"a": 1}, object()])
def test_what_is_no_model_is_refused_with_a_list_of_what_is(model):
    with pytest.raises(ModelError, match="Known: .*initial marking.*BPMN"):
        net_of(model)


def test_a_path_is_no_model_and_an_unknown_extension_is_named(tmp_path):
    with pytest.raises(ModelError, match="'x.pnml' is the name of a file; read it with read_net"):
        net_of("x.pnml")
    with pytest.raises(
        ModelError, match=r"'.xpdl' is no known kind of model. Known: .bpmn, .pnml, .pnml.gz, .ptml, .yaml, .yml"
    ):
        read_net(tmp_path / "x.xpdl")


# --- real files --------------------------------------------------------------------------------------------------------------


def real(pattern):
    found = [x for folder in ("alignments", "logs") for x in sorted((SHARED / folder).glob(pattern))]
    return found or [pytest.param(None, marks=pytest.mark.skip(reason=f"no {pattern} of the shared folder here"))]


@pytest.mark.parametrize("path", real("*.pnml"), ids=lambda p: p and p.stem)
def test_real_nets_read_as_pm4py_reads_them(path):
    net, (theirs, initial, last) = read_net(path), pm4py().read_pnml(str(path))
    assert len(net.initial) == len(theirs.places)
    assert Counter(t.label for t in net.transitions) == Counter(t.label for t in theirs.transitions)
    assert sum(len(t.consumes) + len(t.produces) for t in net.transitions) == len(theirs.arcs)
    for ours, marking in ((net.initial, initial), (net.final, last)):
        assert sorted(filter(None, ours)) == sorted(marking.values())
    assert net_of((theirs, initial, last)) == net


@pytest.mark.parametrize("path", real("*.bpmn"), ids=lambda p: p and p.stem)
def test_real_bpmn_files_are_read_whole_and_sound(path):
    net = read_net(path)
    tasks = re.findall(r'<task [^>]*?\bname="([^"]+)"', path.read_text("utf-8"))
    assert tasks
    assert set(net.labels) == {" ".join(name.replace("&#10;", " ").split()) for name in tasks}
    assert automaton.build(net).labels == net.labels
    assert net_of(pm4py().read_bpmn(str(path))) == net

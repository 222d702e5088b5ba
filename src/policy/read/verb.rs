//! What a rule demands: the one key of a rule that is a verb.

use super::parties::{Side, parties, services};
use super::words::{word, words};
use crate::policy::{Party, Service, Verb, Who};
use crate::source::Problem;
use crate::source::yaml::{Fields, Node, Problems, Value};

/// Who may not, or must, reach whom.
pub(super) struct Demand {
    pub(super) verb: Verb,
    pub(super) from: Vec<Party>,
    pub(super) to: Vec<Party>,
    pub(super) services: Vec<Service>,
}

/// One verb: its key and how its value is read.
struct Row {
    key: &'static str,
    read: fn(&Node, &mut Problems) -> Option<Demand>,
}

const VERBS: [Row; 11] = [
    Row { key: "deny", read: deny },
    Row { key: "only", read: only },
    Row { key: "require", read: require },
    Row { key: "isolate", read: isolate },
    Row { key: "via", read: via },
    Row { key: "declare", read: declare },
    Row { key: "register", read: register },
    Row { key: "logged", read: logged },
    Row { key: "scheduled", read: scheduled },
    Row { key: "destinations", read: destinations },
    Row { key: "hygiene", read: hygiene },
];

/// The demand of a rule.
pub(super) fn verb(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Demand> {
    let mut found = Vec::new();
    for row in &VERBS {
        found.extend(fields.get(row.key).map(|node| (row, node)));
    }
    if let [(row, node)] = found.as_slice() {
        return (row.read)(node, problems);
    }
    let list = VERBS.map(|row| row.key).join(", ");
    let second = found.get(1).map_or("", |(row, _)| row.key);
    let message = if found.is_empty() {
        crate::text!(
            "規則に動詞（deny、require など）が必要です。",
            "a rule needs a verb such as `deny` or `require`"
        )
    } else {
        crate::text!("1つの規則に動詞は1つだけ書けます。", "a rule has one verb only")
    };
    let help = crate::text!(
        "次のどれか1つを書いてください: {list}（例: deny: {{ from: dmz, to: pi }}）",
        "write one of: {list} (for example `deny: {{ from: dmz, to: pi }}`)"
    );
    problems.push(Problem::new(fields.place(second), message).help(help));
    None
}

fn deny(node: &Node, problems: &mut Problems) -> Option<Demand> {
    let mut fields = Fields::open(node, problems)?;
    let mut demand = between(&mut fields, problems);
    let both_ways = both_ways(&mut fields, &demand, problems);
    demand.verb = Verb::Deny { both_ways };
    fields.close(problems);
    Some(demand)
}

fn only(node: &Node, problems: &mut Problems) -> Option<Demand> {
    let mut fields = Fields::open(node, problems)?;
    let mut demand = between(&mut fields, problems);
    let both_ways = both_ways(&mut fields, &demand, problems);
    let flows = fields.get("flows").is_some().then(|| fields.texts("flows", problems));
    demand.verb = Verb::Only { both_ways, flows };
    fields.close(problems);
    Some(demand)
}

fn require(node: &Node, problems: &mut Problems) -> Option<Demand> {
    let mut fields = Fields::open(node, problems)?;
    let mut demand = between(&mut fields, problems);
    demand.verb = Verb::Require;
    if fields.get("both-ways").is_some() {
        let message = crate::text!(
            "require に both-ways は書けません。",
            "`both-ways` does not go with `require`"
        );
        let help =
            crate::text!("方向ごとに規則を分けてください。", "write one rule for each direction");
        problems.push(Problem::new(fields.place("both-ways"), message).help(help));
    }
    fields.close(problems);
    Some(demand)
}

/// Each member against each other: a `deny` with the members on both sides.
fn isolate(node: &Node, problems: &mut Problems) -> Option<Demand> {
    refuse_empty(node, problems);
    let members = parties(node, Side::From, problems);
    let verb = Verb::Deny { both_ways: false };
    Some(Demand { verb, from: members.clone(), to: members, services: Vec::new() })
}

fn via(node: &Node, problems: &mut Problems) -> Option<Demand> {
    let mut fields = Fields::open(node, problems)?;
    let mut demand = between(&mut fields, problems);
    fields.need("through", problems);
    let through = fields.texts("through", problems);
    demand.verb = Verb::Via { through: through.into_iter().map(|d| (d.value, d.span)).collect() };
    fields.close(problems);
    Some(demand)
}

fn logged(node: &Node, problems: &mut Problems) -> Option<Demand> {
    plain(node, Verb::Logged, problems)
}

fn scheduled(node: &Node, problems: &mut Problems) -> Option<Demand> {
    plain(node, Verb::Scheduled, problems)
}

fn plain(node: &Node, verb: Verb, problems: &mut Problems) -> Option<Demand> {
    let mut fields = Fields::open(node, problems)?;
    let demand = Demand { verb, ..between(&mut fields, problems) };
    fields.close(problems);
    Some(demand)
}

fn declare(node: &Node, problems: &mut Problems) -> Option<Demand> {
    let mut fields = Fields::open(node, problems)?;
    let of = fields.need("of", problems);
    let fact = fields.need("fact", problems).and_then(|node| node.text(problems));
    let want = word(&mut fields, "want", problems);
    fields.close(problems);
    let of = of?;
    let organisation =
        matches!(&of.value, Value::Scalar { text, .. } if text.trim() == "organisation");
    let from = if organisation { Vec::new() } else { parties(of, Side::From, problems) };
    let verb = Verb::Declare { fact: fact?.value, want };
    Some(Demand { verb, from, to: Vec::new(), services: Vec::new() })
}

/// `register: external-connections`, or a mapping with what each entry needs.
fn register(node: &Node, problems: &mut Problems) -> Option<Demand> {
    let verb = if matches!(node.value, Value::Scalar { .. }) {
        registered(node, problems);
        Verb::Register { approvers: Vec::new(), contract: false }
    } else {
        let mut fields = Fields::open(node, problems)?;
        if let Some(of) = fields.need("of", problems) {
            registered(of, problems);
        }
        let approvers = words(&mut fields, "approved-by", problems);
        let contract = fields.flag("contract", problems);
        fields.close(problems);
        Verb::Register { approvers, contract }
    };
    Some(Demand { verb, from: Vec::new(), to: Vec::new(), services: Vec::new() })
}

fn registered(node: &Node, problems: &mut Problems) {
    let Some(found) = node.text(problems) else { return };
    if found.value != "external-connections" {
        let word = &found.value;
        let message = crate::text!("台帳「{word}」はありません。", "there is no register `{word}`");
        problems.push(Problem::new(found.span, message).suggest(word, ["external-connections"]));
    }
}

fn destinations(node: &Node, problems: &mut Problems) -> Option<Demand> {
    let mut fields = Fields::open(node, problems)?;
    fields.need("from", problems);
    let from = fields.get("from").map(|node| parties(node, Side::From, problems));
    let to = fields.get("to").map(|node| parties(node, Side::To, problems));
    let span = fields.span;
    fields.need("forbid", problems);
    let forbid = fields.texts("forbid", problems);
    fields.close(problems);
    let everyone = vec![Party { who: Who::Everyone, span }];
    let verb = Verb::Destinations { forbid };
    let (from, to) = (from.unwrap_or_default(), to.unwrap_or(everyone));
    Some(Demand { verb, from, to, services: Vec::new() })
}

fn hygiene(node: &Node, problems: &mut Problems) -> Option<Demand> {
    refuse_empty(node, problems);
    let rules = node.one_or_many().iter().filter_map(|node| node.text(problems)).collect();
    let verb = Verb::Hygiene { rules };
    Some(Demand { verb, from: Vec::new(), to: Vec::new(), services: Vec::new() })
}

/// `from`, `to` and `service`; the verb is filled in by the caller.
fn between(fields: &mut Fields<'_>, problems: &mut Problems) -> Demand {
    let from = needed(fields, "from", Side::From, problems);
    let to = needed(fields, "to", Side::To, problems);
    let services = service_list(fields, problems);
    Demand { verb: Verb::Require, from, to, services }
}

fn both_ways(fields: &mut Fields<'_>, demand: &Demand, problems: &mut Problems) -> bool {
    let both_ways = fields.flag("both-ways", problems);
    let device = demand.to.iter().find(|party| matches!(party.who, Who::Device(_)));
    if let Some(device) = device.filter(|_| both_ways) {
        let message = crate::text!(
            "機器自身（self:）あての規則に both-ways は書けません。",
            "`both-ways` does not go with `self:` (devices do not open connections here)"
        );
        problems.push(Problem::new(device.span, message));
    }
    both_ways
}

pub(super) fn needed(
    fields: &mut Fields<'_>,
    key: &'static str,
    side: Side,
    problems: &mut Problems,
) -> Vec<Party> {
    let Some(node) = fields.need(key, problems) else { return Vec::new() };
    refuse_empty(node, problems);
    parties(node, side, problems)
}

pub(super) fn service_list(fields: &mut Fields<'_>, problems: &mut Problems) -> Vec<Service> {
    fields.refuse_blank("service", problems);
    let Some(node) = fields.get("service") else { return Vec::new() };
    refuse_empty(node, problems);
    services(node, problems)
}

/// An empty list would make a rule that speaks of nothing, or of everything.
pub(super) fn refuse_empty(node: &Node, problems: &mut Problems) {
    if node.one_or_many().is_empty() {
        let message = crate::text!("一覧が空です。", "the list is empty");
        problems.push(Problem::new(node.span, message));
    }
}

/// What goes with some verbs only: the keys, and whether the verb takes them.
pub(super) fn companions(verb: &Verb) -> [(&'static str, bool); 3] {
    let paths = verb.has_parties() && *verb != Verb::Require;
    [("except", paths), ("stepping-stones", verb.forbids()), ("enforce-at", verb.forbids())]
}

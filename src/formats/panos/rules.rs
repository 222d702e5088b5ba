//! One security rule as it is written.

use super::layout::Layer;
use super::nat::Site;
use super::reader::{Fields, Reader};
use super::services::by_application;
use super::tree::{Nodes, Word};
use super::zones::Ends;
use crate::model::{Action, AddressId, ScheduleId, ServiceId, Unknown};
use crate::source::Span;
use crate::text;

/// Which zone pairs a rule is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    Universal,
    Intrazone,
    Interzone,
}

/// A security rule.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) label: String,
    pub(super) from: Ends,
    pub(super) to: Ends,
    pub(super) reach: Reach,
    pub(super) source: AddressId,
    pub(super) destination: AddressId,
    pub(super) service: ServiceId,
    pub(super) schedule: Option<ScheduleId>,
    pub(super) unknown: Vec<Unknown>,
    /// Whether it stops applications that no packet shows which opens a TCP connection.
    pub(super) late: bool,
    pub(super) action: Action,
    pub(super) enabled: bool,
    pub(super) log: Option<bool>,
    pub(super) comment: Option<String>,
    pub(super) span: Span,
}

/// Fields that do not decide whether a packet passes: profiles inspect, the rest is for people and logs.
pub(super) const WORDS: [&str; 16] = [
    "tag",
    "group-tag",
    "profile-setting",
    "log-setting",
    "qos",
    "option",
    "uuid",
    "audit-comment",
    "icmp-unreachable",
    "disable-server-response-inspection",
    "loc",
    "log-forwarding",
    "policy-create-time",
    "policy-update-time",
    "disable-inspect",
    "description",
];

/// Conditions that hold for everybody when they say one of these.
const OPEN: [&str; 3] = ["any", "no-hip", ""];

/// Reads one rule.
pub(super) fn rule<'t>(
    reader: &mut Reader<'t>,
    site: &Site<'_, 't>,
    layer: &Layer,
    nodes: &Nodes,
) -> Rule {
    let tree = reader.tree;
    let span = nodes.span(tree);
    let name = nodes.0.first().map_or("", |at| tree.name(*at));
    let mut fields = reader.fields(nodes);
    let mut unknown = Vec::new();
    let reach = reach(&mut fields);
    let from = zones(reader, site, &mut fields, "from", &mut unknown);
    let to = match reach {
        // An intrazone rule has no use for `to`.
        Reach::Intrazone => {
            drop(fields.many("to"));
            Ends::Any
        }
        _ => zones(reader, site, &mut fields, "to", &mut unknown),
    };
    let source = addresses(reader, layer, &mut fields, "source", &mut unknown);
    let destination = addresses(reader, layer, &mut fields, "destination", &mut unknown);
    let applications = fields.many("application").unwrap_or_default();
    let services = fields.many("service").unwrap_or_default();
    let service = if services.is_empty() {
        missing(&mut unknown, "service", span);
        reader.b.any_service(span)
    } else {
        reader.rule_services(layer.space, &services, &applications, span)
    };
    applied(reader, &applications, &mut unknown);
    let default = services.iter().any(|word| word.text == "application-default");
    if default && applications.iter().all(|word| word.text == "any") {
        let reason = text!(
            "application-default は識別されたアプリケーションの既定ポートに限るため、通るとも止まるとも読みます。",
            "application-default admits each application on its own ports only, which is known after its first packets"
        );
        unknown.push(Unknown { reason, span });
    }
    let schedule = fields.one("schedule").filter(|word| word.text != "None");
    let schedule = schedule.map(|word| reader.schedule(layer.space, word));
    conditions(&mut fields);
    target(reader, &mut fields);
    let action = action(&mut fields);
    let late = action == Action::Deny
        && by_name(&applications)
        && !remembered(reader, site)
        && reader.shows_later(layer.space, &applications, &overridden(reader, site));
    let enabled = !fields.yes("disabled");
    let (start, end) = (fields.one("log-start"), fields.one("log-end"));
    let says = |word: Option<Word<'_>>, value: &str| word.is_some_and(|word| word.text == value);
    // The end of a session is logged unless the rule says otherwise.
    let log = Some(says(start, "yes") || !says(end, "no"));
    let comment = fields.one("description").map(|word| word.text.to_owned());
    unknown.extend(fields.close(&WORDS));
    Rule {
        label: format!("{} {name}", layer.kind),
        from,
        to,
        reach,
        source,
        destination,
        service,
        schedule,
        unknown,
        late,
        action,
        enabled,
        log,
        comment,
        span,
    }
}

fn reach(fields: &mut Fields<'_>) -> Reach {
    match fields.one("rule-type") {
        None => Reach::Universal,
        Some(word) => match word.text {
            "universal" => Reach::Universal,
            "intrazone" => Reach::Intrazone,
            "interzone" => Reach::Interzone,
            _ => {
                fields.doubt(
                    word.at,
                    text!("rule-type を解釈できません。", "the rule type is not known"),
                );
                Reach::Universal
            }
        },
    }
}

/// What stops a packet with or without an answer stops it.
fn action(fields: &mut Fields<'_>) -> Action {
    match fields.one("action") {
        None => Action::Undecided,
        Some(word) => match word.text {
            "allow" => Action::Permit,
            "deny" | "drop" | "reset-client" | "reset-server" | "reset-both" => Action::Deny,
            _ => {
                fields.doubt(word.at, text!("動作を解釈できません。", "the action is not known"));
                Action::Undecided
            }
        },
    }
}

fn missing(unknown: &mut Vec<Unknown>, field: &str, span: Span) {
    let reason = text!("「{field}」がありません。", "`{field}` is missing");
    unknown.push(Unknown { reason, span });
}

fn zones<'t>(
    reader: &mut Reader<'t>,
    site: &Site<'_, 't>,
    fields: &mut Fields<'t>,
    field: &'static str,
    unknown: &mut Vec<Unknown>,
) -> Ends {
    match fields.many(field) {
        Some(words) if !words.is_empty() => site.zones.ends(reader, site.vsys, &words, unknown),
        _ => {
            missing(unknown, field, fields.span());
            Ends::Any
        }
    }
}

/// The source or destination of a rule, negated when it says so.
fn addresses<'t>(
    reader: &mut Reader<'t>,
    layer: &Layer,
    fields: &mut Fields<'t>,
    field: &str,
    unknown: &mut Vec<Unknown>,
) -> AddressId {
    let span = fields.span();
    let words = fields.many(field).unwrap_or_default();
    let negated = fields.yes(&format!("negate-{field}"));
    if words.is_empty() {
        missing(unknown, field, span);
        return reader.b.any_address(None, span);
    }
    let set = reader.addresses(layer.space, &words, span);
    if !negated {
        return set;
    }
    let any = reader.b.any_address(None, span);
    reader.b.except(any, set, span)
}

/// An application is known only after packets have passed: permits and denies by application are both uncertain.
fn applied(reader: &Reader<'_>, words: &[Word<'_>], unknown: &mut Vec<Unknown>) {
    if let Some(first) = words.first().filter(|_| by_name(words)) {
        unknown.push(Unknown { reason: by_application(), span: reader.tree.span(first.at) });
    }
}

/// Whether a rule is for certain applications.
fn by_name(words: &[Word<'_>]) -> bool {
    !words.is_empty() && !words.iter().any(|word| word.text == "any")
}

/// Whether the firewall takes the application of a connection from an earlier one, and thus with the first packet.
fn remembered(reader: &Reader<'_>, site: &Site<'_, '_>) -> bool {
    let path = ["setting", "application", "use-cache-for-identification"];
    let words = site.unit.shape.deviceconfig.path(reader.tree, &path).words(reader.tree);
    words.iter().any(|word| word.text != "no")
}

/// Applications that the first packet shows: `application-override` names them by port.
fn overridden<'t>(reader: &Reader<'t>, site: &Site<'_, 't>) -> Vec<&'t str> {
    let tree = reader.tree;
    let layers = site.unit.vsys.get(site.vsys).map_or(&[][..], |system| system.layers.as_slice());
    let mut out = Vec::new();
    for layer in layers {
        for at in layer.rulebase.path(tree, &["application-override", "rules"]).0 {
            for rule in tree.children(at) {
                out.extend(Nodes::of(*rule).sub(tree, "application").words(tree));
            }
        }
    }
    out.into_iter().map(|word| word.text).collect()
}

/// Users, devices, URL categories: conditions on what no packet shows.
fn conditions(fields: &mut Fields<'_>) {
    for name in [
        "source-user",
        "category",
        "hip-profiles",
        "source-hip",
        "destination-hip",
        "source-device",
        "destination-device",
        "saas-user-list",
        "saas-tenant-list",
        "source-imsi",
        "source-imei",
        "source-nw-slice",
    ] {
        let words = fields.many(name).unwrap_or_default();
        let first = words.iter().find(|word| !OPEN.contains(&word.text));
        if let Some(word) = first.filter(|_| !words.iter().any(|word| word.text == "any")) {
            let reason = text!(
                "「{name}」の条件は設定だけでは判定できないため、通るとも止まるとも読みます。",
                "whether `{name}` holds cannot be told from the configuration; the rule may or may not apply"
            );
            fields.condition(word.at, reason);
        }
    }
}

/// `target` names the firewalls that a pushed rule is for, or not for.
pub(super) fn target<'t>(reader: &Reader<'t>, fields: &mut Fields<'t>) {
    let tree = reader.tree;
    for node in fields.sub("target").0 {
        let nodes = Nodes::of(node);
        let devices = nodes.sub(tree, "devices").words(tree);
        let tags = nodes.sub(tree, "tags").words(tree);
        let negate = nodes.sub(tree, "negate").words(tree);
        let negated = negate.last().is_some_and(|word| word.text != "no");
        if devices.is_empty() && tags.is_empty() && !negated {
            tree.used_below(node);
        } else {
            let reason = text!(
                "この規則は特定の機器だけを対象とします（target）。",
                "this rule is for certain firewalls only (target)"
            );
            fields.condition(node, reason);
        }
    }
}

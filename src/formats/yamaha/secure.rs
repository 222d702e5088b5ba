//! `secure filter`: the lists of an interface and direction as filters of the device.
//!
//! Static filters know no connections and are met in list order; what none decides is dropped. Where nothing is bound,
//! everything passes. A dynamic filter of one direction admits answers in the other, before the static filters are met.

use super::filter::{Chain, Dynamic, Watches};
use super::interface::{Iface, Secure};
use super::reader::Reader;
use super::service::{self, Application};
use super::wrap::Word;
use crate::formats::builder::{line, unknown};
use crate::model::{Action, Binding, Filter, InterfaceId, Interfaces, Line, Match, ServiceId};
use crate::net::{Family, State};
use crate::source::Span;
use crate::text;
use crate::text::Text;
use rustc_hash::FxHashMap;

/// How the packets of a dynamic filter stand to the direction that is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    /// Bound in the other direction: this direction carries the answers.
    Answers,
    /// Bound in this direction.
    Same,
}

impl<'a> Reader<'a, '_> {
    /// One filter for each family with a binding for every interface that has a list in this direction.
    pub(super) fn secure_filters(&mut self, inward: bool) -> Vec<Filter> {
        let mut out = Vec::new();
        for family in Family::ALL {
            let mut bindings = Vec::new();
            for iface in self.interfaces.clone() {
                let Some(id) = iface.id else { continue };
                if let Some(binding) = self.binding(&iface, id, family, inward) {
                    bindings.push(binding);
                }
            }
            let name = if inward { "secure filter in" } else { "secure filter out" };
            if !bindings.is_empty() {
                out.push(Filter { name, bindings, otherwise: Action::Permit, stateful: false });
            }
        }
        out
    }

    fn binding(
        &mut self,
        iface: &Iface<'a>,
        id: InterfaceId,
        family: Family,
        inward: bool,
    ) -> Option<Binding> {
        let own = self.chain_of(iface, family, inward)?;
        let span = own.span.unwrap_or(iface.span);
        let word = if family == Family::V4 { "ip" } else { "ipv6" };
        let direction = if inward { "in" } else { "out" };
        let name = format!("{word} {} secure filter {direction}", iface.name);
        let stack = iface.stack(family);
        let key = match (&stack.inward, &stack.outward) {
            (Some(Secure::Set(a, _)), Some(Secure::Set(b, _))) => {
                Some((family, inward, a.clone(), b.clone()))
            }
            _ => None,
        };
        let known = key.as_ref().and_then(|key| self.set_lists.get(key)).copied();
        let list = match known {
            Some(list) => list,
            None => {
                let lines = self.bound_lines(iface, &own, family, inward, &name);
                let list = self.builder.list(&name, lines);
                if let Some(key) = key {
                    self.set_lists.insert(key, list);
                }
                list
            }
        };
        let all = self.builder.everything(Some(family), span);
        // Whether a list of dynamic filters only lets anything pass is not established.
        let (last, label) = if own.fixed.is_empty() {
            (Action::Undecided, format!("{name}: no static filter"))
        } else {
            (Action::Deny, format!("{name}: no match"))
        };
        let end = self.builder.list(&name, vec![line(label, all, last, span)]);
        let one = Interfaces::Of(vec![id]);
        let (ingress, egress) =
            if inward { (one, Interfaces::Any) } else { (Interfaces::Any, one) };
        let default_label = format!("{name} filters {} only", family.id());
        let lists = vec![list, end];
        Some(Binding {
            ingress,
            egress,
            lists,
            default: Action::Permit,
            default_label,
            span: Some(span),
        })
    }

    /// Answers to watched connections, then the static filters in order.
    fn bound_lines(
        &mut self,
        iface: &Iface<'a>,
        own: &Chain<'a>,
        family: Family,
        inward: bool,
        name: &str,
    ) -> Vec<Line> {
        let span = own.span.unwrap_or(iface.span);
        let other = self.chain_of(iface, family, !inward).unwrap_or_default();
        let mut lines = Vec::new();
        if own.doubt {
            let all = self.builder.everything(Some(family), span);
            lines.push(line(format!("{name}: not readable"), all, Action::Undecided, span));
        }
        if other.doubt {
            // What it watches is not known, so neither is what it admits.
            let mut all = self.builder.everything(Some(family), span);
            all.states = Some(vec![State::Established, State::Related]);
            lines.push(line(format!("{name}: answers"), all, Action::Undecided, span));
        }
        for word in &other.dynamic {
            self.admitted(family, word, Side::Answers, &mut lines);
        }
        for word in &own.dynamic {
            self.admitted(family, word, Side::Same, &mut lines);
        }
        for word in &own.fixed {
            lines.push(self.static_line(family, word));
        }
        lines
    }

    /// The lists bound in a direction; `None` when none are, or when the set that is named does not exist.
    fn chain_of(&mut self, iface: &Iface<'a>, family: Family, inward: bool) -> Option<Chain<'a>> {
        let stack = iface.stack(family);
        match if inward { &stack.inward } else { &stack.outward } {
            None => None,
            Some(Secure::Chain(chain)) => Some(chain.clone()),
            Some(Secure::Set(name, span)) => {
                let key = (family, name.clone());
                let Some(set) = self.filters.sets.get(&key) else {
                    if inward {
                        self.builder.undefined("ip filter set", name, *span);
                    }
                    return None;
                };
                let chain = if inward { &set.inward } else { &set.outward };
                chain.clone().map(|chain| Chain { span: Some(*span), ..chain })
            }
        }
    }

    /// The line of a static filter; an undefined one may do anything.
    fn static_line(&mut self, family: Family, word: &Word<'_>) -> Line {
        let number = word.text.parse::<u32>().unwrap_or(0);
        if let Some(line) = self.filters.fixed.get(&(family, number)) {
            return line.clone();
        }
        let kind = if family == Family::V4 { "ip filter" } else { "ipv6 filter" };
        self.builder.undefined(kind, &word.text, word.span);
        let all = self.builder.everything(Some(family), word.span);
        line(format!("{kind} {number} (undefined)"), all, Action::Undecided, word.span)
    }

    /// What a dynamic filter lets pass in the direction that is asked.
    fn admitted(&mut self, family: Family, word: &Word<'_>, side: Side, out: &mut Vec<Line>) {
        let number = word.text.parse::<u32>().unwrap_or(0);
        let kind = if family == Family::V4 { "ip filter dynamic" } else { "ipv6 filter dynamic" };
        let label = format!("{kind} {number}");
        let Some(dynamic) = self.filters.dynamic.get(&(family, number)).cloned() else {
            if side == Side::Answers {
                self.builder.undefined(kind, &word.text, word.span);
                let mut all = self.builder.everything(Some(family), word.span);
                all.states = Some(vec![State::Established, State::Related]);
                all.unknown.push(unknown(undefined_reason(), word.span));
                out.push(line(format!("{label} (undefined)"), all, Action::Permit, word.span));
            }
            return;
        };
        let span = dynamic.span;
        let back = side == Side::Answers;
        match &dynamic.watches {
            Watches::Application(Application::Idle) => {}
            Watches::Application(Application::Ports(ports)) => {
                let answers = service::of_application(&mut self.builder, ports, back, span);
                self.connection(family, &dynamic, answers, true, side, &label, out);
            }
            Watches::Unknown => {
                let any = self.builder.any_service(span);
                self.connection(family, &dynamic, any, false, side, &label, out);
            }
            Watches::Filters { triggers, back: behind, along } => {
                let any = self.builder.any_service(span);
                if !triggers.is_empty() {
                    self.connection(family, &dynamic, any, false, side, &label, out);
                }
                let opened = if back { behind } else { along };
                for word in opened {
                    let service = self.service_of(family, word).unwrap_or(any);
                    let mut matches = self.between(family, &dynamic, service, back);
                    matches.unknown.push(unknown(triggered_reason(), span));
                    out.push(line(label.clone(), matches, Action::Permit, span));
                }
            }
        }
    }

    /// Packets of a watched connection: answers surely, what it announces perhaps; along, perhaps, since a static filter let it
    /// open.
    #[allow(
        clippy::too_many_arguments,
        reason = "one row of the table of what a watched connection admits"
    )]
    fn connection(
        &mut self,
        family: Family,
        dynamic: &Dynamic<'_>,
        service: ServiceId,
        certain: bool,
        side: Side,
        label: &str,
        out: &mut Vec<Line>,
    ) {
        let back = side == Side::Answers;
        let span = dynamic.span;
        let mut matches = self.between(family, dynamic, service, back);
        matches.states = Some(vec![State::Established]);
        if !certain || !back {
            matches.unknown.push(unknown(watched_reason(), span));
        }
        out.push(line(label.to_owned(), matches, Action::Permit, span));
        let any = self.builder.any_service(span);
        let mut announced = self.between(family, dynamic, any, back);
        announced.states = Some(vec![State::Related]);
        announced.unknown.push(unknown(watched_reason(), span));
        out.push(line(label.to_owned(), announced, Action::Permit, span));
    }

    fn between(
        &mut self,
        family: Family,
        dynamic: &Dynamic<'_>,
        service: ServiceId,
        back: bool,
    ) -> Match {
        let mut matches = self.builder.everything(Some(family), dynamic.span);
        matches.service = service;
        (matches.source, matches.destination) = if back {
            (dynamic.destination, dynamic.source)
        } else {
            (dynamic.source, dynamic.destination)
        };
        matches
    }

    /// Interfaces on which something decides that is not read, and those that are not said to be enabled.
    pub(super) fn doubts(&mut self) -> Vec<Filter> {
        let bridged: FxHashMap<String, Span> = self
            .interfaces
            .iter()
            .filter_map(|iface| Some((iface.bridge.clone()?, bound_anything(iface)?)))
            .collect();
        let mut open: Vec<(InterfaceId, String, Span)> = Vec::new();
        for iface in &self.interfaces {
            let Some(id) = iface.id else { continue };
            let members = bridged.get(&iface.name);
            if let Some(span) = iface.doubts.first() {
                open.push((id, format!("{}: filter not read", iface.name), *span));
            } else if let Some(span) = members {
                open.push((id, format!("{}: filters of its member ports", iface.name), *span));
            } else if iface.needs_enabling() && iface.enabled.is_none() {
                open.push((id, format!("{} is not said to be enabled", iface.name), iface.span));
            }
        }
        let mut sides = [Vec::new(), Vec::new()];
        for (id, label, span) in open {
            let list = self.blanket(&label, None, Action::Undecided, span);
            for (side, bindings) in sides.iter_mut().enumerate() {
                let one = Interfaces::Of(vec![id]);
                let (ingress, egress) =
                    if side == 0 { (one, Interfaces::Any) } else { (Interfaces::Any, one) };
                bindings.push(Binding {
                    ingress,
                    egress,
                    lists: vec![list],
                    default: Action::Permit,
                    default_label: label.clone(),
                    span: Some(span),
                });
            }
        }
        let sides = sides.into_iter().filter(|bindings| !bindings.is_empty());
        sides
            .map(|bindings| Filter {
                name: "interface",
                bindings,
                otherwise: Action::Permit,
                stateful: false,
            })
            .collect()
    }
}

/// Where a filter is bound to an interface.
fn bound_anything(iface: &Iface<'_>) -> Option<Span> {
    let bound = [&iface.v4, &iface.v6].into_iter().flat_map(|s| [&s.inward, &s.outward]);
    bound.flatten().next().map(|_| iface.span)
}

fn undefined_reason() -> Text {
    text!("動的フィルターが定義されていません。", "the dynamic filter is not defined")
}

fn watched_reason() -> Text {
    text!(
        "動的フィルターの監視が続いている間だけ通ります。",
        "passes only while the dynamic filter watches the connection"
    )
}

fn triggered_reason() -> Text {
    text!(
        "動的フィルターの引き金となる通信があったときだけ通ります。",
        "passes only after traffic that triggers the dynamic filter"
    )
}

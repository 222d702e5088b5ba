//! Applications: defined ones with terms, sets, and those that Junos brings.

use super::predefined::{APPLICATIONS, ECHO, PING, SETS, VARYING, icmp_type, port, protocol};
use super::reader::Reader;
use super::tree::{NodeId, Tree};
use crate::formats::builder::Builder;
use crate::model::{Remark, ServiceId, ServiceObject, ServiceSet, TcpFlags};
use crate::net::{PortRange, flow};
use crate::source::Span;
use crate::text;
use rustc_hash::FxHashMap;

/// How deep application sets may nest.
const DEPTH: usize = 32;

/// Protocols whose packets carry ports.
pub(super) const WITH_PORTS: [u8; 5] = [6, 17, 33, 132, 136];

/// What names stand for.
#[derive(Default)]
pub(super) struct Applications<'a> {
    own: FxHashMap<&'a str, NodeId>,
    sets: FxHashMap<&'a str, NodeId>,
    made: FxHashMap<&'a str, Option<ServiceId>>,
}

/// The conditions of an application or of one term.
#[derive(Default)]
struct Term {
    protocol: Option<u8>,
    source: Option<PortRange>,
    destination: Option<PortRange>,
    types: Option<u8>,
    codes: Option<u8>,
    doubt: Option<text::Text>,
}

impl<'a> Reader<'a, '_> {
    pub(super) fn read_applications(&mut self) -> Applications<'a> {
        let mut out = Applications::default();
        let Some(all) = self.tree.get(Tree::ROOT, "applications") else { return out };
        for kid in self.tree.kids(all) {
            let table = match self.word(kid) {
                "application" => &mut out.own,
                "application-set" => &mut out.sets,
                _ => {
                    self.unread(kid);
                    continue;
                }
            };
            for one in self.tree.kids(kid) {
                self.tree.used(one);
                table.insert(self.tree.word(one), one);
            }
        }
        let mut names: Vec<(NodeId, &'a str)> =
            out.own.iter().chain(&out.sets).map(|(name, node)| (*node, *name)).collect();
        names.sort_unstable();
        for (_, name) in names {
            self.application(&mut out, name, self.origin, 0);
        }
        out
    }

    /// What the word of a `match application` statement stands for.
    pub(super) fn application_of(
        &mut self,
        applications: &mut Applications<'a>,
        node: NodeId,
    ) -> ServiceId {
        self.tree.used(node);
        self.application(applications, self.word(node), self.span(node), 0)
    }

    fn application(
        &mut self,
        applications: &mut Applications<'a>,
        name: &'a str,
        span: Span,
        depth: usize,
    ) -> ServiceId {
        match applications.made.get(name) {
            Some(Some(id)) => return *id,
            Some(None) => {
                self.b.device.remarks.push(Remark::Recursive { name: name.to_owned(), span });
                let reason = text!(
                    "アプリケーションセット「{name}」が自分自身を参照しています。",
                    "the application set `{name}` refers to itself"
                );
                return self.b.unknown_service(reason, span);
            }
            None => {}
        }
        let own = applications.own.get(name).copied();
        let set = applications.sets.get(name).copied();
        let id = match (own, set) {
            _ if depth > DEPTH => self.undefined_application(name, span),
            (None, None) => match predefined(&mut self.b, name, span) {
                Some(id) => id,
                None => self.undefined_application(name, span),
            },
            _ => {
                applications.made.insert(name, None);
                let mut members = Vec::new();
                if let Some(node) = own {
                    members.push(self.own_application(node));
                }
                if let Some(node) = set {
                    members.extend(self.application_set(applications, node, depth));
                }
                let span = own.or(set).map_or(span, |node| self.span(node));
                let value = ServiceSet::Union(members);
                let named = ServiceObject { name: name.to_owned(), value, span };
                self.b.device.services.push(named)
            }
        };
        applications.made.insert(name, Some(id));
        id
    }

    fn undefined_application(&mut self, name: &str, span: Span) -> ServiceId {
        let reason = if name.starts_with("junos-") {
            text!(
                "定義済みアプリケーション「{name}」の内容は表にありません。",
                "the predefined application `{name}` is not in the table"
            )
        } else {
            self.b.undefined("application", name, span);
            text!(
                "アプリケーション「{name}」は定義されていません。",
                "the application `{name}` is not defined"
            )
        };
        self.b.unknown_service(reason, span)
    }

    fn application_set(
        &mut self,
        applications: &mut Applications<'a>,
        node: NodeId,
        depth: usize,
    ) -> Vec<ServiceId> {
        let mut members = Vec::new();
        for kid in self.tree.kids(node) {
            match self.word(kid) {
                "application" | "application-set" => {
                    for member in self.tree.kids(kid) {
                        self.tree.used(member);
                        let (name, span) = (self.word(member), self.span(member));
                        members.push(self.application(applications, name, span, depth + 1));
                    }
                }
                "description" => self.tree.ignore(kid),
                _ => members.push(self.strange_service(kid)),
            }
        }
        members
    }

    /// A condition on services that is not understood.
    pub(super) fn strange_service(&mut self, node: NodeId) -> ServiceId {
        let taint = self.taint(node);
        self.b.unknown_service(taint.reason, taint.span)
    }

    fn own_application(&mut self, node: NodeId) -> ServiceId {
        let span = self.span(node);
        let mut members = Vec::new();
        if let Some(terms) = self.tree.get(node, "term") {
            for term in self.tree.kids(terms) {
                let one = self.application_term(term, true);
                let span = self.span(term);
                members.push(one.service(&mut self.b, span));
            }
        }
        let own = self.application_term(node, members.is_empty());
        if members.is_empty() || own.protocol.is_some() {
            members.push(own.service(&mut self.b, span));
        }
        self.b.services(members, span)
    }

    fn application_term(&mut self, node: NodeId, needed: bool) -> Term {
        let mut out = Term::default();
        let (mut good, mut icmp) = (true, None);
        for kid in self.tree.kids(node) {
            let word = self.word(kid);
            match word {
                "term" => continue,
                "inactivity-timeout"
                | "description"
                | "application-protocol"
                | "alg"
                | "do-not-translate-A-query-to-AAAA-query"
                | "do-not-translate-AAAA-query-to-A-query" => {
                    self.tree.ignore(kid);
                    continue;
                }
                _ => {}
            }
            let value = self.tree.value(kid);
            let plain = value.is_some_and(|value| self.tree.kids(value).is_empty());
            let text = value.filter(|_| plain).map_or("", |value| self.word(value));
            match word {
                "icmp-type" | "icmp-code" => icmp = Some(1),
                "icmp6-type" | "icmp6-code" => icmp = Some(58),
                _ => {}
            }
            let read = match word {
                "protocol" => set(&mut out.protocol, protocol(text)),
                "source-port" => set(&mut out.source, range(text)),
                "destination-port" => set(&mut out.destination, range(text)),
                "icmp-type" => set(&mut out.types, icmp_type(text, false)),
                "icmp6-type" => set(&mut out.types, icmp_type(text, true)),
                "icmp-code" | "icmp6-code" => set(&mut out.codes, text.parse().ok()),
                _ => false,
            };
            if !read {
                out.doubt = Some(self.taint(kid).reason);
                good = false;
            }
        }
        // A type of ICMP says the protocol; the two tables of types are those of the two versions.
        if out.protocol.is_none() && out.source.is_none() && out.destination.is_none() {
            out.protocol = icmp;
        }
        let ported = out.source.is_some() || out.destination.is_some();
        let named = out.protocol.is_some_and(|p| !ported || flow::has_ports(p));
        if needed && good && !named {
            let reason = text!(
                "プロトコルが指定されていないため、対象の通信を特定できません。",
                "no protocol is given, so what it stands for is not known"
            );
            out.doubt = Some(reason);
        }
        out
    }
}

fn set<T>(slot: &mut Option<T>, value: Option<T>) -> bool {
    let read = value.is_some();
    *slot = value;
    read
}

impl Term {
    fn service(&self, b: &mut Builder, span: Span) -> ServiceId {
        if let Some(reason) = &self.doubt {
            return b.unknown_service(reason.clone(), span);
        }
        let Some(protocol) = self.protocol else {
            return b.services(Vec::new(), span);
        };
        if flow::has_ports(protocol) {
            let source = self.source.unwrap_or(PortRange::ALL);
            let destination = self.destination.unwrap_or(PortRange::ALL);
            return b.ports(protocol, source, destination, TcpFlags::ANY, span);
        }
        if flow::is_icmp(protocol) && (self.types.is_some() || self.codes.is_some()) {
            let one = |value: Option<u8>| value.map(|value| (value, value));
            return b.icmp(protocol, one(self.types), one(self.codes), span);
        }
        b.protocol(protocol, span)
    }
}

/// What Junos defines under this name.
fn predefined(b: &mut Builder, name: &str, span: Span) -> Option<ServiceId> {
    if name == "any" {
        return Some(b.any_service(span));
    }
    if let Some((_, protocol, kind)) = ECHO.iter().find(|(known, ..)| *known == name) {
        return Some(b.icmp(*protocol, Some((*kind, *kind)), None, span));
    }
    if let Some((_, protocol, kind)) = PING.iter().find(|(known, ..)| *known == name) {
        let reason = text!(
            "定義済みアプリケーション「{name}」がエコー要求以外の ICMP を含むかどうかはリリースによって異なります。",
            "whether the predefined application `{name}` holds more than echo requests depends on the release"
        );
        let echo = b.icmp(*protocol, Some((*kind, *kind)), None, span);
        let (all, doubt) = (b.protocol(*protocol, span), b.unknown_service(reason, span));
        let rest = b.service_both(all, doubt, span);
        return Some(b.services(vec![echo, rest], span));
    }
    if let Some((_, members)) = SETS.iter().find(|(known, _)| *known == name) {
        let members = members.iter().filter_map(|member| predefined(b, member, span)).collect();
        return Some(b.services(members, span));
    }
    if let Some((_, parts)) = VARYING.iter().find(|(known, _)| *known == name) {
        let reason = text!(
            "定義済みアプリケーション「{name}」のポートはリリースによって異なります。",
            "the ports of the predefined application `{name}` depend on the release"
        );
        let (all, doubt) = (ports_of(b, parts, span)?, b.unknown_service(reason, span));
        return Some(b.service_both(all, doubt, span));
    }
    let (_, parts) = APPLICATIONS.iter().find(|(known, _)| *known == name)?;
    ports_of(b, parts, span)
}

fn ports_of(b: &mut Builder, parts: &[(u8, u16, u16)], span: Span) -> Option<ServiceId> {
    let mut members = Vec::new();
    for (protocol, first, last) in parts {
        let range = PortRange::new(*first, *last)?;
        members.push(if flow::has_ports(*protocol) {
            b.ports(*protocol, PortRange::ALL, range, TcpFlags::ANY, span)
        } else {
            b.protocol(*protocol, span)
        });
    }
    Some(b.services(members, span))
}

/// `80`, `http`, `1024-65535`.
pub(super) fn range(word: &str) -> Option<PortRange> {
    if let Some(one) = port(word) {
        return Some(PortRange::single(one));
    }
    let (first, last) = word.split_once('-')?;
    PortRange::new(port(first)?, port(last)?)
}

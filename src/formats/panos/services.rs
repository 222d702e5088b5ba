//! Services, their groups, and the ports of applications.

use super::applications::{Standard, ports, standard};
use super::names::{Found, MAX_NESTING, OBJECT_WORDS, Space};
use super::reader::Reader;
use super::tree::{At, Nodes, Word};
use crate::model::{ScheduleId, ServiceId, ServiceObject, ServiceSet, TcpFlags};
use crate::net::PortRange;
use crate::source::Span;
use crate::text;
use crate::text::Text;

const TCP: u8 = 6;
const UDP: u8 = 17;
const SCTP: u8 = 132;

/// Services that need no definition.
const PREDEFINED: [(&str, &[u16]); 2] = [("service-http", &[80, 8080]), ("service-https", &[443])];

impl<'t> Reader<'t> {
    /// What a service name in a rule stands for.
    pub(super) fn service(&mut self, space: Space, word: Word<'t>) -> ServiceId {
        self.service_from(space, 0, word, 0)
    }

    fn service_from(
        &mut self,
        space: Space,
        start: usize,
        word: Word<'t>,
        depth: usize,
    ) -> ServiceId {
        let (text, span) = (word.text, self.tree.span(word.at));
        if text == "any" {
            return self.b.any_service(span);
        }
        if let Some(found) =
            self.names.find(self.tree, space, start, &["service", "service-group"], text)
        {
            return self.named_service(space, &found, text, depth);
        }
        if let Some((_, list)) = PREDEFINED.iter().find(|(name, _)| *name == text) {
            let members = list.iter().map(|port| self.b.one_port(TCP, *port, span)).collect();
            return self.b.services(members, span);
        }
        self.b.undefined("service", text, span);
        let reason =
            text!("サービス「{text}」は定義されていません。", "service `{text}` is not defined");
        self.tree.unsupported(word.at, reason.clone());
        self.b.unknown_service(reason, span)
    }

    fn named_service(
        &mut self,
        space: Space,
        found: &Found,
        name: &'t str,
        depth: usize,
    ) -> ServiceId {
        let Some(at) = found.definitions.first().copied() else {
            return self.b.any_service(self.origin);
        };
        let span = self.tree.span(at);
        let key = (at, space, found.place);
        if let Some(id) = self.names.services.get(&key) {
            return *id;
        }
        if depth > MAX_NESTING || !self.names.open.insert(at) {
            let reason =
                text!("グループ「{name}」は自分自身を含みます。", "group `{name}` contains itself");
            return self.b.unknown_service(reason, span);
        }
        let value = if let [_, second, ..] = found.definitions.as_slice() {
            let reason = self.names.twice(name);
            self.tree.unknown(*second, reason.clone());
            ServiceSet::Unknown { reason }
        } else if found.kind == "service" {
            ServiceSet::Union(self.service_object(at))
        } else {
            ServiceSet::Union(self.service_group(space, found.place, at, depth))
        };
        self.names.open.remove(&at);
        let id = self.b.device.services.push(ServiceObject { name: name.to_owned(), value, span });
        self.names.services.insert(key, id);
        id
    }

    fn service_group(
        &mut self,
        space: Space,
        place: usize,
        at: At,
        depth: usize,
    ) -> Vec<ServiceId> {
        let mut fields = self.fields(&Nodes::of(at));
        let words = fields.many("members").unwrap_or_default();
        let doubts = fields.close(&OBJECT_WORDS);
        let mut members: Vec<ServiceId> = words
            .into_iter()
            .map(|word| self.service_from(space, place, word, depth + 1))
            .collect();
        for doubt in doubts {
            members.push(self.b.unknown_service(doubt.reason, doubt.span));
        }
        members
    }

    fn service_object(&mut self, at: At) -> Vec<ServiceId> {
        let span = self.tree.span(at);
        let fields = self.fields(&Nodes::of(at));
        let protocols = fields.sub("protocol");
        let mut doubts = fields.close(&OBJECT_WORDS);
        let mut members = Vec::new();
        for (name, nodes) in protocols.entries(self.tree) {
            let number = match name {
                "tcp" => TCP,
                "udp" => UDP,
                "sctp" => SCTP,
                _ => {
                    let reason = text!(
                        "プロトコル「{name}」は未対応です。",
                        "the protocol `{name}` is not known"
                    );
                    for node in &nodes.0 {
                        self.tree.unknown(*node, reason.clone());
                    }
                    members.push(self.b.unknown_service(reason, span));
                    continue;
                }
            };
            let mut fields = self.fields(&nodes);
            let target = fields.one("port");
            let source = fields.one("source-port");
            for (what, word) in [("port", target), ("source-port", source)] {
                if let Some(word) = word
                    && port_list(word.text).is_none()
                {
                    let text = word.text;
                    fields.doubt(
                        word.at,
                        text!(
                            "{what}「{text}」を解釈できません。",
                            "the {what} `{text}` is not understood"
                        ),
                    );
                }
            }
            let list = |word: Option<Word<'t>>| match word {
                None => Some(vec![PortRange::ALL]),
                Some(word) => port_list(word.text),
            };
            for source in list(source).unwrap_or_default() {
                for target in list(target).unwrap_or_default() {
                    members.push(self.b.ports(number, source, target, TcpFlags::ANY, span));
                }
            }
            doubts.extend(fields.close(&["override"]));
        }
        for doubt in doubts {
            members.push(self.b.unknown_service(doubt.reason, doubt.span));
        }
        members
    }

    /// The ports of an application as `application-default` reads them.
    pub(super) fn application(&mut self, space: Space, word: Word<'t>, depth: usize) -> ServiceId {
        let (text, span) = (word.text, self.tree.span(word.at));
        let kinds = ["application", "application-group", "application-filter"];
        if let Some(found) = self.names.find(self.tree, space, 0, &kinds, text) {
            let Some(at) = found.definitions.first().copied() else {
                return self.b.any_service(span);
            };
            if let Some(id) = self.names.applications.get(&(at, space)) {
                return *id;
            }
            let twice = found.definitions.len() > 1;
            if twice || depth > MAX_NESTING || !self.names.open.insert(at) {
                return self.b.any_service(span);
            }
            let id = match found.kind {
                "application" => self.custom(at),
                "application-group" => {
                    let mut fields = self.fields(&Nodes::of(at));
                    let words = fields.many("members").unwrap_or_default();
                    let doubts = fields.close(&OBJECT_WORDS);
                    let mut members: Vec<ServiceId> = words
                        .into_iter()
                        .map(|word| self.application(space, word, depth + 1))
                        .collect();
                    if !doubts.is_empty() {
                        members.push(self.b.any_service(span));
                    }
                    self.b.services(members, span)
                }
                _ => {
                    self.tree.used_below(at);
                    self.b.any_service(span)
                }
            };
            self.names.open.remove(&at);
            self.names.applications.insert((at, space), id);
            return id;
        }
        match standard(text) {
            Some(defaults) => {
                let members = defaults.into_iter().map(|one| self.default_service(one, span));
                let members = members.collect();
                self.b.services(members, span)
            }
            None => self.b.any_service(span),
        }
    }

    /// A custom application: its default ports, when it states all of them.
    fn custom(&mut self, at: At) -> ServiceId {
        let span = self.tree.span(at);
        let default = Nodes::of(at).path(self.tree, &["default", "port"]);
        let words = default.words(self.tree);
        self.tree.used_below(at);
        let members: Option<Vec<Vec<Standard>>> =
            words.iter().map(|word| default_ports(word.text)).collect();
        match members {
            Some(members) if !words.is_empty() => {
                let members = members.concat();
                let members =
                    members.into_iter().map(|one| self.default_service(one, span)).collect();
                self.b.services(members, span)
            }
            _ => self.b.any_service(span),
        }
    }

    fn default_service(&mut self, standard: Standard, span: Span) -> ServiceId {
        let (protocol, target) = match standard {
            Standard::Tcp(target) => (TCP, target),
            Standard::Udp(target) => (UDP, target),
            Standard::Protocol(protocol) => return self.b.protocol(protocol, span),
        };
        self.b.ports(protocol, PortRange::ALL, target, TcpFlags::ANY, span)
    }

    /// The union of the services of a rule, with its applications for `application-default`.
    pub(super) fn rule_services(
        &mut self,
        space: Space,
        services: &[Word<'t>],
        applications: &[Word<'t>],
        span: Span,
    ) -> ServiceId {
        let mut members = Vec::new();
        for word in services {
            match word.text {
                "any" => return self.b.any_service(span),
                "application-default" if applications.iter().any(|word| word.text == "any") => {
                    return self.b.any_service(span);
                }
                "application-default" => {
                    for application in applications {
                        members.push(self.application(space, *application, 0));
                    }
                }
                _ => members.push(self.service(space, *word)),
            }
        }
        self.b.services(members, span)
    }

    /// The schedule of this name.
    pub(super) fn schedule(&mut self, space: Space, word: Word<'t>) -> ScheduleId {
        let found = self.names.find(self.tree, space, 0, &["schedule"], word.text);
        let at = found.and_then(|found| match found.definitions.as_slice() {
            [one] => Some(*one),
            _ => None,
        });
        if at.is_none() {
            self.b.undefined("schedule", word.text, self.tree.span(word.at));
        }
        let windows = at.and_then(|at| super::clock::windows(self.tree, at));
        if let Some(at) = at {
            self.tree.used_below(at);
        }
        let span = self.tree.span(at.unwrap_or(word.at));
        self.b.device.schedules.push(crate::model::Schedule {
            name: word.text.to_owned(),
            windows,
            span,
        })
    }
}

/// `80,443,8000-8080`.
fn port_list(text: &str) -> Option<Vec<PortRange>> {
    text.split(',').map(|part| ports(part.trim())).collect()
}

/// `tcp/80,443`, `udp/dynamic`, `tcp/dynamic`, `icmp/…`; anything else is not determined.
fn default_ports(text: &str) -> Option<Vec<Standard>> {
    let (protocol, list) = text.split_once('/')?;
    let ranges = if list == "dynamic" { vec![PortRange::ALL] } else { port_list(list)? };
    let of = |range| match protocol {
        "tcp" => Some(Standard::Tcp(range)),
        "udp" => Some(Standard::Udp(range)),
        _ => None,
    };
    ranges.into_iter().map(of).collect()
}

impl<'t> Reader<'t> {
    /// Whether a packet that opens a TCP connection shows none of these applications: they are found in what follows it, unless
    /// the file names one by port (`overridden`) or a filter may hold such a one.
    pub(super) fn shows_later(
        &self,
        space: Space,
        words: &[Word<'t>],
        overridden: &[&str],
    ) -> bool {
        if overridden.is_empty() {
            return true;
        }
        let mut open = words.to_vec();
        let mut met: Vec<&str> = Vec::new();
        while let Some(word) = open.pop() {
            if overridden.contains(&word.text) {
                return false;
            }
            if met.contains(&word.text) {
                continue;
            }
            met.push(word.text);
            let kinds = ["application", "application-group", "application-filter"];
            let found = self.names.find(self.tree, space, 0, &kinds, word.text);
            match found {
                Some(found) if found.kind == "application-filter" => return false,
                Some(found) if found.kind == "application-group" => {
                    open.extend(
                        Nodes(found.definitions).sub(self.tree, "members").words(self.tree),
                    );
                }
                _ => {}
            }
        }
        true
    }
}

/// Why a rule with applications is uncertain.
pub(super) fn by_application() -> Text {
    text!(
        "アプリケーションの識別には最初のパケットが通る必要があるため、通るとも止まるとも読みます。",
        "an application is known only after its first packets have passed, so the rule may or may not apply"
    )
}

//! Which packets a row speaks of: its columns for protocol, ports and service together.

use super::Doubt;
use super::cells::RowReader;
use crate::net::flow;
use crate::sheet::header::{Column, Side};
use crate::sheet::service::{ServiceNames, ServiceWord, Services, protocol_column, services};
use crate::sheet::words;
use crate::text;

/// A cell with its column.
type Cell = (usize, String);

impl RowReader<'_> {
    pub(super) fn services(&mut self) -> Vec<ServiceWord> {
        let filled = |cell: &Cell| self.table.is_filled(cell.0);
        let protocol = self.text(Column::Protocol).filter(filled);
        let port = self.text(Column::Port(Side::Destination)).filter(filled);
        let service = self.text(Column::Service).filter(filled);
        let says = |cell: &Option<Cell>| cell.as_ref().is_some_and(|(_, text)| !text.is_empty());
        let found = match (says(&protocol) || says(&port), says(&service)) {
            (false, false) => {
                let first = [&service, &protocol, &port].into_iter().flatten().next();
                if let Some(at) = first.map(|(at, _)| *at) {
                    self.blank(at);
                }
                vec![ServiceWord::ANY]
            }
            (true, false) => self.by_ports(protocol.as_ref(), port.as_ref()),
            (false, true) => self.by_name(service.as_ref(), &[]),
            (true, true) if !says(&port) => self.within(protocol.as_ref(), service.as_ref()),
            (true, true) => self.by_both(protocol.as_ref(), port.as_ref(), service.as_ref()),
        };
        self.source_ports(found)
    }

    /// A cell of the service column alone.
    fn by_name(&mut self, cell: Option<&Cell>, protocols: &[u8]) -> Vec<ServiceWord> {
        let Some((at, text)) = cell else { return vec![ServiceWord::ANY] };
        let found = services(text, protocols, &self.names.services);
        self.accept(*at, found)
    }

    /// A service beside a protocol without ports.
    fn within(&mut self, protocol: Option<&Cell>, service: Option<&Cell>) -> Vec<ServiceWord> {
        let Some((at, text)) = protocol.filter(|(_, text)| !words::is_any(text)) else {
            return self.by_name(service, &[]);
        };
        if let Some(named) = protocol_column(text) {
            return self.by_name(service, &named);
        }
        // The column holds services such as HTTP.
        let mut out = self.in_protocol_column(*at, text);
        let named = self.by_name(service, &[]);
        if !named.contains(&ServiceWord::ANY) && sorted(&named) != sorted(&out) {
            let choices = text!(
                "プロトコルの列とサービスの列が食い違っています。どちらかに合わせてください",
                "the protocol and the service do not agree; make them the same"
            );
            self.doubt(*at, &choices);
            out.extend(named);
        }
        out
    }

    /// What a column of protocols holds that is neither name nor number of one: services such as `HTTP` or `tcp/443`.
    fn in_protocol_column(&mut self, at: usize, text: &str) -> Vec<ServiceWord> {
        let found = services(text, &[], &self.names.services);
        // A port alone, or one that is the number of its protocol, may stand for a protocol.
        let own = |word: &ServiceWord| {
            let numbers = [word.destination.first(), word.destination.last()];
            word.icmp_type == word.protocol && word.icmp_type.is_some()
                || word.protocol.is_some_and(|p| numbers == [u16::from(p); 2])
        };
        let unclear = found.doubt.is_some() || found.words.iter().any(own);
        if unclear && found.doubt.is_none() {
            let choices = text!(
                "プロトコルの番号か、ポートの番号か",
                "the number of a protocol, or of a port"
            );
            self.doubt(at, &choices);
        }
        let mut out = self.accept(at, found);
        if unclear {
            out.push(ServiceWord::ANY);
        }
        out
    }

    /// Protocol and port columns.
    fn by_ports(&mut self, protocol: Option<&Cell>, port: Option<&Cell>) -> Vec<ServiceWord> {
        let own = &self.names.services;
        let blank = (0, String::new());
        let (proto_at, proto) = protocol.unwrap_or(&blank);
        let (port_at, ports) = port.unwrap_or(&blank);
        let open = |text: &str| text.is_empty() || words::is_any(text);
        let named = protocol_column(proto);
        if open(proto) {
            if open(ports) {
                if proto.is_empty() && protocol.is_some() {
                    self.blank(*proto_at);
                }
                return vec![ServiceWord::ANY];
            }
            let found = services(ports, &[], own);
            return self.accept(*port_at, found);
        }
        let Some(named) = named else {
            let words = self.in_protocol_column(*proto_at, proto);
            return if open(ports) { words } else { self.compare(words, *port_at, ports) };
        };
        if ports.is_empty() && port.is_some() && named.iter().any(|p| flow::has_ports(*p)) {
            self.blank(*port_at);
        }
        if ports.is_empty() {
            return named.iter().map(|p| ServiceWord::of(*p)).collect();
        }
        let found = services(ports, &named, own);
        if found.words.iter().any(|word| word.protocol.is_none_or(|p| !named.contains(&p))) {
            let choices = text!(
                "プロトコルの列とポートの列が食い違っています。どちらかに合わせてください",
                "the protocol and the port do not agree; make them the same"
            );
            self.doubt(*port_at, &choices);
        }
        self.accept(*port_at, found)
    }

    /// A service beside protocol and port: a label, unless it has a meaning of its own; then both must agree.
    fn by_both(
        &mut self,
        protocol: Option<&Cell>,
        port: Option<&Cell>,
        service: Option<&Cell>,
    ) -> Vec<ServiceWord> {
        let Some((at, text)) = service else { return self.by_ports(protocol, port) };
        let named = services(text, &[], &self.names.services);
        let clear = named.names.is_empty() && named.doubt.is_none() && !words::is_any(text);
        if ["以外", "除く", "除き", "except"].iter().any(|word| words::key(text).contains(word))
        {
            return self.accept(*at, named);
        }
        if !clear {
            return self.by_ports(protocol, port);
        }
        let ports = port.map_or("", |(_, text)| text.as_str());
        if words::is_any(ports) {
            return self.accept(*at, named);
        }
        let mut out = self.by_ports(protocol, port);
        if sorted(&out) != sorted(&named.words) {
            let choices = text!(
                "サービス名とポート番号が食い違っています。どちらかに合わせてください",
                "the service and the port do not agree; make them the same"
            );
            self.doubt(*at, &choices);
            out.extend(named.words);
        }
        out
    }

    /// Services that the port column must agree with.
    fn compare(&mut self, words: Vec<ServiceWord>, at: usize, ports: &str) -> Vec<ServiceWord> {
        let mut protocols: Vec<u8> = words.iter().filter_map(|word| word.protocol).collect();
        protocols.dedup();
        let found = services(ports, &protocols, &ServiceNames::new());
        let clear = found.names.is_empty() && found.doubt.is_none();
        let mut out = words;
        if !clear || sorted(&out) != sorted(&found.words) {
            let choices = text!(
                "プロトコルの列とポートの列が食い違っています。どちらかに合わせてください",
                "the protocol and the port do not agree; make them the same"
            );
            self.doubt(at, &choices);
            out.extend(found.words);
            if !found.names.is_empty() {
                out.push(ServiceWord::ANY);
            }
        }
        out
    }

    /// Takes what a cell says, with its doubts.
    fn accept(&mut self, at: usize, found: Services) -> Vec<ServiceWord> {
        let mut out = found.words;
        for name in &found.names {
            let choices = text!(
                "サービス「{name}」の定義がありません。tcp/443 のように書くか、サービス名とポートの一覧を加えてください",
                "nothing defines the service `{name}`; write it like tcp/443, or add a list of services and ports"
            );
            self.doubt(at, &choices);
            out.push(ServiceWord::ANY);
        }
        if let Some(choices) = &found.doubt {
            self.doubt(at, choices);
        }
        for (word, meaning) in found.conventions {
            let at = self.table.at(Column::Service).unwrap_or(0);
            let span = self.make(at, &text!("", "")).span;
            let message = text!(
                "サービス「{word}」を、添付の辞書により {meaning} と読みました。異なる場合はサービス名とポートの一覧を加えてください。",
                "the service `{word}` was read as {meaning} by the starter dictionary; if that is wrong, add a list of services and ports."
            );
            self.conventions.push(Doubt { span, message });
        }
        if out.is_empty() {
            let choices = text!("サービスを読み取れません", "the service cannot be read");
            self.doubt(at, &choices);
            out.push(ServiceWord::ANY);
        }
        out
    }

    fn source_ports(&mut self, words: Vec<ServiceWord>) -> Vec<ServiceWord> {
        let Some((at, text)) =
            self.text(Column::Port(Side::Source)).filter(|(at, _)| self.table.is_filled(*at))
        else {
            return words;
        };
        if text.is_empty() {
            if self.table.limits(at) {
                self.blank(at);
            }
            return words;
        }
        if words::is_any(&text) {
            return words;
        }
        let found = services(&text, &[6], &ServiceNames::new());
        if !found.names.is_empty()
            || found.doubt.is_some()
            || found.words.iter().any(|w| w.protocol != Some(6))
        {
            let choices = text!("送信元ポートを読み取れません", "the source port cannot be read");
            self.doubt(at, &choices);
            return words;
        }
        let mut out = Vec::new();
        for word in words {
            if word.protocol.is_some_and(flow::has_ports) {
                out.extend(
                    found.words.iter().map(|s| ServiceWord { source: s.destination, ..word }),
                );
            } else {
                if word.protocol.is_none() {
                    let choices = text!(
                        "プロトコルを定めずに送信元ポートが書かれています",
                        "a source port stands without a protocol"
                    );
                    self.doubt(at, &choices);
                }
                out.push(word);
            }
        }
        out
    }
}

fn sorted(words: &[ServiceWord]) -> Vec<ServiceWord> {
    let mut words = words.to_vec();
    words.sort_unstable();
    words.dedup();
    words
}

//! Parties (`dmz`, `pi.fs1`, `self:core-sw`, `role:published`, `10.0.0.0/8`) and services (`tcp/443`, `icmp/8`, `esp`).

use crate::net::{PortRange, Prefix, flow, port_number, protocol_number};
use crate::policy::{Party, Service, Who};
use crate::source::yaml::{Node, Problems};
use crate::source::{Problem, Spanned};
use crate::text::Text;

/// On which side of a rule a party stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    From,
    To,
}

/// A party or a list of them.
pub(super) fn parties(node: &Node, side: Side, problems: &mut Problems) -> Vec<Party> {
    let mut found = Vec::new();
    for node in node.one_or_many() {
        let Some(word) = node.text(problems) else { continue };
        match party(&word.value, side) {
            Ok(who) => found.push(Party { who, span: word.span }),
            Err((message, help)) => {
                problems.push(Problem { span: word.span, message, help: Some(help) });
            }
        }
    }
    found
}

/// The party that a word names.
pub(super) fn party(word: &str, side: Side) -> Result<Who, (Text, Text)> {
    let word = word.trim();
    if word == "*" {
        return Ok(Who::Everyone);
    }
    if let Some(device) = word.strip_prefix("self:") {
        return own(device, side);
    }
    if let Some(role) = word.strip_prefix("role:").filter(|role| is_name(role)) {
        return Ok(Who::Role(role.to_owned()));
    }
    let numeric = word.contains(['.', ':', '/']);
    if let Some(prefix) = Prefix::parse(word).filter(|_| numeric) {
        return network(word, prefix);
    }
    match word.split_once('.') {
        Some((zone, host)) if is_name(zone) && is_name(host) => {
            Ok(Who::Host { zone: Some(zone.to_owned()), host: host.to_owned() })
        }
        None if is_name(word) => Ok(Who::Zone(word.to_owned())),
        _ => Err((
            crate::text!("「{word}」は対象として読めません。", "`{word}` is not a party"),
            crate::text!(
                "ゾーン名、「ゾーン.ホスト」、ホスト名、「role:役割」、「self:機器」、ネットワーク（10.0.0.0/8）、\"*\" のどれかを書いてください。",
                "write a zone, `zone.host`, a host, `role:NAME`, `self:DEVICE`, a network (`10.0.0.0/8`) or `\"*\"`"
            ),
        )),
    }
}

fn own(device: &str, side: Side) -> Result<Who, (Text, Text)> {
    if side == Side::From {
        return Err((
            crate::text!(
                "機器自身（self:）は from に書けません。",
                "`self:` cannot stand in `from`"
            ),
            crate::text!(
                "機器から始まる通信は判定しません。管理アドレスのあるゾーンやホストを書いてください。",
                "connections that devices open are not judged; name a zone or host"
            ),
        ));
    }
    match device.trim() {
        "" => Err((
            crate::text!("「self:」の後に機器名がありません。", "`self:` names no device"),
            crate::text!(
                "「self:機器名」か「self:*」と書いてください。",
                "write `self:DEVICE` or `self:*`"
            ),
        )),
        "*" => Ok(Who::Device(None)),
        name => Ok(Who::Device(Some(name.to_owned()))),
    }
}

/// A prefix with host bits is rather a slip than a network.
fn network(word: &str, prefix: Prefix) -> Result<Who, (Text, Text)> {
    let written = word.split('/').next().and_then(|address| address.parse().ok());
    if written.is_some_and(|address: std::net::IpAddr| address != prefix.address()) {
        return Err((
            crate::text!(
                "「{word}」はネットワークアドレスではありません（ホスト部に値があります）。",
                "`{word}` has host bits set"
            ),
            crate::text!("「{prefix}」と書いてください。", "write `{prefix}`"),
        ));
    }
    Ok(Who::Network(prefix))
}

fn is_name(word: &str) -> bool {
    let bad = |c: char| c.is_whitespace() || c.is_control() || "./:*,".contains(c);
    !word.is_empty() && !word.contains(bad)
}

/// A service or a list of them; `any` anywhere makes the list empty, which means every service.
pub(super) fn services(node: &Node, problems: &mut Problems) -> Vec<Service> {
    let mut found = Vec::new();
    for node in node.one_or_many() {
        let Some(word) = node.text(problems) else { continue };
        match service(&word) {
            Ok(service) => found.push(service),
            Err(problem) => problems.push(*problem),
        }
    }
    if found.iter().any(|service: &Service| service.protocol.is_none()) {
        Vec::new()
    } else {
        found
    }
}

fn service(word: &Spanned<String>) -> Result<Service, Box<Problem>> {
    let text = word.value.trim();
    let (head, detail) = split(text);
    match service_of(text) {
        Some(service) => Ok(service),
        None if detail.is_some() && protocol(text, head, detail).is_some() => {
            Err(unknown_ports(word))
        }
        None => Err(Box::new(unknown_protocol(word, head))),
    }
}

/// The service that a word names.
pub(super) fn service_of(word: &str) -> Option<Service> {
    let text = word.trim();
    if text.eq_ignore_ascii_case("any") {
        return Some(Service { protocol: None, ports: PortRange::ALL });
    }
    let (head, rest) = split(text);
    let protocol = protocol(text, head, rest)?;
    let ports = match rest {
        None => PortRange::ALL,
        Some(rest) => detail(protocol, rest)?,
    };
    Some(Service { protocol: Some(protocol), ports })
}

/// Protocol and detail; `proto/50` is a protocol without a detail.
fn split(text: &str) -> (&str, Option<&str>) {
    match text.split_once('/') {
        Some((head, detail)) if head.eq_ignore_ascii_case("proto") => (detail, None),
        Some((head, detail)) => (head, Some(detail)),
        None => (text, None),
    }
}

/// A bare number is no protocol: it could be meant as a port.
fn protocol(text: &str, head: &str, detail: Option<&str>) -> Option<u8> {
    let bare_number = detail.is_none() && head == text && head.parse::<u32>().is_ok();
    protocol_number(head).filter(|_| !bare_number)
}

fn detail(protocol: u8, detail: &str) -> Option<PortRange> {
    if flow::is_icmp(protocol) {
        return detail.trim().parse::<u8>().ok().map(|kind| PortRange::single(u16::from(kind)));
    }
    if !flow::has_ports(protocol) {
        return None;
    }
    if let Some(port) = port_number(detail) {
        return Some(PortRange::single(port));
    }
    let (first, last) = detail.split_once('-')?;
    PortRange::new(first.trim().parse().ok()?, last.trim().parse().ok()?)
}

fn unknown_protocol(word: &Spanned<String>, head: &str) -> Problem {
    let text = &word.value;
    let message =
        crate::text!("「{text}」はサービスとして読めません。", "`{text}` is not a service");
    let help = match port_number(head) {
        Some(port) => crate::text!(
            "プロトコルを付けて「tcp/{port}」や「udp/{port}」と書いてください。",
            "name the protocol: `tcp/{port}` or `udp/{port}`"
        ),
        None => crate::text!(
            "any、tcp、tcp/443、tcp/8000-8100、udp/dns、icmp/8、esp、proto/50 のように書いてください。",
            "write it like any, tcp, tcp/443, tcp/8000-8100, udp/dns, icmp/8, esp or proto/50"
        ),
    };
    Problem::new(word.span, message).help(help)
}

fn unknown_ports(word: &Spanned<String>) -> Box<Problem> {
    let text = &word.value;
    let message = crate::text!(
        "「{text}」のポートまたは種別が読めません。",
        "the port or type of `{text}` cannot be read"
    );
    let help = crate::text!(
        "ポートは0から65535の番号、範囲（80-90）、サービス名で、ICMPの種別は0から255の番号で書きます。",
        "a port is 0 to 65535, a range (`80-90`) or a service name; an ICMP type is 0 to 255"
    );
    Box::new(Problem::new(word.span, message).help(help))
}

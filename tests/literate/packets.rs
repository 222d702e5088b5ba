//! The statements of a `packets` block.

#![allow(dead_code, reason = "each test uses a part")]

use sekisho::net::flow::is_icmp;
use sekisho::net::{Flow, State, TCP_ACK, TCP_SYN, protocol_number};
use std::net::{IpAddr, SocketAddr};

/// Where the packet should end.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    Interface(String),
    Device,
    Anywhere,
}

/// Whether it ends there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Permit,
    Deny,
    May,
}

/// One statement.
#[derive(Clone, Debug)]
pub(crate) struct Expectation {
    pub(crate) ingress: String,
    pub(crate) target: Target,
    pub(crate) flow: Flow,
    pub(crate) outcome: Outcome,
    pub(crate) arrives: Option<Flow>,
    pub(crate) by: Option<String>,
}

/// Reads `IN > OUT: PROTO SRC > DST … VERDICT [as PROTO SRC > DST] [by LABEL]`.
pub(crate) fn read(text: &str) -> Result<Expectation, String> {
    let (way, rest) = text.split_once(": ").ok_or("no `: ` after the interfaces")?;
    let (ingress, target) = way.split_once(" > ").ok_or("no ` > ` between the interfaces")?;
    let target = match target.trim() {
        "self" => Target::Device,
        "any" => Target::Anywhere,
        name => Target::Interface(name.to_owned()),
    };
    let (rest, by) = match rest.split_once(" by ") {
        Some((rest, label)) => (rest, Some(label.trim().to_owned())),
        None => (rest, None),
    };
    let (rest, arrives) = match rest.split_once(" as ") {
        Some((rest, header)) => (rest, Some(flow(&mut header.split_whitespace().peekable())?)),
        None => (rest, None),
    };
    let mut words = rest.split_whitespace().peekable();
    let mut flow = flow(&mut words)?;
    let mut outcome = None;
    for word in words {
        match word {
            "permit" => outcome = Some(Outcome::Permit),
            "deny" => outcome = Some(Outcome::Deny),
            "may" => outcome = Some(Outcome::May),
            "established" => answer(&mut flow, State::Established),
            "related" => answer(&mut flow, State::Related),
            "invalid" => answer(&mut flow, State::Invalid),
            _ => return Err(format!("`{word}` is not known")),
        }
    }
    let outcome = outcome.ok_or("no permit, deny or may")?;
    Ok(Expectation { ingress: ingress.trim().to_owned(), target, flow, outcome, arrives, by })
}

fn answer(flow: &mut Flow, state: State) {
    flow.state = state;
    if flow.protocol == 6 {
        flow.tcp_flags = TCP_ACK;
    }
}

fn flow<'a>(
    words: &mut std::iter::Peekable<impl Iterator<Item = &'a str>>,
) -> Result<Flow, String> {
    let mut next = || words.next().ok_or("the statement ends early");
    let word = next()?;
    let protocol = match word {
        "proto" => next()?.parse().map_err(|_| "no protocol number")?,
        _ => protocol_number(word).ok_or_else(|| format!("no protocol `{word}`"))?,
    };
    let (src, source_port) = end(next()?)?;
    if next()? != ">" {
        return Err("no `>` between the addresses".to_owned());
    }
    let (dst, destination_port) = end(next()?)?;
    let protocol = if protocol == 1 && src.is_ipv6() { 58 } else { protocol };
    let (mut icmp_type, mut icmp_code) = (if protocol == 58 { 128 } else { 8 }, 0);
    while let Some(word) = words.next_if(|word| ["type", "code"].contains(word)) {
        let number = words.next().and_then(|n| n.parse().ok()).ok_or("no ICMP number")?;
        if word == "type" { icmp_type = number } else { icmp_code = number }
    }
    let icmp = is_icmp(protocol);
    Ok(Flow {
        src,
        dst,
        protocol,
        source_port: source_port.unwrap_or(0),
        destination_port: destination_port.unwrap_or(0),
        tcp_flags: if protocol == 6 { TCP_SYN } else { 0 },
        icmp_type: if icmp { icmp_type } else { 0 },
        icmp_code: if icmp { icmp_code } else { 0 },
        state: State::New,
    })
}

/// `10.0.0.1`, `10.0.0.1:80`, `[2001:db8::1]:80`, `2001:db8::1`.
fn end(word: &str) -> Result<(IpAddr, Option<u16>), String> {
    if let Ok(address) = word.parse::<IpAddr>() {
        return Ok((address, None));
    }
    let socket: SocketAddr = word.parse().map_err(|_| format!("`{word}` is no address"))?;
    Ok((socket.ip(), Some(socket.port())))
}

//! What the configuration says of the unit itself: log servers, SNMP, ways of administration, cryptography.

use super::core::{Reader, Scope};
use super::entry::{Entries, Fields};
use super::interface::Facts;
use super::management::{Global, gather};
use super::no_words;
use super::scope::Scopes;
use crate::formats::blocks::{Statement, Word};
use crate::model::{DoorProtocol, Interfaces, OwnKind, WeakCrypto};

/// Tables that send the log to another machine, when their status is `enable`.
pub(super) const LOG_TARGETS: [&str; 10] = [
    "log fortianalyzer setting",
    "log fortianalyzer2 setting",
    "log fortianalyzer3 setting",
    "log fortianalyzer-cloud setting",
    "log fortiguard setting",
    "log syslogd setting",
    "log syslogd2 setting",
    "log syslogd3 setting",
    "log syslogd4 setting",
    "log tacacs+accounting setting",
];

/// Tables of VPN proposals.
const PROPOSALS: [&str; 4] = [
    "vpn ipsec phase1",
    "vpn ipsec phase1-interface",
    "vpn ipsec phase2",
    "vpn ipsec phase2-interface",
];

/// Notes everything that is not noted where its block is read for another reason.
pub(super) fn read<'a>(
    reader: &mut Reader<'a>,
    scopes: &mut Scopes<'_, 'a>,
    facts: &[Facts<'a>],
    global: &Global<'a>,
) {
    let named = reader.version.is_some() || !reader.device.name.is_empty();
    reader.device.own.whole = named.then_some(reader.origin);
    for path in LOG_TARGETS {
        let blocks = gather(scopes, path);
        log_target(reader, &blocks);
    }
    snmp(reader, scopes);
    for fact in facts {
        for word in fact.access.iter().chain(&fact.access6) {
            if let Some((protocol, port)) = door(&word.text, global) {
                let at = Interfaces::Of(vec![fact.id]);
                reader.device.own.serves_at(protocol, port, at, word.span);
            }
        }
    }
    proposals(reader, &scopes.global);
    for scope in &scopes.vdoms {
        proposals(reader, scope);
    }
}

/// Telnet is answered where the global switch leaves it on. HTTP leads on to HTTPS unless that is switched off.
fn door(word: &str, global: &Global<'_>) -> Option<(DoorProtocol, u16)> {
    match word {
        "ssh" => Some((DoorProtocol::Ssh, global.ssh)),
        "https" => Some((DoorProtocol::Https, global.https)),
        "http" if !global.leads_to_https => Some((DoorProtocol::Http, global.http)),
        "telnet" if global.has_telnet => Some((DoorProtocol::Telnet, global.telnet)),
        "snmp" => Some((DoorProtocol::Snmp, 161)),
        _ => None,
    }
}

fn log_target<'a>(reader: &mut Reader<'a>, blocks: &[Statement<'_, 'a>]) {
    for statement in reader.account_all(blocks, &no_words()) {
        reader.irrelevant(statement.span());
    }
    let fields = Fields::of(blocks);
    let Some(status) = fields.span("status").filter(|_| fields.on("status")) else { return };
    let span = fields.span("server").unwrap_or(status);
    reader.used(status);
    reader.used(span);
    reader.device.own.note(OwnKind::LogTarget(fields.number("server")), span);
}

fn snmp<'a>(reader: &mut Reader<'a>, scopes: &mut Scopes<'_, 'a>) {
    let info = gather(scopes, "system snmp sysinfo");
    for statement in reader.account_all(&info, &no_words()) {
        reader.irrelevant(statement.span());
    }
    let off = Fields::of(&info).is("status", "disable");
    let blocks = gather(scopes, "system snmp community");
    for entry in reader.plain_entries(&blocks) {
        for statement in reader.account(&entry, &no_words()) {
            reader.irrelevant(statement.span());
        }
        let fields = entry.fields();
        let answers = |key: &str| !fields.is(key, "disable");
        if off || !answers("status") || !(answers("query-v1-status") || answers("query-v2c-status"))
        {
            continue;
        }
        let span = fields.span("name").or(entry.span()).unwrap_or(reader.origin);
        let limited = fields
            .nested
            .iter()
            .filter(|block| matches!(block.path().as_str(), "hosts" | "hosts6"))
            .any(|block| limits(*block));
        reader.used(span);
        let name = fields.text("name").unwrap_or_default();
        let own = &mut reader.device.own;
        own.note(OwnKind::community(&name, false, limited), span);
    }
}

/// Whether some host is named and none of them is everybody.
fn limits(block: Statement<'_, '_>) -> bool {
    let hosts = Entries::read(&[block]).list;
    let everybody = |words: &[Word<'_>]| {
        words.first().is_none_or(|word| word.text.starts_with("0.0.0.0") || word.text == "::/0")
    };
    let open = hosts.iter().any(|entry| {
        let fields = entry.fields();
        let (v4, v6) = (fields.values("ip"), fields.values("ipv6"));
        everybody(&v4) && everybody(&v6)
    });
    !hosts.is_empty() && !open
}

/// The tables are read as a whole elsewhere, after this.
fn proposals<'a>(reader: &mut Reader<'a>, scope: &Scope<'_, 'a>) {
    for path in PROPOSALS {
        let blocks = scope.blocks.get(path).cloned().unwrap_or_default();
        for entry in Entries::read(&blocks).list {
            let fields = entry.fields();
            let words = fields.values("proposal");
            if let Some(span) = fields.span("proposal") {
                let words = words.iter().map(|word| word.text.as_ref());
                reader.device.own.weak_words(words, span);
                reader.used(span);
            }
            let first = !fields.is("ike-version", "2");
            if let Some(span) =
                fields.span("mode").filter(|_| first && fields.is("mode", "aggressive"))
            {
                reader.device.own.note(OwnKind::Weak(WeakCrypto::Aggressive), span);
                reader.used(span);
            }
        }
    }
}

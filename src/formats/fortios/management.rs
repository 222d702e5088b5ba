//! `config system global` and `config system admin`: the name of the device and the doors of its administration.

use super::core::{Reader, Words};
use super::entry::Fields;
use super::scope::Scopes;
use crate::formats::blocks::{Statement, Word};
use crate::model::{OwnKind, WeakCrypto};
use crate::net::{Family, Prefix};

/// What the global settings say that matters.
pub(super) struct Global<'a> {
    /// Whether packets may leave by the interface they came in by without a policy.
    pub(super) redirects: bool,
    /// The same for IPv6.
    pub(super) redirects6: bool,
    /// Port of HTTPS administration.
    pub(super) https: u16,
    /// Port of HTTP administration.
    pub(super) http: u16,
    /// Whether HTTP administration only leads on to HTTPS.
    pub(super) leads_to_https: bool,
    /// Whether Telnet administration is answered where an interface allows it.
    pub(super) has_telnet: bool,
    /// Port of SSH administration.
    pub(super) ssh: u16,
    /// Port of Telnet administration.
    pub(super) telnet: u16,
    /// From where administrators may log in; `None` when at least one may from anywhere.
    pub(super) trusted: Option<Vec<Prefix>>,
    /// Interfaces on which the device answers NTP.
    pub(super) ntp: Vec<Word<'a>>,
}

const READ: &[&str] = &[
    "hostname",
    "admin-sport",
    "admin-port",
    "admin-ssh-port",
    "admin-telnet-port",
    "allow-traffic-redirect",
    "ipv6-allow-traffic-redirect",
    "admin-telnet",
    "admin-https-redirect",
    "admin-https-ssl-versions",
    "admin-ssh-v1",
    "strong-crypto",
    "vdom-mode",
    "vdom-admin",
];

/// Reads the global settings. Every other one concerns the console, timers, certificates or hardware.
pub(super) fn global<'a>(reader: &mut Reader<'a>, scopes: &mut Scopes<'_, 'a>) -> Global<'a> {
    let blocks = gather(scopes, "system global");
    let words = Words::new(READ, &[]);
    for statement in reader.account_all(&blocks, &words) {
        reader.irrelevant(statement.span());
    }
    let fields = Fields::of(&blocks);
    if let Some(name) = fields.text("hostname") {
        reader.device.name = name.into_owned();
    }
    let port = |key: &str, default: u16| fields.number(key).unwrap_or(default);
    let off = guarded(reader);
    let redirects = fields.text("allow-traffic-redirect").map_or(!off, |text| text != "disable");
    let redirects6 =
        fields.text("ipv6-allow-traffic-redirect").map_or(!off, |text| text != "disable");
    let (https, http) = (port("admin-sport", 443), port("admin-port", 80));
    let (ssh, telnet) = (port("admin-ssh-port", 22), port("admin-telnet-port", 23));
    let trusted = trusted(reader, scopes);
    let ntp = ntp(reader, scopes);
    weak(reader, &fields);
    let leads_to_https = !fields.is("admin-https-redirect", "disable");
    let has_telnet = !fields.is("admin-telnet", "disable");
    Global {
        leads_to_https,
        has_telnet,
        redirects,
        redirects6,
        https,
        http,
        ssh,
        telnet,
        trusted,
        ntp,
    }
}

/// Whether packets turn back by the interface they came in by only where a policy says so: the default since 7.4.10, 7.6.5
/// and 8.0.0 (Fortinet TA-196651).
fn guarded(reader: &Reader<'_>) -> bool {
    match reader.version {
        Some((7, 4, patch)) => patch >= 10,
        Some((7, 6, patch)) => patch >= 5,
        version => version.is_some_and(|version| version >= (8, 0, 0)),
    }
}

/// Cryptography of the administration itself.
fn weak(reader: &mut Reader<'_>, fields: &Fields<'_, '_>) {
    let mut found = Vec::new();
    let versions = fields.values("admin-https-ssl-versions");
    if versions.iter().any(|word| matches!(&*word.text, "sslv3" | "tlsv1-0" | "tlsv1-1")) {
        found.push((WeakCrypto::OldTls, fields.span("admin-https-ssl-versions")));
    }
    if fields.on("admin-ssh-v1") {
        found.push((WeakCrypto::Ssh1, fields.span("admin-ssh-v1")));
    }
    if fields.is("strong-crypto", "disable") {
        found.push((WeakCrypto::TripleDes, fields.span("strong-crypto")));
    }
    for (weak, span) in found {
        reader.device.own.note(OwnKind::Weak(weak), span.unwrap_or(reader.origin));
    }
}

pub(super) fn gather<'t, 'a>(scopes: &mut Scopes<'t, 'a>, path: &str) -> Vec<Statement<'t, 'a>> {
    let mut blocks = scopes.global.take(path);
    for scope in &mut scopes.vdoms {
        blocks.extend(scope.take(path));
    }
    blocks
}

/// Trusted hosts bind only when every administrator has some.
fn trusted<'a>(reader: &mut Reader<'a>, scopes: &mut Scopes<'_, 'a>) -> Option<Vec<Prefix>> {
    let blocks = gather(scopes, "system admin");
    let mut prefixes = Vec::new();
    let mut open = false;
    let entries = reader.plain_entries(&blocks);
    for entry in &entries {
        for part in entry.parts() {
            reader.irrelevant(part.span());
        }
        let fields = entry.fields();
        let mut own = Vec::new();
        for (key, statement) in fields.iter() {
            if key.starts_with("trusthost") || key.starts_with("ip6-trusthost") {
                reader.used(statement.span());
                let words: Vec<Word<'_>> = statement.words_from(1).collect();
                match super::core::subnet(&words) {
                    Some(prefix) if prefix.len() > 0 => own.push(prefix),
                    Some(_) => {}
                    None => open = true,
                }
            }
        }
        // An administrator with hosts of one family only may still come from anywhere in the other.
        let v4 = own.iter().any(|prefix| prefix.family() == Family::V4);
        open |= !v4;
        prefixes.extend(own);
    }
    (!open && !entries.is_empty()).then_some(prefixes)
}

fn ntp<'a>(reader: &mut Reader<'a>, scopes: &mut Scopes<'_, 'a>) -> Vec<Word<'a>> {
    let blocks = gather(scopes, "system ntp");
    let words = Words::new(&["server-mode", "interface", "ntpsync"], &[]);
    for statement in reader.account_all(&blocks, &words) {
        reader.irrelevant(statement.span());
    }
    let fields = Fields::of(&blocks);
    if let Some(span) = fields.span("ntpsync").filter(|_| fields.on("ntpsync")) {
        reader.device.own.note(OwnKind::Clock, span);
    }
    if fields.on("server-mode") { fields.values("interface") } else { Vec::new() }
}

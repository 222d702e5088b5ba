//! `config system global` and `config system admin`: the name of the device and the doors of its administration.

use super::core::{Reader, Words};
use super::entry::{Entries, Fields};
use super::scope::Scopes;
use crate::formats::blocks::{Statement, Word};
use crate::model::{OwnKind, WeakCrypto};
use crate::net::{Family, Prefix};
use crate::source::Span;

/// Hosts that may log in, for each family; `None` is every host.
pub(super) type Trusted = [Option<Vec<Prefix>>; 2];

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
    /// From where administrators may log in, for IPv4 and IPv6; `None` when at least one may from anywhere.
    pub(super) trusted: Trusted,
    /// The same for programs, which use HTTPS only.
    pub(super) programs: Trusted,
    /// Administrators whose hosts the configuration does not say, by single sign-on: where the first stands.
    pub(super) guests: Option<Span>,
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
    let programs = programs(reader, scopes);
    let guests = guests(reader, scopes);
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
        programs,
        guests,
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

/// Trusted hosts bind only when every administrator has some, and in each family by itself: an administrator with hosts of one
/// family may come from anywhere in the other.
fn trusted<'a>(reader: &mut Reader<'a>, scopes: &mut Scopes<'_, 'a>) -> Trusted {
    let blocks = gather(scopes, "system admin");
    let entries = reader.plain_entries(&blocks);
    let mut people = Vec::new();
    for entry in &entries {
        for part in entry.parts() {
            reader.irrelevant(part.span());
        }
        let mut hosts = Vec::new();
        for (key, statement) in entry.fields().iter() {
            if key.starts_with("trusthost") || key.starts_with("ip6-trusthost") {
                reader.used(statement.span());
                let words: Vec<Word<'_>> = statement.words_from(1).collect();
                hosts.push(super::core::subnet(&words));
            }
        }
        people.push(hosts);
    }
    if people.is_empty() { [None, None] } else { bound(&people) }
}

/// The hosts of everybody, for each family: none are known when somebody has none, or some that cannot be read.
fn bound(people: &[Vec<Option<Prefix>>]) -> Trusted {
    [Family::V4, Family::V6].map(|family| {
        let own = |hosts: &Vec<Option<Prefix>>| -> Option<Vec<Prefix>> {
            let readable: Vec<Prefix> = hosts.iter().copied().collect::<Option<_>>()?;
            let real = readable.into_iter().filter(|p| p.family() == family && p.len() > 0);
            Some(real.collect()).filter(|list: &Vec<Prefix>| !list.is_empty())
        };
        let all: Option<Vec<Vec<Prefix>>> = people.iter().map(own).collect();
        all.map(|lists| lists.concat())
    })
}

/// The hosts of programs (`system api-user`), each in a block of its own.
fn programs<'a>(reader: &mut Reader<'a>, scopes: &mut Scopes<'_, 'a>) -> Trusted {
    let blocks = gather(scopes, "system api-user");
    let mut people = Vec::new();
    for entry in reader.plain_entries(&blocks) {
        for part in entry.parts() {
            reader.irrelevant(part.span());
        }
        let fields = entry.fields();
        let lists = fields.nested.iter().filter(|block| block.text(0) == "trusthost");
        let mut hosts = Vec::new();
        for host in lists.flat_map(|block| Entries::read(&[*block]).list) {
            let host = host.fields();
            for (_, set) in host.iter().filter(|(key, _)| key.ends_with("-trusthost")) {
                reader.used(set.span());
                hosts.push(super::core::subnet(&set.words_from(1).collect::<Vec<_>>()));
            }
        }
        people.push(hosts);
    }
    bound(&people)
}

/// Administrators who log in by single sign-on have no trusted hosts of their own.
fn guests<'a>(reader: &mut Reader<'a>, scopes: &mut Scopes<'_, 'a>) -> Option<Span> {
    let mut first = None;
    for path in
        ["system sso-admin", "system sso-forticloud-admin", "system sso-fortigate-cloud-admin"]
    {
        let blocks = gather(scopes, path);
        for entry in reader.plain_entries(&blocks) {
            for part in entry.parts() {
                reader.used(part.span());
            }
            first = first.or(entry.span());
        }
    }
    first
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

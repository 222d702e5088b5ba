//! `config system interface` and `system vdom-link`: interfaces of all VDOMs, and the links inside the device.

use super::core::{Name, Reader, Scope, Words, interface_address};
use super::entry::{Entries, Entry, Fields};
use super::interface_words::{IGNORED, READ};
use super::scope::Scopes;
use super::stack;
use crate::formats::blocks::{Statement, Word};
use crate::model::{Context, ContextId, Interface, InterfaceAddress, InterfaceId, InterfaceKind};
use crate::net::{Family, Prefix};
use crate::source::Span;
use crate::text;
use rustc_hash::FxHashMap;
use std::net::IpAddr;

/// What other tables need to know of an interface beside the model.
pub(super) struct Facts<'a> {
    /// The interface.
    pub(super) id: InterfaceId,
    /// Services that it offers on IPv4, with the place of each word.
    pub(super) access: Vec<Word<'a>>,
    /// The same on IPv6.
    pub(super) access6: Vec<Word<'a>>,
    /// Distance of the default route that DHCP or PPPoE brings, when it does.
    pub(super) learns_default: Option<u8>,
    /// Whether IPv6 routers announce its default route.
    pub(super) learns_default6: bool,
    /// Where it is said that DHCP brings further routes.
    pub(super) learns_routes: Option<Span>,
    /// The other end of a tunnel.
    pub(super) remote: Option<(Prefix, Span)>,
    /// The routing instance inside the VDOM, when it is not 0.
    pub(super) vrf: Option<Span>,
    /// Where it is said that it relays DHCP.
    pub(super) relay: Option<Span>,
    /// Where it is said that users log in at a captive portal before anything passes.
    pub(super) portal: Option<Span>,
    /// Where it is said that hardware addresses are compared with a list.
    pub(super) bound: Option<Span>,
    /// Whether the explicit web proxy listens on it.
    pub(super) proxy: bool,
    /// Where it stands.
    pub(super) span: Span,
}

/// Makes the contexts and reads the interfaces.
pub(super) fn read<'t, 'a>(reader: &mut Reader<'a>, scopes: &mut Scopes<'t, 'a>) -> Vec<Facts<'a>> {
    let mut contexts: FxHashMap<Name<'a>, ContextId> = FxHashMap::default();
    let mut blocks = scopes.global.take("system interface");
    for scope in &mut scopes.vdoms {
        let name = scope.name.clone().into_owned();
        let id = reader.device.contexts.push(Context { name, ..Context::default() });
        scope.context = Some(id);
        contexts.insert(scope.name.clone(), id);
        blocks.extend(scope.take("system interface"));
    }
    reader.has_interfaces = blocks.iter().any(|block| !block.is_leaf());
    let home = home(reader, scopes, &contexts);
    let words = Words::new(READ, IGNORED);
    let mut facts = Vec::new();
    let mut parents = Vec::new();
    let entries = reader.plain_entries(&blocks);
    for entry in &entries {
        let strange = reader.account(entry, &words);
        let name = entry.name.clone();
        uncertain(reader, &strange, &name);
        let fields = entry.fields();
        let context = context_of(reader, scopes.multi, &fields, &contexts, home);
        facts.push(interface(reader, entry, &fields, context));
        parents.push((name, fields.text("interface"), fields.number::<u16>("vlanid")));
    }
    links(reader, scopes, &parents);
    stack::read(reader, scopes, &entries);
    facts
}

/// The VDOM of interfaces that name none: the plain one, else `root`, else the first.
fn home(
    reader: &mut Reader<'_>,
    scopes: &mut Scopes<'_, '_>,
    contexts: &FxHashMap<Name<'_>, ContextId>,
) -> ContextId {
    if let Some(id) = contexts.get("root").or_else(|| contexts.get("")) {
        return *id;
    }
    match scopes.vdoms.first().and_then(|scope| scope.context) {
        Some(id) => id,
        None => {
            let id = reader.device.contexts.push(Context::default());
            scopes.vdoms.push(Scope { context: Some(id), ..Scope::default() });
            id
        }
    }
}

fn context_of(
    reader: &mut Reader<'_>,
    multi: bool,
    fields: &Fields<'_, '_>,
    contexts: &FxHashMap<Name<'_>, ContextId>,
    home: ContextId,
) -> ContextId {
    let Some(vdom) = fields.text("vdom").filter(|_| multi) else { return home };
    if let Some(id) = contexts.get(&vdom) {
        return *id;
    }
    if let Some(span) = fields.span("vdom") {
        let reason = text!(
            "VDOM「{vdom}」の設定がこのファイルにありません。全 VDOM を含むバックアップを用意してください。",
            "VDOM `{vdom}` is not in this file; provide a backup with all VDOMs"
        );
        reader.ledger.unknown(span, reason, false);
    }
    home
}

/// A line that is not understood leaves the interface in use; what it changes cannot be said.
fn uncertain(reader: &mut Reader<'_>, strange: &[Statement<'_, '_>], name: &str) {
    for statement in strange {
        let words = super::core::first_words(*statement);
        let reason = text!(
            "インターフェース「{name}」の「{words}」は解釈できません。",
            "`{words}` of interface {name} is not understood"
        );
        reader.ledger.unknown(statement.span(), reason, false);
    }
}

fn interface<'a>(
    reader: &mut Reader<'a>,
    entry: &Entry<'_, 'a>,
    fields: &Fields<'_, 'a>,
    context: ContextId,
) -> Facts<'a> {
    let span = entry.span().unwrap_or(reader.origin);
    let mode = fields.text("mode").unwrap_or("static".into());
    let learns = mode != "static";
    let mut found = Found { access: fields.values("allowaccess"), ..Found::default() };
    if !learns {
        found.address(reader, fields.values("ip").as_slice());
    }
    for nested in &fields.nested {
        match nested.text(0).as_ref() {
            "secondaryip" => found.secondary(reader, *nested, fields.on("secondary-IP")),
            "ipv6" => found.ipv6(reader, *nested),
            "vrrp" => found.vrrp(reader, *nested),
            _ => {}
        }
    }
    let id = reader.device.interfaces.push(Interface {
        name: entry.name.clone().into_owned(),
        alias: fields.text("alias").filter(|alias| !alias.is_empty()).map(Name::into_owned),
        context,
        addresses: found.addresses,
        zone: None,
        up: !fields.is("status", "down"),
        kind: kind(fields, &entry.name, &mode),
        vlan: fields.number("vlanid"),
        dynamic: learns || found.dynamic6,
        hairpin_unfiltered: false,
        source_check: Some(!fields.is("src-check", "disable")),
        span,
    });
    reader.ports.insert(entry.name.clone(), id);
    let default = learns && !fields.is("defaultgw", "disable");
    Facts {
        id,
        access: found.access,
        access6: found.access6,
        learns_default: default.then(|| fields.number("distance").unwrap_or(5)),
        learns_default6: found.dynamic6,
        learns_routes: fields
            .span("dhcp-classless-route-addition")
            .filter(|_| learns && fields.on("dhcp-classless-route-addition")),
        remote: remote(fields),
        vrf: fields.span("vrf").filter(|_| !fields.is("vrf", "0")),
        relay: fields.span("dhcp-relay-service").filter(|_| fields.on("dhcp-relay-service")),
        portal: fields
            .span("security-mode")
            .filter(|_| fields.is("security-mode", "captive-portal")),
        bound: fields.span("ipmac").filter(|_| fields.on("ipmac")),
        proxy: fields.on("explicit-web-proxy") || fields.on("explicit-ftp-proxy"),
        span,
    }
}

fn remote(fields: &Fields<'_, '_>) -> Option<(Prefix, Span)> {
    let prefix = super::core::subnet(&fields.values("remote-ip"))?;
    let real = !prefix.address().is_unspecified();
    real.then_some((prefix, fields.span("remote-ip")?))
}

fn kind(fields: &Fields<'_, '_>, name: &str, mode: &str) -> InterfaceKind {
    match fields.text("type").as_deref() {
        Some("loopback") => InterfaceKind::Loopback,
        Some("tunnel" | "ssl" | "geneve" | "vxlan" | "fext-wan" | "lan-extension") => {
            InterfaceKind::Tunnel
        }
        Some("vdom-link") => InterfaceKind::Internal,
        Some("hdlc" | "ppp") => InterfaceKind::PointToPoint,
        _ if mode == "pppoe" || fields.is("role-type", "ppp") => InterfaceKind::PointToPoint,
        _ if name.starts_with("ssl.") => InterfaceKind::Tunnel,
        _ => InterfaceKind::Ethernet,
    }
}

#[derive(Default)]
struct Found<'a> {
    addresses: Vec<InterfaceAddress>,
    access: Vec<Word<'a>>,
    access6: Vec<Word<'a>>,
    dynamic6: bool,
}

impl<'a> Found<'a> {
    fn address(&mut self, reader: &mut Reader<'a>, words: &[Word<'a>]) {
        let (Some(first), Some(last)) = (words.first(), words.last()) else { return };
        let span = first.span.to(last.span);
        match interface_address(words) {
            Some((address, _)) if address.is_unspecified() => {}
            Some((address, len)) => self.addresses.push(InterfaceAddress { address, len, span }),
            None => {
                let reason = text!(
                    "インターフェースのアドレスを読み取れません。",
                    "the address of the interface cannot be read"
                );
                reader.ledger.unknown(span, reason, false);
            }
        }
    }

    fn secondary(&mut self, reader: &mut Reader<'a>, block: Statement<'_, 'a>, on: bool) {
        let words = Words::new(
            &["ip", "allowaccess"],
            &[
                "detectprotocol",
                "detectserver",
                "gwdetect",
                "ping-serv-status",
                "ha-priority",
                "secip-relay-ip",
            ],
        );
        for entry in reader.plain_entries(&[block]) {
            let strange = reader.account(&entry, &words);
            uncertain(reader, &strange, "secondaryip");
            let fields = entry.fields();
            if on {
                self.address(reader, &fields.values("ip"));
                self.access.extend(fields.values("allowaccess"));
            }
        }
    }

    /// The virtual address is the device's while it is master, and it is what neighbours name as their gateway.
    fn vrrp(&mut self, reader: &mut Reader<'a>, block: Statement<'_, 'a>) {
        for entry in reader.plain_entries(&[block]) {
            for part in entry.parts() {
                reader.used(part.span());
            }
            let fields = entry.fields();
            let len = self.addresses.first().map(|primary| primary.len);
            if let (Some(address), Some(len), Some(span)) =
                (fields.number::<IpAddr>("vrip"), len, fields.span("vrip"))
                && address.is_ipv4()
                && !fields.is("status", "disable")
            {
                self.addresses.push(InterfaceAddress { address, len, span });
            }
        }
    }

    fn ipv6(&mut self, reader: &mut Reader<'a>, block: Statement<'_, 'a>) {
        let fields = Fields::of(&[block]);
        let mode = fields.text("ip6-mode").unwrap_or("static".into());
        if mode == "static" {
            self.address(reader, &fields.values("ip6-address"));
        }
        for statement in block.children() {
            match statement.text(0).as_ref() {
                "ip6-extra-addr" => {
                    for entry in Entries::read(&[statement]).list {
                        let span = entry.span().unwrap_or(reader.origin);
                        let word = Word { text: entry.name.clone(), span };
                        self.address(reader, &[word]);
                    }
                    reader.used(statement.span());
                }
                "ip6-address" | "ip6-allowaccess" | "ip6-mode" | "autoconf" => {
                    reader.used(statement.span());
                }
                // The block holds announcements, prefix delegation and DHCP relay beside the addresses.
                _ => reader.irrelevant(statement.span()),
            }
        }
        self.dynamic6 = mode != "static" || fields.on("autoconf");
        self.access6.extend(fields.values("ip6-allowaccess"));
    }
}

/// Joins the two ends of each VDOM link: `NAME0`/`NAME1`, `npuN_vlink0`/`npuN_vlink1`, and VLANs with one number on both.
fn links<'a>(
    reader: &mut Reader<'a>,
    scopes: &mut Scopes<'_, 'a>,
    parents: &[(Name<'a>, Option<Name<'a>>, Option<u16>)],
) {
    let mut blocks = scopes.global.take("system vdom-link");
    for scope in &mut scopes.vdoms {
        blocks.extend(scope.take("system vdom-link"));
    }
    let words = Words::new(&["type"], &["vcluster"]);
    let mut pairs: Vec<(String, String)> = Vec::new();
    for entry in reader.plain_entries(&blocks) {
        let strange = reader.account(&entry, &words);
        reader.uncontained(&strange, &entry.name);
        pairs.push((format!("{}0", entry.name), format!("{}1", entry.name)));
    }
    for (name, _, _) in parents {
        let npu = name.strip_prefix("npu").and_then(|rest| rest.strip_suffix("vlink0"));
        if npu.is_some_and(|rest| {
            rest.trim_end_matches(['_', '-']).bytes().all(|b| b.is_ascii_digit())
        }) {
            let base = name.get(..name.len() - 1).unwrap_or("");
            pairs.push((name.clone().into_owned(), format!("{base}1")));
        }
    }
    for (a, b) in pairs {
        join(reader, &a, &b);
        for (name, parent, vlan) in parents {
            if vlan.is_none() || parent.as_deref() != Some(a.as_str()) {
                continue;
            }
            let twin =
                parents.iter().find(|(_, p, v)| p.as_deref() == Some(b.as_str()) && v == vlan);
            if let Some((other, _, _)) = twin {
                join(reader, name, other);
            }
        }
    }
}

fn join(reader: &mut Reader<'_>, a: &str, b: &str) {
    let (Some(a), Some(b)) = (reader.ports.get(a).copied(), reader.ports.get(b).copied()) else {
        return;
    };
    reader.device.interfaces[a].kind = InterfaceKind::Internal;
    reader.device.interfaces[b].kind = InterfaceKind::Internal;
    reader.device.internal_links.push((a, b));
}

/// The interface of this name. One that nothing defines is added when the file is an excerpt without interfaces, so that the
/// topology file can give it addresses.
pub(super) fn port<'a>(
    reader: &mut Reader<'a>,
    context: ContextId,
    name: &Name<'a>,
    span: Span,
    kind: InterfaceKind,
) -> InterfaceId {
    if let Some(id) = reader.ports.get(name) {
        return *id;
    }
    let id = reader.device.interfaces.push(Interface {
        name: name.clone().into_owned(),
        alias: None,
        context,
        addresses: Vec::new(),
        zone: None,
        up: true,
        kind,
        vlan: None,
        dynamic: false,
        hairpin_unfiltered: false,
        source_check: None,
        span,
    });
    reader.ports.insert(name.clone(), id);
    id
}

/// Whether the interface has an address of the family.
pub(super) fn has_family(interface: &Interface, family: Family) -> bool {
    interface.addresses.iter().any(|address| Family::of(address.address) == family)
}

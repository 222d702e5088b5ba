//! `deviceconfig setting session ipv6-firewalling no`: the firewall looks at no IPv6 packet. Bridged ones pass around the rules,
//! and there is nothing that would route the others.

use super::nat::Site;
use super::ports::Mode;
use super::reader::Reader;
use crate::formats::builder::line;
use crate::model::{Action, InterfaceId, Interfaces, ListId, Unknown};
use crate::net::Family;
use crate::text;

/// What stands before the rules of a vsys with these interfaces, where IPv6 is not filtered.
pub(super) fn list(
    reader: &mut Reader<'_>,
    site: &Site<'_, '_>,
    ids: &[InterfaceId],
) -> Option<ListId> {
    let tree = reader.tree;
    let path = ["setting", "session", "ipv6-firewalling"];
    let words = site.unit.shape.deviceconfig.path(tree, &path).words(tree);
    // The first template wins; the firewall filters IPv6 unless told otherwise.
    let word = words.first().filter(|word| word.text != "yes")?;
    let span = tree.span(word.at);
    let ports = site.network.ports.iter().filter(|(_, id)| ids.contains(id));
    let (bridged, routed): (Vec<_>, Vec<_>) =
        ports.partition(|(port, _)| matches!(port.mode, Mode::Layer2 | Mode::Wire));
    let mut lines = Vec::new();
    let passes = text!(
        "ipv6-firewalling が無効のため、レイヤー2・バーチャルワイヤーの IPv6 通信は規則を通らずに転送され得ます。",
        "ipv6-firewalling is off: IPv6 on layer 2 and virtual wires may pass without meeting a rule"
    );
    let stops = text!(
        "ipv6-firewalling が無効のため、IPv6 通信は転送されないことがあります。",
        "ipv6-firewalling is off: IPv6 may not be forwarded"
    );
    for (ports, action, reason) in
        [(bridged, Action::Undecided, passes.clone()), (routed, Action::Deny, stops)]
    {
        let mut matches = reader.b.everything(Some(Family::V6), span);
        matches.ingress = Interfaces::Of(ports.into_iter().map(|(_, id)| *id).collect());
        matches.unknown.push(Unknown { reason, span });
        lines.push(line("ipv6-firewalling no".to_owned(), matches, action, span));
    }
    tree.unsupported(word.at, passes);
    Some(reader.b.list("ipv6-firewalling", lines))
}

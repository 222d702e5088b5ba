//! Which ranges the network speaks of: the map of addresses must keep them ([`super::address`]).

use rustc_hash::FxHashSet;

use super::address::Addresses;
use super::rewrite;
use super::words::Words;
use crate::dialect;
use crate::model::{AddressMap, AddressSet, Device};
use crate::net::{AddressRange, Family, Prefix, WildcardMask, address};
use crate::policy::{self, Policy, Verb};
use crate::scan::Loaded;

/// Keeps every range that a device, the topology or a text names.
pub(super) fn keep(map: &mut Addresses, loaded: &Loaded) {
    for device in devices(loaded) {
        of_device(map, device);
    }
    for network in loaded.snapshot.declared_networks() {
        map.keep_range(network.range());
    }
    for (id, _) in &loaded.roles {
        for line in loaded.sources.file(*id).text().lines() {
            rewrite::ranges(line).into_iter().for_each(|range| map.keep_range(range));
        }
    }
}

/// Devices and the partners of pairs.
fn devices(loaded: &Loaded) -> impl Iterator<Item = &Device> {
    let own = loaded.snapshot.devices.iter().map(|(_, device)| &**device);
    own.chain(loaded.snapshot.partners.iter().map(|partner| &partner.export))
}

fn of_device(map: &mut Addresses, device: &Device) {
    for (_, object) in device.addresses.iter() {
        match object.value {
            AddressSet::Range(range) => map.keep_range(range),
            AddressSet::Wildcard(mask) => keep_wildcard(map, mask),
            _ => {}
        }
    }
    for (_, rewrite) in device.rewrites.iter() {
        for change in [&rewrite.source, &rewrite.destination].into_iter().flatten() {
            match change {
                AddressMap::Shift { from, to } => {
                    [from, to].into_iter().for_each(|range| map.keep_whole(*range))
                }
                AddressMap::Pool(ranges) => ranges.iter().for_each(|range| map.keep_range(*range)),
                _ => {}
            }
        }
    }
    for (_, interface) in device.interfaces.iter() {
        for own in &interface.addresses {
            Prefix::new(own.address, own.len)
                .into_iter()
                .for_each(|network| map.keep_range(network.range()));
        }
    }
    for (_, context) in device.contexts.iter() {
        context.routes.iter().for_each(|route| map.keep_range(route.prefix.range()));
    }
}

/// Bits below the first one that is not compared stay where they are.
fn keep_wildcard(map: &mut Addresses, mask: WildcardMask) {
    let host = |number: u32| address(Family::V4, u128::from(number));
    let below = u32::MAX.checked_shr(mask.ignore.leading_zeros()).unwrap_or(0);
    let range = AddressRange::new(host(mask.address & !below), host(mask.address | below));
    match mask.to_prefix() {
        Some(prefix) => map.keep_range(prefix.range()),
        None => range.into_iter().for_each(|range| map.keep_whole(range)),
    }
}

/// Offices that a pack names stay: who approves is compared with them.
fn keep_titles(words: &mut Words, policy: &Policy) {
    let shipped = |pack: &str| policy::shipped(pack).is_some();
    for terms in policy.waiver_terms.iter().filter(|terms| shipped(&terms.pack)) {
        terms.approver.iter().chain(&terms.applicants).for_each(|title| words.keep(title));
    }
    for rule in policy.rules.iter().filter(|rule| rule.pack.as_deref().is_some_and(shipped)) {
        if let Verb::Register { approvers, .. } = &rule.verb {
            approvers.iter().for_each(|title| words.keep(title));
        }
    }
}

/// Two interfaces that are called alike but for 0 and 1 may be the ends of a link (`vdom-link`).
fn links(words: &mut Words, device: &Device, keep: bool) {
    let names: FxHashSet<&str> =
        device.interfaces.iter().map(|(_, interface)| interface.name.as_str()).collect();
    let ends = names.iter().filter_map(|name| name.strip_suffix('0'));
    let linked = ends.filter(|link| !dialect::is_common(&format!("{link}0")));
    for link in linked.filter(|link| names.contains(format!("{link}1").as_str())) {
        words.link(link);
        if keep {
            words.keep(link);
        }
    }
}

/// Says of every name that the network has what it is the name of.
pub(super) fn call(words: &mut Words, loaded: &Loaded, keep: bool) {
    let mut call = |name: &str, kind: &'static str| {
        for (_, word) in rewrite::words(name) {
            for part in word.split(['/', ':']).chain(word.split(['/', ':', '.'])) {
                words.call(part, kind);
                if keep {
                    words.keep(part);
                }
            }
        }
    };
    let snapshot = &loaded.snapshot;
    snapshot.zones.iter().for_each(|(_, zone)| call(&zone.id, "zone"));
    snapshot.hosts.iter().for_each(|(_, host)| call(&host.id, "host"));
    snapshot.opaques.iter().for_each(|(_, opaque)| call(&opaque.name, "device"));
    for device in devices(loaded) {
        call(&device.name, "device");
        device.contexts.iter().for_each(|(_, context)| call(&context.name, "context"));
        for (_, interface) in device.interfaces.iter() {
            call(&interface.name, "if");
            interface.alias.iter().for_each(|alias| call(alias, "if"));
            interface.zone.iter().for_each(|zone| call(zone, "zone"));
        }
        device.addresses.iter().for_each(|(_, object)| call(&object.name, "obj"));
        device.services.iter().for_each(|(_, object)| call(&object.name, "svc"));
        for (_, list) in device.lists.iter() {
            call(&list.name, "list");
            list.lines.iter().for_each(|line| call(&line.label, "line"));
        }
        device.rewrites.iter().for_each(|(_, rewrite)| call(&rewrite.label, "line"));
    }
    for rule in loaded.policy.iter().flat_map(|policy| &policy.rules) {
        call(&rule.id, "rule");
    }
    loaded.policy.iter().for_each(|policy| keep_titles(words, policy));
    devices(loaded).for_each(|device| links(words, device, keep));
}

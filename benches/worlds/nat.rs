//! Translations of the zones of a firewall: one host and one port of each are published, and every other zone of a leaf goes out
//! with the address of its uplink. What is published has addresses in 198.18.0.0/15 that no zone has.

use std::fmt::Write;
use std::net::Ipv4Addr;

use super::{Site, mask};

/// Offsets of the published host, and of the host with a published port.
const HOST: usize = 10;
const SERVER: usize = 11;

/// The addresses of the published host and of the published port.
pub(super) fn published(zone: usize) -> impl Iterator<Item = String> {
    [18, 19].into_iter().map(move |second| {
        let number = (198 << 24) + (second << 16) + u32::try_from(zone).unwrap_or(0);
        Ipv4Addr::from(number).to_string()
    })
}

/// Whether what a zone sends through the uplink of its leaf has the address of the uplink.
pub(super) fn hidden(site: Site, zone: usize) -> bool {
    site.firewall > 0 && zone / site.world.firewalls % 2 == 1
}

pub(super) fn asa(out: &mut String, site: Site) {
    let world = site.world;
    for (zone, _) in site.own() {
        let real = |offset| world.text(world.number(zone, offset));
        let mut mapped = published(zone);
        let (host, server) = (mapped.next().unwrap_or_default(), mapped.next().unwrap_or_default());
        let _ = write!(
            out,
            "object network PUB{zone}-H\n host {}\n nat (z{zone},any) static {host}\nobject network PUB{zone}-P\n host {}\n nat (z{zone},any) static {server} service tcp 443 8443\n",
            real(HOST),
            real(SERVER),
        );
        if hidden(site, zone) {
            let (leaf, mask) = (site.firewall, mask(world.zone_length()));
            let _ = write!(
                out,
                "object network PAT{zone}\n subnet {} {mask}\n nat (z{zone},t{leaf}) dynamic interface\n",
                real(0),
            );
        }
    }
}

/// The virtual addresses.
pub(super) fn fortios(out: &mut String, site: Site) {
    let world = site.world;
    out.push_str("end\nconfig firewall vip\n");
    for (zone, _) in site.own() {
        let real = |offset| world.text(world.number(zone, offset));
        let mut mapped = published(zone);
        let (host, server) = (mapped.next().unwrap_or_default(), mapped.next().unwrap_or_default());
        let _ = write!(
            out,
            "    edit \"PUB{zone}-H\"\n        set extip {host}\n        set mappedip \"{}\"\n        set extintf \"any\"\n    next\n    \
             edit \"PUB{zone}-P\"\n        set extip {server}\n        set mappedip \"{}\"\n        set extintf \"any\"\n        set portforward enable\n        \
             set extport 8443\n        set mappedport 443\n    next\n",
            real(HOST),
            real(SERVER),
        );
    }
}

/// The policies to the virtual addresses, numbered from `first`.
pub(super) fn fortios_policies(out: &mut String, site: Site, first: usize) {
    for (number, (zone, _)) in (first..).zip(site.own()) {
        let _ = write!(
            out,
            "    edit {number}\n        set name \"published-{zone}\"\n        set srcintf \"any\"\n        set dstintf \"z{zone}\"\n        set action accept\n        \
             set srcaddr \"all\"\n        set dstaddr \"PUB{zone}-H\" \"PUB{zone}-P\"\n        set schedule \"always\"\n        set service \"tcp-443\" \"tcp-3389\"\n        \
             set logtraffic all\n    next\n"
        );
    }
}

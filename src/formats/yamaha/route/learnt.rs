//! Routes that no `ip route` states: learnt defaults, other ends of lines, substitutes, subnets assigned at run time.

use super::Routes;
use super::choice::Taken;
use crate::formats::yamaha::address;
use crate::formats::yamaha::interface::Backup;
use crate::formats::yamaha::reader::Reader;
use crate::model::{InterfaceId, InterfaceKind, NextHop, PolicyRoute, Route};
use crate::net::{Family, Prefix};
use crate::source::Span;
use crate::text;
use crate::text::Text;
use rustc_hash::FxHashSet;
use std::net::IpAddr;

impl Reader<'_, '_> {
    /// DHCP and router advertisements bring a default route, which gives way to one that is configured.
    pub(super) fn learnt_defaults(&mut self, routes: &mut Routes) {
        for family in Family::ALL {
            let all = Prefix::all(family);
            let known = routes.table.iter().any(|route| route.prefix == all);
            for iface in &self.interfaces {
                let (Some(id), Some(span)) = (iface.id, iface.stack(family).dynamic) else {
                    continue;
                };
                // `ip … dhcp auto default-route-add off` is about IPv4.
                let learns = iface.learns_default || family == Family::V6;
                if iface.stack(family).brings_default && learns && !known {
                    routes.table.push(Route {
                        prefix: all,
                        next_hop: NextHop::Interface(id),
                        distance: 200,
                        metric: 0,
                        withdrawable: true,
                        span,
                    });
                }
            }
        }
    }

    /// The other ends of PPP lines: one address is a route; addresses handed out are in use while a client is connected.
    pub(super) fn peers(&mut self, routes: &mut Routes) {
        for iface in self.interfaces.clone() {
            let Some(id) = iface.id else { continue };
            let next_hop = NextHop::Interface(id);
            for (range, span) in &iface.remote {
                if range.first() == range.last() && iface.name != "pp-anonymous" {
                    routes.table.push(Route {
                        prefix: Prefix::host(range.first()),
                        next_hop,
                        distance: 1,
                        metric: 0,
                        withdrawable: true,
                        span: *span,
                    });
                    continue;
                }
                let destination = self.builder.range(*range, *span);
                let family = Family::of(range.first());
                let matches = self.perhaps(destination, family, connected_reason(), *span);
                routes.policy.push(PolicyRoute { matches, next_hop: Some(next_hop), span: *span });
            }
            if let Some(span) = iface.any_remote {
                let destination = address::unknown(&mut self.builder, "pool", Family::V4, span);
                let matches = self.perhaps(destination, Family::V4, connected_reason(), span);
                routes.policy.push(PolicyRoute { matches, next_hop: Some(next_hop), span });
            }
        }
    }

    /// Where an interface has a substitute, its routes may lead by that.
    pub(super) fn backups(&mut self, routes: &mut Routes) {
        let list: Vec<_> = self
            .interfaces
            .iter()
            .filter_map(|iface| Some((iface.id?, iface.clone(), iface.backup.clone()?)))
            .collect();
        for (id, iface, (backup, span)) in list {
            let next_hop = match backup {
                Backup::Interface(name) => NextHop::Interface(self.exit(&name, span)),
                Backup::Gateway(name, address) => {
                    let interface = Some(self.exit(&name.to_ascii_lowercase(), span));
                    NextHop::Gateway { address, interface }
                }
            };
            let mut added = Vec::new();
            for route in &mut routes.table {
                let by_gateway = |address: IpAddr| {
                    let own = iface.addresses(Family::of(address));
                    let nets = own.filter_map(|own| Prefix::new(own.address, own.len));
                    nets.into_iter().any(|net| net.contains(address))
                };
                let by = match route.next_hop {
                    NextHop::Interface(by) => by == id,
                    NextHop::Gateway { interface: Some(by), .. } => by == id,
                    NextHop::Gateway { address, .. } => by_gateway(address),
                    _ => false,
                };
                if by {
                    route.withdrawable = true;
                    added.push(Route { next_hop, metric: 100, span, ..route.clone() });
                }
            }
            routes.table.append(&mut added);
        }
    }

    /// An interface whose subnet is assigned at run time, or perhaps a default route with it, may be the way to any address that
    /// no other route surely takes.
    pub(super) fn unknown_subnets(&mut self, taken: &mut Taken, routes: &mut Routes) {
        for family in Family::ALL {
            let all = Prefix::all(family);
            let defaults: FxHashSet<InterfaceId> = routes
                .table
                .iter()
                .filter(|route| route.prefix == all)
                .filter_map(|route| match route.next_hop {
                    NextHop::Interface(id) => Some(id),
                    _ => None,
                })
                .collect();
            let open: Vec<(InterfaceId, Span)> = self
                .interfaces
                .iter()
                .filter(|iface| {
                    let subnet = iface.kind == InterfaceKind::Ethernet;
                    iface.is_up() && (subnet || iface.stack(family).may_bring_default)
                })
                .filter_map(|iface| Some((iface.id?, iface.stack(family).dynamic?)))
                .filter(|(id, _)| !defaults.contains(id))
                .collect();
            for (id, span) in open {
                let destination = self.remainder(all, taken, span);
                let matches = self.perhaps(destination, family, subnet_reason(), span);
                let next_hop = Some(NextHop::Interface(id));
                routes.policy.push(PolicyRoute { matches, next_hop, span });
            }
        }
    }
}

fn connected_reason() -> Text {
    text!(
        "相手が接続している間だけ、この経路が使われます。",
        "this way is in use while the other end is connected"
    )
}

fn subnet_reason() -> Text {
    text!(
        "実行時に割り当てられるサブネットは設定からは定まりません。",
        "the subnet that is assigned at run time does not follow from the configuration"
    )
}

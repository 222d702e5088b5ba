//! Networks of the host's own interfaces: the routes to them follow from the addresses, but for what `ip route` says otherwise.

use super::super::builder::{Builder, unknown};
use super::Host;
use super::route::RouteLine;
use crate::model::{ContextId, PolicyRoute};
use crate::net::Prefix;
use crate::text;

impl Host<'_> {
    /// A route to a connected network with a smaller metric goes before the interface (NetworkManager gives connected routes
    /// metrics). Where `ip route` shows no route to the network at all (`noprefixroute`), its packets may go anywhere.
    pub(super) fn connect(&mut self, builder: &mut Builder, context: ContextId) {
        let networks = self.links.iter().flat_map(super::address::Link::networks);
        let networks: Vec<_> =
            networks.map(|(name, net, span)| (name.to_owned(), net, span)).collect();
        for (name, network, span) in networks {
            let in_main = |route: &&RouteLine<'_>| route.in_main();
            let mut same_family =
                self.routes.iter().filter(in_main).filter(|r| r.family() == network.family());
            if same_family.next().is_none() {
                continue;
            }
            let direct =
                |route: &&RouteLine<'_>| route.destination() == network && route.is_direct(&name);
            let metric =
                self.routes.iter().filter(in_main).filter(direct).map(RouteLine::metric).min();
            self.prefer(network, metric);
            if metric.is_none() {
                let mut matches = builder.everything(Some(network.family()), span);
                matches.destination = builder.range(network.range(), span);
                let reason = text!(
                    "このネットワークへの経路が ip route の出力にないため、どこへでも転送され得るものとして読みます。",
                    "ip route shows no route to this network: its packets may go anywhere"
                );
                matches.unknown.push(unknown(reason, span));
                let anywhere = PolicyRoute { matches, next_hop: None, span };
                builder.device.contexts[context].policy_routes.push(anywhere);
            }
        }
    }

    /// Other routes to a connected network that may go before it.
    fn prefer(&mut self, network: Prefix, metric: Option<u32>) {
        let names: Vec<String> = self
            .links
            .iter()
            .flat_map(super::address::Link::networks)
            .filter(|(_, own, _)| *own == network)
            .map(|(name, ..)| name.to_owned())
            .collect();
        for route in self.routes.iter_mut().filter(|route| route.in_main()) {
            let direct = names.iter().any(|name| route.is_direct(name));
            let behind = metric.is_some_and(|metric| metric < route.metric());
            if route.destination() == network && !direct && !behind {
                route.set_unsure();
            }
        }
    }
}

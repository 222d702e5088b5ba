//! Translations: `dnat`, `snat`, `masquerade`, `redirect`, and header fields that a rule sets.

use super::condition::Cond;
use super::rule::Draft;
use super::sets::{numbers, range};
use super::{Lower, Place};
use crate::formats::builder::unknown;
use crate::formats::nftables::names;
use crate::formats::nftables::tree::{Expr, Nat, NatKind};
use crate::model::{Action, AddressMap, Line, PortMap, Rewrite};
use crate::net::{AddressRange, PortRange};
use crate::text;

/// Where a translation leads for some packets.
struct Target {
    cond: Cond,
    address: Option<AddressMap>,
    port: Option<PortMap>,
}

impl<'r> Lower<'r> {
    /// Lines for a translation statement.
    pub(super) fn translate(&mut self, draft: &mut Draft, nat: &'r Nat, place: Place<'r>) {
        if place.site.nat.is_none() {
            // No kernel accepts it there.
            let reason = text!(
                "変換（NAT）が type nat 以外のチェインにあるため、解釈できません。",
                "a translation outside a chain of type nat is not understood"
            );
            self.unknown(place, reason, false);
            return;
        }
        let mut lines = Vec::new();
        let conds: Vec<Cond> = draft.conds.iter().filter(|cond| !cond.never).cloned().collect();
        for cond in conds {
            for target in self.targets(cond, nat, place) {
                lines.extend(self.rewrite_line(draft, nat.kind, target, place));
            }
        }
        self.put(draft, lines, place);
    }

    fn rewrite_line(
        &mut self,
        draft: &Draft,
        kind: NatKind,
        target: Target,
        place: Place<'_>,
    ) -> Option<Line> {
        if target.cond.never {
            return None;
        }
        let mut rewrite =
            Rewrite { label: draft.label.clone(), span: Some(place.span), ..Rewrite::default() };
        match kind {
            NatKind::Destination | NatKind::Redirect => {
                (rewrite.destination, rewrite.destination_port) = (target.address, target.port);
            }
            NatKind::Source | NatKind::Masquerade => {
                (rewrite.source, rewrite.source_port) = (target.address, target.port);
            }
        }
        let id = self.builder.device.rewrites.push(rewrite);
        Some(self.line(draft, &target.cond, Action::Rewrite(id), place))
    }

    fn targets(&mut self, cond: Cond, nat: &'r Nat, place: Place<'r>) -> Vec<Target> {
        // A source keeps its port unless another connection has it; then the kernel takes another one.
        let any_port = PortRange::new(1, u16::MAX).map(PortMap::Within);
        let port = match (&nat.port, nat.kind) {
            (None, NatKind::Source | NatKind::Masquerade) => any_port,
            (None, _) => None,
            (Some(Expr::Map { .. }), _) => Some(PortMap::Within(PortRange::ALL)),
            (Some(port), _) => Some(self.port_map(port, place)),
        };
        let mut targets = match (&nat.address, nat.kind) {
            (None, NatKind::Masquerade) => {
                vec![Target { cond, address: Some(AddressMap::EgressInterface), port }]
            }
            (None, NatKind::Redirect) => {
                vec![Target { cond, address: Some(AddressMap::IngressInterface), port }]
            }
            (None, _) => vec![Target { cond, address: None, port }],
            (Some(Expr::Map { key, data }), _) => self.mapped(&cond, nat, (key, data), port, place),
            (Some(address), _) => vec![self.literal(cond, address, port, place)],
        };
        if let Some(Expr::Map { key, data }) = &nat.port {
            targets =
                targets.into_iter().flat_map(|t| self.port_mapped(t, key, data, place)).collect();
        }
        targets
    }

    fn port_map(&mut self, port: &Expr, place: Place<'_>) -> PortMap {
        match port_range(port) {
            Some(range) => PortMap::Within(range),
            None => {
                self.unreadable(port, place);
                PortMap::Within(PortRange::ALL)
            }
        }
    }

    /// One address, a range, or both with a port.
    fn literal(
        &mut self,
        mut cond: Cond,
        address: &Expr,
        port: Option<PortMap>,
        place: Place<'_>,
    ) -> Target {
        let (address, own) = match address {
            Expr::Concat(parts) => match parts.as_slice() {
                [address, port] => (address, Some(self.port_map(port, place))),
                _ => (address, None),
            },
            other => (other, None),
        };
        let port = own.or(port);
        let Some(range) = range(address) else {
            let reason = self.unreadable(address, place);
            cond.doubt(unknown(reason, place.span));
            return Target { cond, address: Some(AddressMap::Unknown), port };
        };
        cond.family(range.family());
        Target { cond, address: Some(AddressMap::Pool(vec![range])), port }
    }

    fn mapped(
        &mut self,
        cond: &Cond,
        nat: &Nat,
        (key, data): (&'r Expr, &'r Expr),
        port: Option<PortMap>,
        place: Place<'r>,
    ) -> Vec<Target> {
        let pairs = self.pairs(data, place);
        if let Expr::Choice { first, count } = key {
            let whole = pairs.open.is_none() && complete(&pairs.items, *first, *count);
            return self.chosen(cond, &pairs.items, port, whole, place).into_iter().collect();
        }
        let mut out = Vec::new();
        for (value, target) in &pairs.items {
            for mut cond in self.keyed(cond, key, value, place) {
                if pairs.open.is_some() {
                    self.doubt(&mut cond, "map", place);
                }
                let mut one = self.literal(cond, target, port, place);
                if let Some(shift) =
                    nat.prefix.then(|| shift(nat.kind, key, value, target)).flatten()
                {
                    one.address = Some(shift);
                }
                out.push(one);
            }
        }
        if let Some(target) = pairs.rest {
            out.push(self.literal(cond.clone(), target, port, place));
        }
        if pairs.open.is_some() {
            let mut cond = cond.clone();
            self.doubt(&mut cond, "map", place);
            let port = Some(PortMap::Within(PortRange::ALL));
            out.push(Target { cond, address: Some(AddressMap::Unknown), port });
        }
        out
    }

    /// A map over a number that the kernel draws or hashes: any of the targets.
    fn chosen(
        &mut self,
        cond: &Cond,
        items: &[(&Expr, &Expr)],
        port: Option<PortMap>,
        whole: bool,
        place: Place<'_>,
    ) -> Option<Target> {
        let mut cond = cond.clone();
        if !whole {
            self.doubt(&mut cond, "numgen/hash map", place);
        }
        let (mut pool, mut ports) = (Vec::new(), None);
        for (_, target) in items {
            let one = self.literal(cond.clone(), target, port, place);
            match one.address {
                Some(AddressMap::Pool(ranges)) => pool.extend(ranges),
                _ => return Some(Target { address: Some(AddressMap::Unknown), ..one }),
            }
            ports = if items.len() == 1 || one.port == port {
                one.port
            } else {
                Some(PortMap::Within(PortRange::ALL))
            };
        }
        let family = pool.first().map(|range: &AddressRange| range.family())?;
        cond.family(family);
        Some(Target { cond, address: Some(AddressMap::Pool(pool)), port: ports })
    }

    fn port_mapped(
        &mut self,
        target: Target,
        key: &'r Expr,
        data: &'r Expr,
        place: Place<'r>,
    ) -> Vec<Target> {
        let pairs = self.pairs(data, place);
        if pairs.open.is_some() || pairs.rest.is_some() || matches!(key, Expr::Choice { .. }) {
            let mut target = target;
            self.doubt(&mut target.cond, "map", place);
            return vec![target];
        }
        let mut out = Vec::new();
        for (value, port) in &pairs.items {
            for cond in self.keyed(&target.cond, key, value, place) {
                let port = Some(self.port_map(port, place));
                out.push(Target { cond, address: target.address.clone(), port });
            }
        }
        out
    }

    /// A field that a rule sets outside translation: it may become anything.
    pub(super) fn rewrite_field(&mut self, draft: &mut Draft, field: &str, place: Place<'_>) {
        let reason = text!(
            "ヘッダーの書き換えは、任意の値になり得るものとして読みます。",
            "a header field that is set is read as any value"
        );
        self.unsupported(place, reason.clone());
        let mut rewrite =
            Rewrite { label: draft.label.clone(), span: Some(place.span), ..Rewrite::default() };
        let port = Some(PortMap::Within(PortRange::ALL));
        match field {
            "saddr" => rewrite.source = Some(AddressMap::Unknown),
            "daddr" => rewrite.destination = Some(AddressMap::Unknown),
            "sport" => rewrite.source_port = port,
            _ => rewrite.destination_port = port,
        }
        // The rule may stand behind jumps, so its own conditions say at most where it applies.
        let mut cond = self.start(place);
        cond.doubt(unknown(reason.clone(), place.span));
        let matches = self.matches(&cond, place);
        self.mangles.push((matches, rewrite, draft.top));
        // What stands behind the rule in its chain sees the new value.
        self.undecided(draft, reason, place);
    }
}

/// Whether the keys of a map are all the numbers that can be drawn.
fn complete(items: &[(&Expr, &Expr)], first: u64, count: u64) -> bool {
    let key = |expr: &Expr| numbers(expr, names::number).map(|(a, b)| (u64::from(a), u64::from(b)));
    let mut ranges: Vec<(u64, u64)> = items.iter().filter_map(|(value, _)| key(value)).collect();
    ranges.sort_unstable();
    let mut next = first;
    for (start, end) in ranges {
        if start <= next {
            next = next.max(end + 1);
        }
    }
    next >= first.saturating_add(count)
}

/// `prefix to`: addresses keep their distance, when the key is the address that changes and both prefixes have one length.
fn shift(kind: NatKind, key: &Expr, value: &Expr, target: &Expr) -> Option<AddressMap> {
    let Expr::Payload { field, .. } = key else { return None };
    let fits = match kind {
        NatKind::Source => field == "saddr",
        NatKind::Destination => field == "daddr",
        _ => false,
    };
    let (from, to) = (range(value)?, range(target)?);
    let same = from.extent() == to.extent() && from.family() == to.family();
    (fits && same).then_some(AddressMap::Shift { from, to })
}

fn port_range(expr: &Expr) -> Option<PortRange> {
    let (first, last) = numbers(expr, names::port)?;
    PortRange::new(u16::try_from(first).ok()?, u16::try_from(last).ok()?)
}

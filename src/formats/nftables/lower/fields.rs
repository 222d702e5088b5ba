//! Single conditions: a selector, an operator and what it is compared with.

use super::condition::Cond;
use super::sets::numbers;
use super::{Hook, Lower, Place};
use crate::formats::nftables::names;
use crate::formats::nftables::tree::{Expr, Op};
use crate::model::{AddressId, ServiceId, TcpFlags};
use crate::net::{Family, PortRange, Prefix, WildcardMask};
use crate::text;
use std::net::IpAddr;

/// Protocols with ports.
const WITH_PORTS: [u8; 5] = [6, 17, 33, 132, 136];

impl Lower<'_> {
    /// Adds a condition over one selector. Almost always one result; a few conditions have a sure and an unsure part.
    pub(super) fn restrict(
        &mut self,
        mut cond: Cond,
        left: &Expr,
        op: Op,
        right: &Expr,
        place: Place<'_>,
    ) -> Vec<Cond> {
        match left {
            Expr::Payload { protocol, field } => {
                self.payload(&mut cond, protocol, field, op, right, place);
            }
            Expr::Masked(inner, mask) => self.masked(&mut cond, inner, mask, op, right, place),
            Expr::Meta(key) => self.meta(&mut cond, key, op, right, place),
            Expr::Ct { key, .. } => match key.as_str() {
                "state" => return self.state(cond, op, right, place),
                "direction" => return self.direction(cond, op, right, place),
                "status" => self.status(&mut cond, op, right, place),
                "original ip saddr" | "ip saddr" | "ip daddr" => {
                    cond.family(Family::V4);
                    self.doubt(&mut cond, &format!("ct {key}"), place);
                }
                "ip6 saddr" | "ip6 daddr" => {
                    cond.family(Family::V6);
                    self.doubt(&mut cond, &format!("ct {key}"), place);
                }
                _ => self.doubt(&mut cond, &format!("ct {key}"), place),
            },
            Expr::Fib { keys, result } => self.fib(&mut cond, keys, result, op, right, place),
            Expr::Choice { .. } => self.doubt(&mut cond, "numgen/hash", place),
            Expr::Other(words) => self.doubt(&mut cond, words, place),
            _ => self.doubt(&mut cond, "…", place),
        }
        vec![cond]
    }

    fn payload(
        &mut self,
        cond: &mut Cond,
        protocol: &str,
        field: &str,
        op: Op,
        right: &Expr,
        place: Place<'_>,
    ) {
        let (family, number) = self.depends(cond, protocol, field, place);
        match (protocol, field, family) {
            ("ip" | "ip6", "saddr" | "daddr", Some(family)) => {
                self.by_address(cond, field == "saddr", (family, op), right, place);
            }
            ("th", "sport" | "dport", _) => {
                self.by_port(cond, None, field == "sport", (op, right), place)
            }
            (_, "sport" | "dport", _) if number.is_some() => {
                self.by_port(cond, number, field == "sport", (op, right), place);
            }
            ("ip", "protocol", _) => self.by_protocol(cond, false, (op, right), place),
            ("ip6", "nexthdr", _) => self.by_protocol(cond, true, (op, right), place),
            ("icmp", "type", _) => self.by_icmp(cond, 1, true, (op, right), place),
            ("icmp", "code", _) => self.by_icmp(cond, 1, false, (op, right), place),
            ("icmpv6", "type", _) => self.by_icmp(cond, 58, true, (op, right), place),
            ("icmpv6", "code", _) => self.by_icmp(cond, 58, false, (op, right), place),
            ("tcp", "flags", _) => self.by_flags(cond, None, (op, right), place),
            ("ether", "type", _) => self.ether_type(cond, op, right, place),
            _ => self.doubt(cond, &format!("{protocol} {field}"), place),
        }
    }

    /// Packets that have a header at all.
    fn depends(
        &mut self,
        cond: &mut Cond,
        protocol: &str,
        field: &str,
        place: Place<'_>,
    ) -> (Option<Family>, Option<u8>) {
        let family = match protocol {
            "ip" | "icmp" | "igmp" => Some(Family::V4),
            "ip6" | "icmpv6" => Some(Family::V6),
            _ => None,
        };
        if let Some(family) = family {
            cond.family(family);
        }
        let number = match protocol {
            "icmp" => Some(1),
            "igmp" => Some(2),
            "tcp" => Some(6),
            "udp" => Some(17),
            "dccp" => Some(33),
            "gre" => Some(47),
            "esp" => Some(50),
            "ah" => Some(51),
            "icmpv6" => Some(58),
            "comp" => Some(108),
            "sctp" => Some(132),
            "udplite" => Some(136),
            _ => None,
        };
        // What a port condition says already includes its protocol.
        if let Some(number) = number.filter(|_| !["sport", "dport"].contains(&field)) {
            self.protocol(cond, number, place);
        }
        (family, number)
    }

    /// Packets that have the field of a selector: a negated condition holds for no others.
    pub(super) fn present(&mut self, cond: &mut Cond, key: &Expr, place: Place<'_>) {
        if let Expr::Payload { protocol, .. } = key {
            self.depends(cond, protocol, "", place);
        }
    }

    fn by_address(
        &mut self,
        cond: &mut Cond,
        source: bool,
        (family, op): (Family, Op),
        right: &Expr,
        place: Place<'_>,
    ) {
        let end = |expr: &Expr| super::sets::range(expr).filter(|range| range.family() == family);
        let all = Prefix::all(family).range();
        let id = match op {
            Op::Implicit | Op::Eq => self.addresses(right, family, place),
            Op::Ne => {
                let id = self.addresses(right, family, place);
                let any = self.builder.any_address(Some(family), place.span);
                self.builder.except(any, id, place.span)
            }
            _ => {
                let side = match op {
                    Op::Le => end(right)
                        .and_then(|r| crate::net::AddressRange::new(all.first(), r.last())),
                    Op::Ge => end(right)
                        .and_then(|r| crate::net::AddressRange::new(r.first(), all.last())),
                    _ => None,
                };
                match side {
                    Some(range) => self.builder.range(range, place.span),
                    None => return self.doubt(cond, "ip saddr/daddr", place),
                }
            }
        };
        self.address(cond, source, id, place);
    }

    /// `ip saddr & 255.255.0.255 == 10.0.0.1`, `tcp flags & (syn|ack) == syn`.
    fn masked(
        &mut self,
        cond: &mut Cond,
        inner: &Expr,
        mask: &Expr,
        op: Op,
        right: &Expr,
        place: Place<'_>,
    ) {
        let Expr::Payload { protocol, field } = inner else {
            let words = match inner {
                Expr::Ct { key, .. } => format!("ct {key}"),
                Expr::Meta(key) => format!("meta {key}"),
                _ => "&".to_owned(),
            };
            return self.doubt(cond, &words, place);
        };
        match (protocol.as_str(), field.as_str()) {
            ("tcp", "flags") => {
                self.protocol(cond, 6, place);
                self.by_flags(cond, Some(mask), (op, right), place);
            }
            ("ip" | "ip6", "saddr" | "daddr") => {
                cond.family(if protocol == "ip" { Family::V4 } else { Family::V6 });
                let ends = mask.as_word().zip(right.as_word());
                let parsed = ends.and_then(|(m, v)| Some((m.parse().ok()?, v.parse().ok()?)));
                let set = match (parsed, op) {
                    (
                        Some((IpAddr::V4(mask), IpAddr::V4(value))),
                        Op::Implicit | Op::Eq | Op::Ne,
                    ) => {
                        let inverse = std::net::Ipv4Addr::from(!u32::from(mask));
                        let fits = u32::from(value) & !u32::from(mask) == 0;
                        fits.then(|| WildcardMask::new(value, inverse))
                    }
                    _ => None,
                };
                let Some(wildcard) = set else {
                    return self.doubt(cond, &format!("{protocol} {field} &"), place);
                };
                let id = match wildcard.to_prefix() {
                    Some(prefix) => self.builder.range(prefix.range(), place.span),
                    None => self.builder.wildcard(wildcard, place.span),
                };
                let any = self.builder.any_address(Some(Family::V4), place.span);
                let id = if op == Op::Ne { self.builder.except(any, id, place.span) } else { id };
                self.address(cond, field == "saddr", id, place);
            }
            _ => {
                // The selector still says which packets have the field at all.
                self.payload(cond, protocol, "", Op::Eq, right, place);
            }
        }
    }

    fn by_port(
        &mut self,
        cond: &mut Cond,
        protocol: Option<u8>,
        source: bool,
        (op, right): (Op, &Expr),
        place: Place<'_>,
    ) {
        let span = place.span;
        let (ranges, open) = self.ranges(op, right, names::port, 0xffff, place);
        let own: &[u8] = protocol.as_ref().map_or(&WITH_PORTS, std::slice::from_ref);
        let mut members = Vec::new();
        for protocol in own {
            for (first, last) in &ranges {
                let range = port_range(*first, *last).unwrap_or(PortRange::ALL);
                let (from, to) =
                    if source { (range, PortRange::ALL) } else { (PortRange::ALL, range) };
                members.push(self.builder.ports(*protocol, from, to, TcpFlags::ANY, span));
            }
        }
        let kinds: Vec<ServiceId> = own.iter().map(|p| self.builder.protocol(*p, span)).collect();
        let kinds = self.builder.services(kinds, span);
        let mut widest = kinds;
        if protocol.is_none() {
            // Of other protocols the same bytes are compared, and they may be anything.
            let any = self.builder.any_service(span);
            let others = self.builder.service_except(any, kinds, span);
            members.push(self.unknown_part(others, place));
            widest = any;
        }
        if open {
            members.push(self.unknown_part(kinds, place));
        }
        let set = self.builder.services(members, span);
        let set = if negated(op) { self.builder.service_except(widest, set, span) } else { set };
        self.service(cond, set, place);
    }

    /// Perhaps some packets of `of`.
    fn unknown_part(&mut self, of: ServiceId, place: Place<'_>) -> ServiceId {
        let reason = text!("ルールセットだけでは決まりません。", "not decided by the ruleset");
        let unknown = self.builder.unknown_service(reason, place.span);
        self.builder.service_both(of, unknown, place.span)
    }

    /// `meta l4proto`, `ip protocol`, and `ip6 nexthdr`, which sees extension headers instead of what follows them.
    fn by_protocol(
        &mut self,
        cond: &mut Cond,
        header: bool,
        (op, right): (Op, &Expr),
        place: Place<'_>,
    ) {
        let span = place.span;
        let (ranges, open) = self.ranges(op, right, names::protocol, 0xff, place);
        let any = self.builder.any_service(span);
        let mut members = Vec::new();
        for number in ranges.iter().flat_map(|(first, last)| *first..=*last) {
            let Ok(number) = u8::try_from(number) else { continue };
            let mut one = self.builder.protocol(number, span);
            if header {
                let extension = [0, 43, 44, 60, 135, 139, 140].contains(&number);
                one = self.unknown_part(if extension { any } else { one }, place);
            }
            members.push(one);
        }
        if open {
            members.push(self.unknown_part(any, place));
        }
        if header {
            let reason = text!(
                "ip6 nexthdr は拡張ヘッダー付きのパケットでは一致しないため、一致することもしないこともあるものとして読みます（meta l4proto を使うと確定します）。",
                "ip6 nexthdr does not look behind extension headers, so the rule may match or not; meta l4proto does"
            );
            self.unsupported(place, reason);
        }
        let set = self.builder.services(members, span);
        let set = if negated(op) { self.builder.service_except(any, set, span) } else { set };
        self.service(cond, set, place);
    }

    fn by_icmp(
        &mut self,
        cond: &mut Cond,
        protocol: u8,
        types: bool,
        (op, right): (Op, &Expr),
        place: Place<'_>,
    ) {
        let span = place.span;
        let name = match (protocol, types) {
            (1, true) => names::icmp_type,
            (1, false) => names::icmp_code,
            (_, true) => names::icmpv6_type,
            (_, false) => names::icmpv6_code,
        };
        let (ranges, open) = self.ranges(op, right, name, 0xff, place);
        let mut members = Vec::new();
        for (first, last) in ranges {
            let range = u8::try_from(first).ok().zip(u8::try_from(last).ok());
            let (kinds, codes) = if types { (range, None) } else { (None, range) };
            members.push(self.builder.icmp(protocol, kinds, codes, span));
        }
        let all = self.builder.protocol(protocol, span);
        if open {
            members.push(self.unknown_part(all, place));
        }
        let set = self.builder.services(members, span);
        let set = if negated(op) { self.builder.service_except(all, set, span) } else { set };
        self.service(cond, set, place);
    }

    /// The number ranges of a right side, and whether there may be others. `<`, `>` and the like are ranges, too.
    fn ranges(
        &mut self,
        op: Op,
        right: &Expr,
        name: fn(&str) -> Option<u32>,
        max: u32,
        place: Place<'_>,
    ) -> (Vec<(u32, u32)>, bool) {
        let values = self.values(right, place);
        let (mut out, mut open) = (Vec::new(), values.open.is_some());
        // Every element of a set that changes may be gone by now.
        let items = if open { &[][..] } else { &values.items };
        for item in items {
            match numbers(item, name).filter(|(_, last)| *last <= max) {
                Some(range) => out.push(range),
                None => {
                    self.unreadable(item, place);
                    open = true;
                }
            }
        }
        if values.rest {
            out.push((0, max));
        }
        let [(number, last)] = out.as_slice() else {
            let compares = matches!(op, Op::Lt | Op::Gt | Op::Le | Op::Ge | Op::Without);
            return if compares { (Vec::new(), true) } else { (out, open) };
        };
        let (number, single) = (*number, number == last);
        let range = match op {
            Op::Implicit | Op::Eq | Op::Ne => return (out, open),
            _ if !single => return (Vec::new(), true),
            Op::Lt if number == 0 => return (Vec::new(), open),
            Op::Lt => (0, number - 1),
            Op::Le => (0, number),
            Op::Gt if number >= max => return (Vec::new(), open),
            Op::Gt => (number + 1, max),
            Op::Ge => (number, max),
            Op::Without => return (Vec::new(), true),
        };
        (vec![range], open)
    }

    fn meta(&mut self, cond: &mut Cond, key: &str, op: Op, right: &Expr, place: Place<'_>) {
        match key {
            "iif" | "iifname" | "oif" | "oifname" => self.by_interface(cond, key, op, right, place),
            "l4proto" => self.by_protocol(cond, false, (op, right), place),
            "nfproto" | "protocol" => self.ether_type(cond, op, right, place),
            "pkttype" if place.site.hook == Hook::Forward => {
                // The kernel forwards only what is addressed to it in the frame.
                let values = self.values(right, place);
                let kinds: Option<Vec<u32>> =
                    values.items.iter().map(|item| names::packet_type(item.as_word()?)).collect();
                let unread = values.open.is_some() || values.rest;
                match kinds.filter(|_| !unread && matches!(op, Op::Implicit | Op::Eq | Op::Ne)) {
                    Some(kinds) => cond.never |= kinds.contains(&0) == (op == Op::Ne),
                    None => self.doubt(cond, "pkttype", place),
                }
            }
            _ => self.doubt(cond, &format!("meta {key}"), place),
        }
    }

    /// `meta nfproto`, `meta protocol`, `ether type`: which family.
    fn ether_type(&mut self, cond: &mut Cond, op: Op, right: &Expr, place: Place<'_>) {
        let values = self.values(right, place);
        let mut families = Vec::new();
        for item in &values.items {
            match item.as_word() {
                Some("ip" | "ipv4" | "0x0800" | "2048") => families.push(Family::V4),
                Some("ip6" | "ipv6" | "0x86dd" | "34525") => families.push(Family::V6),
                Some("arp" | "0x0806") => {}
                _ => return self.doubt(cond, "meta protocol", place),
            }
        }
        if values.open.is_some() || values.rest || !matches!(op, Op::Implicit | Op::Eq | Op::Ne) {
            return self.doubt(cond, "meta protocol", place);
        }
        let fits = |family: &Family| families.contains(family) != (op == Op::Ne);
        let left: Vec<Family> = Family::ALL.into_iter().filter(fits).collect();
        match left.as_slice() {
            [] => cond.never = true,
            [one] => cond.family(*one),
            _ => {}
        }
    }

    fn fib(
        &mut self,
        cond: &mut Cond,
        keys: &[String],
        result: &str,
        op: Op,
        right: &Expr,
        place: Place<'_>,
    ) {
        let values = self.values(right, place);
        let types: Option<Vec<&str>> = values.items.iter().map(|item| item.as_word()).collect();
        let words = format!("fib {} {result}", keys.join(" . "));
        let destination = keys == ["daddr"] && result == "type" && values.open.is_none();
        let Some(types) = types.filter(|_| destination) else {
            return self.doubt(cond, &words, place);
        };
        let local = types.contains(&"local");
        match (place.site.hook, op) {
            // What is delivered to the device has one of its addresses, what is forwarded has none.
            (Hook::Input, Op::Implicit | Op::Eq) if local => {}
            (Hook::Input, Op::Ne) if local => cond.never = true,
            (Hook::Forward, Op::Implicit | Op::Eq) if types == ["local"] => cond.never = true,
            (Hook::Forward, Op::Ne) if types == ["local"] => {}
            (_, Op::Implicit | Op::Eq | Op::Ne) if types == ["local"] && !self.own.is_empty() => {
                let own: Vec<AddressId> = self
                    .own
                    .clone()
                    .into_iter()
                    .map(|own| self.builder.range(own, place.span))
                    .collect();
                let own = self.builder.union(own, place.span);
                let any = self.builder.any_address(None, place.span);
                let id = if op == Op::Ne { self.builder.except(any, own, place.span) } else { own };
                self.address(cond, false, id, place);
            }
            _ => self.doubt(cond, &words, place),
        }
    }
}

fn negated(op: Op) -> bool {
    matches!(op, Op::Ne | Op::Without)
}

fn port_range(first: u32, last: u32) -> Option<PortRange> {
    PortRange::new(u16::try_from(first).ok()?, u16::try_from(last).ok()?)
}

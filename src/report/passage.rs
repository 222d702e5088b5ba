//! How much passes between two zones, in one word.

use super::page::Tone;
use crate::finding::FlowList;
use crate::net::{AddressRange, Family, Prefix};
use crate::scan::Loaded;
use crate::snapshot::{ZoneAddresses, non_unicast};
use crate::text;
use crate::text::Text;

/// How much passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passage {
    /// Everything, surely.
    All,
    /// Something, and nothing is in doubt.
    Some,
    /// Something surely, and perhaps more.
    SomePerhapsMore,
    /// Nothing surely, but something may.
    Unknown,
    /// Nothing, even by the widest reading.
    None,
}

impl Passage {
    /// The word for tables.
    pub(super) fn word(self) -> Text {
        match self {
            Passage::All => text!("全部", "all"),
            Passage::Some => text!("一部", "some"),
            Passage::SomePerhapsMore => text!("一部+不明", "some+unknown"),
            Passage::Unknown => text!("不明", "unknown"),
            Passage::None => text!("なし", "none"),
        }
    }

    /// The identifier in machine formats.
    pub(super) fn id(self) -> &'static str {
        match self {
            Passage::All => "all",
            Passage::Some => "some",
            Passage::SomePerhapsMore => "some-perhaps-more",
            Passage::Unknown => "unknown",
            Passage::None => "none",
        }
    }

    /// The tone that goes with it.
    pub(super) fn tone(self) -> Tone {
        match self {
            Passage::All => Tone::Bad,
            Passage::Some => Tone::Plain,
            Passage::SomePerhapsMore | Passage::Unknown => Tone::Doubt,
            Passage::None => Tone::Faint,
        }
    }
}

/// How much passes from one zone to another. "All" is said only when one cube with every service holds all networks of both.
pub(super) fn passage(
    loaded: &Loaded,
    (from, to): (&str, &str),
    family: Family,
    must: &FlowList,
    may: &FlowList,
) -> Passage {
    if is_empty(may) && is_empty(must) {
        return Passage::None;
    }
    if is_empty(must) {
        return Passage::Unknown;
    }
    let whole = must.flows.iter().any(|cube| {
        cube.service == "any"
            && holds_zone(loaded, from, family, &cube.src)
            && holds_zone(loaded, to, family, &cube.dst)
    });
    if whole {
        Passage::All
    } else if must == may {
        Passage::Some
    } else {
        Passage::SomePerhapsMore
    }
}

fn is_empty(list: &FlowList) -> bool {
    list.flows.is_empty() && list.omitted == 0
}

/// Whether the printed address list holds every address of the zone in `family`.
fn holds_zone(loaded: &Loaded, zone: &str, family: Family, list: &str) -> bool {
    if list == "any" {
        return true;
    }
    let Some(id) = loaded.snapshot.zone(zone) else { return false };
    let printed = list.split(", ").filter_map(range);
    match &loaded.snapshot.zones[id].addresses {
        ZoneAddresses::Networks(networks) => {
            let held = joined(printed.collect());
            networks.iter().filter(|network| network.family() == family).all(|network| {
                let (first, last) = network.range().numbers();
                held.iter().any(|(from, to)| *from <= first && last <= *to)
            })
        }
        // A zone of all other addresses is held when only declared networks and addresses no packet has are left out.
        ZoneAddresses::Rest => {
            let declared = loaded.snapshot.declared_networks().filter(|n| n.family() == family);
            let never = non_unicast(family).iter().filter_map(|block| Prefix::parse(block));
            let others = declared.chain(never).map(|prefix| prefix.range().numbers());
            joined(printed.chain(others).collect()) == [(0, family.last())]
        }
    }
}

/// The ranges, sorted and joined where they touch.
fn joined(mut all: Vec<(u128, u128)>) -> Vec<(u128, u128)> {
    all.sort_unstable();
    let mut out: Vec<(u128, u128)> = Vec::new();
    for (first, last) in all {
        match out.last_mut() {
            Some(before) if first <= before.1.saturating_add(1) => before.1 = before.1.max(last),
            _ => out.push((first, last)),
        }
    }
    out
}

fn range(text: &str) -> Option<(u128, u128)> {
    if let Some(prefix) = Prefix::parse(text) {
        return Some(prefix.range().numbers());
    }
    let (first, last) = text.split_once('-')?;
    Some(AddressRange::new(first.parse().ok()?, last.parse().ok()?)?.numbers())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::FlowCube;
    use crate::snapshot::Zone;

    fn loaded() -> Loaded {
        let mut loaded = Loaded::default();
        for (id, network) in [("a", "10.0.0.0/23"), ("b", "10.1.0.0/24")] {
            loaded.snapshot.zones.push(Zone {
                id: id.to_owned(),
                label: id.to_owned(),
                addresses: ZoneAddresses::Networks(vec![Prefix::parse(network).unwrap()]),
                external: false,
                roles: Vec::new(),
                span: None,
            });
        }
        loaded
    }

    fn list(src: &str, dst: &str, service: &str) -> FlowList {
        let [src, dst, service] = [src, dst, service].map(str::to_owned);
        FlowList { flows: vec![FlowCube { src, dst, service }], omitted: 0 }
    }

    #[test]
    fn the_word_never_says_more_than_the_sets() {
        let of =
            |must: &FlowList, may: &FlowList| passage(&loaded(), ("a", "b"), Family::V4, must, may);
        let none = FlowList::default();
        let all = list("10.0.0.0/24, 10.0.1.0-10.0.1.255", "10.1.0.0/24", "any");
        let half = list("10.0.0.0/24", "10.1.0.0/24", "any");
        let web = list("10.0.0.0/23", "10.1.0.0/24", "tcp/443");
        assert_eq!(of(&none, &none), Passage::None);
        assert_eq!(of(&none, &web), Passage::Unknown);
        assert_eq!(of(&web, &web), Passage::Some);
        assert_eq!(of(&half, &half), Passage::Some);
        assert_eq!(of(&web, &all), Passage::SomePerhapsMore);
        assert_eq!(of(&all, &all), Passage::All);
        let hidden = FlowList { flows: Vec::new(), omitted: 3 };
        assert_eq!(of(&none, &hidden), Passage::Unknown);
    }
}

//! How much passes between two zones, in one word.

use super::page::Tone;
use crate::finding::FlowList;
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

/// How much passes from one zone to another; `everything` says that all of it surely does.
pub(super) fn passage(must: &FlowList, may: &FlowList, everything: bool) -> Passage {
    match (is_empty(must), is_empty(may)) {
        (true, true) => Passage::None,
        (true, false) => Passage::Unknown,
        _ if everything => Passage::All,
        _ if must == may => Passage::Some,
        _ => Passage::SomePerhapsMore,
    }
}

fn is_empty(list: &FlowList) -> bool {
    list.flows.is_empty() && list.omitted == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::FlowCube;

    fn list(service: &str) -> FlowList {
        let [src, dst, service] = ["10.0.0.0/24", "10.1.0.0/24", service].map(str::to_owned);
        FlowList { flows: vec![FlowCube { src, dst, service }], ..FlowList::default() }
    }

    #[test]
    fn the_word_never_says_more_than_the_sets() {
        let (none, web, all) = (FlowList::default(), list("tcp/443"), list("any"));
        assert_eq!(passage(&none, &none, false), Passage::None);
        assert_eq!(passage(&none, &web, false), Passage::Unknown);
        assert_eq!(passage(&web, &web, false), Passage::Some);
        assert_eq!(passage(&web, &all, false), Passage::SomePerhapsMore);
        assert_eq!(passage(&all, &all, true), Passage::All);
        let hidden = FlowList { omitted: 3, ..FlowList::default() };
        assert_eq!(passage(&none, &hidden, false), Passage::Unknown);
    }
}

//! A certificate as text.

use super::Claim;
use super::block::{Block, Range};
use crate::net::{Family, address};
use crate::text::Text;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The certificate of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// The form of the file: 1.
    pub version: u32,
    /// One entry a claim, in the order of the policy.
    pub claims: Vec<Certified>,
}

/// A claim and what it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certified {
    /// The rule.
    pub rule: String,
    /// The kind of claim.
    pub kind: String,
    /// `ipv4` or `ipv6`.
    pub family: String,
    /// Where connections start.
    pub from: String,
    /// Where they may not end; of `require`, where they must.
    pub to: String,
    /// The sources.
    pub sources: Vec<String>,
    /// What may not arrive.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forbidden: Vec<String>,
    /// What must arrive.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub required: Vec<String>,
    /// What it rests on.
    pub proof: Proof,
}

/// What a claim rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "verdict", deny_unknown_fields)]
pub enum Proof {
    /// Nothing forbidden may arrive.
    Holds {
        /// What may be at each place, as blocks.
        places: BTreeMap<String, Vec<String>>,
        /// What each filter lets pass and stops.
        filters: BTreeMap<String, Filtered>,
    },
    /// A forbidden packet surely can arrive.
    Violated {
        /// Its way.
        path: Vec<Stop>,
    },
    /// A forbidden packet arrives if what is not known is read in the widest way.
    Undetermined {
        /// Its way.
        path: Vec<Stop>,
    },
    /// Everything required always arrives.
    Delivered {
        /// The port by which it enters, where hosts may use several; without it, by every one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        entry: Option<String>,
        /// What is at the places on the way: each step from one leads to later ones only, or to the target.
        places: Vec<Passed>,
        /// What each filter surely lets pass, at any time.
        filters: BTreeMap<String, Vec<String>>,
    },
    /// A required packet never arrives.
    Undelivered {
        /// The packet.
        packet: String,
        /// What may become of it at each place, as blocks.
        places: BTreeMap<String, Vec<String>>,
        /// What each filter lets pass and stops.
        filters: BTreeMap<String, Filtered>,
    },
    /// Nothing is proven.
    Unproven {
        /// Why, in Japanese.
        ja: String,
        /// Why, in English.
        en: String,
    },
}

/// A place that required packets pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Passed {
    /// The place.
    pub place: String,
    /// The packets, as blocks.
    pub blocks: Vec<String>,
}

/// What a filter does with the packets that come to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filtered {
    /// What may pass.
    pub passes: Vec<String>,
    /// What is stopped.
    pub stops: Vec<Stopped>,
}

/// What a line stops.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stopped {
    /// The packets.
    pub block: String,
    /// The line, the jumps to it first; `default` when no line does.
    pub by: String,
}

/// A place on the way of a packet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stop {
    /// The place.
    pub place: String,
    /// The packet as it is there.
    pub packet: String,
    /// Whether it surely can come there.
    pub sure: bool,
    /// What the filters behind the place say, on every way that it may take.
    pub lines: Vec<String>,
}

/// How many claims rest on what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Proven to hold.
    pub holds: usize,
    /// Contradicted by a packet.
    pub violated: usize,
    /// Contradicted by a packet in the widest reading.
    pub undetermined: usize,
    /// Not proven.
    pub unproven: usize,
}

/// Numbers of an address range as text.
fn addresses(family: Family, range: Range) -> String {
    format!("{}-{}", address(family, range.0), address(family, range.1))
}

/// A block as text: source, destination, protocol, source port, destination port.
#[must_use]
pub fn write(family: Family, block: Block) -> String {
    let [source, destination, rest @ ..] = block.0;
    let mut words = vec![addresses(family, source), addresses(family, destination)];
    words.extend(rest.map(|(first, last)| format!("{first}-{last}")));
    words.join(" ")
}

/// The block that a text stands for.
#[must_use]
pub fn parse(family: Family, text: &str) -> Option<Block> {
    let number = |word: &str| match word.parse::<std::net::IpAddr>() {
        Ok(address) if Family::of(address) == family => Some(crate::net::number(address)),
        Ok(_) => None,
        Err(_) => word.parse().ok(),
    };
    let mut block = Block::all(family);
    let mut words = text.split(' ');
    for side in &mut block.0 {
        let (first, last) = words.next()?.split_once('-')?;
        let range = (number(first)?, number(last)?);
        // What lies outside the field would not mean what it says.
        if range.0 > range.1 || range.1 > side.1 {
            return None;
        }
        *side = range;
    }
    words.next().is_none().then_some(block)
}

impl Certificate {
    /// The certificate in a file.
    ///
    /// # Errors
    /// Why the file is none.
    pub fn read(bytes: &[u8]) -> Result<Certificate, Text> {
        serde_json::from_slice(bytes).map_err(|error| {
            crate::text!("証明書として読めません: {error}", "not a certificate: {error}")
        })
    }

    /// The certificate as a file.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }
}

impl Certified {
    /// A claim with what it rests on.
    #[must_use]
    pub fn of(claim: &Claim, proof: Proof) -> Certified {
        let sources = claim.from.iter().flat_map(|(_, sources)| sources);
        let require = claim.kind == "require";
        let forbidden = claim.to.as_ref().map_or(&[][..], |(_, blocks)| blocks);
        let blocks = if require { &claim.sent } else { forbidden };
        let blocks: Vec<String> = blocks.iter().map(|block| write(claim.family, *block)).collect();
        let (forbidden, required) =
            if require { (Vec::new(), blocks) } else { (blocks, Vec::new()) };
        Certified {
            rule: claim.rule.clone(),
            kind: claim.kind.to_owned(),
            family: claim.family.id().to_owned(),
            from: claim.ends.0.clone(),
            to: claim.ends.1.clone(),
            sources: sources.map(|range| addresses(claim.family, *range)).collect(),
            forbidden,
            required,
            proof,
        }
    }
}

impl Proof {
    /// Nothing is proven, and why.
    #[must_use]
    pub fn unproven(reason: Text) -> Proof {
        Proof::Unproven { ja: reason.ja, en: reason.en }
    }
}

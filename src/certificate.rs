//! Certificates: what a verdict rests on, in a form that is checked again without the engine that found it.
//!
//! A certificate of *holds* lists, for every place where packets of the source can be, blocks that hold at least all of them,
//! and for every filter, which parts of them it stops and by which line. [`verify`] takes one step from every block with the
//! rules of [`crate::snapshot`], always in the widest reading, and accepts when every step leads into blocks that are listed,
//! every stop is what the named line does, whatever is not known, and nothing forbidden ends at the target. That is a proof
//! by induction: no search, no fixpoint, no sets of packets but plain blocks. A certificate of *violated* is one packet with
//! every place on its way; each step must be one that surely is possible. One of *undetermined* is the same with steps that
//! hang on what is not known.
//!
//! What is *required* is proven the other way round: the places on the way in order, where no step may lose a packet and each
//! leads further down or to the target. That it is *not* met, by one packet with the proof that it never arrives.
//!
//! Nothing here names the engine, and the claims that must be proven come from the caller, who reads them from the policy: a
//! certificate cannot leave one out.

pub mod block;
mod data;
mod delivered;
mod lists;
mod objects;
mod origins;
mod routes;
mod verify;
mod walk;
mod wires;

#[cfg(test)]
mod tests;

pub use data::{
    Certificate, Certified, Filtered, Passed, Proof, Stop, Stopped, Summary, parse, write,
};
pub use delivered::{arrives_as_wanted, serves};
pub use lists::{Fate, Met};
pub use verify::{
    Path, is_any_source, is_evident, is_forbidden, key, required, sent, spot_name, verify,
};
pub use walk::{FilterAt, Walk};

use crate::model::{ListId, RewriteId};
use crate::net::Family;
use crate::snapshot::{OpaqueId, Place, Port, ZoneId};
use crate::text::Text;
use block::{Block, Range};

/// Packets of one block with what the device where they are has done to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// The packets.
    pub block: Block,
    /// The rewrites of the device that changed the destination.
    pub touched: Vec<RewriteId>,
    /// Whether they surely can be there.
    pub sure: bool,
    /// Whether all of them came by a way beside the proper one: no promise of arrival rests on it, and it loses nothing.
    pub aside: bool,
}

impl Packet {
    /// Packets that surely are there and were not changed.
    #[must_use]
    pub fn new(block: Block) -> Packet {
        Packet { block, touched: Vec::new(), sure: true, aside: false }
    }

    /// The same with other headers.
    #[must_use]
    pub fn at(&self, block: Block) -> Packet {
        Packet { block, ..self.clone() }
    }

    /// The same, perhaps.
    #[must_use]
    pub fn perhaps(&self) -> Packet {
        Packet { sure: false, ..self.clone() }
    }
}

/// Where packets can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spot {
    /// They have come in by an interface.
    Port(Port),
    /// An opaque router has them.
    Opaque(OpaqueId),
    /// They have ended.
    End(Place),
}

/// A line of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineAt {
    /// The list.
    pub list: ListId,
    /// The position in it.
    pub line: usize,
}

/// Why something is not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(pub Text);

/// Decides what filters let pass, and is told where packets come to.
pub trait Guide {
    /// The packets that go on behind a filter.
    ///
    /// # Errors
    /// When it cannot say.
    fn filter(&mut self, at: &FilterAt<'_>, packet: Packet) -> Result<Vec<Packet>, Refusal>;

    /// Packets come to a place.
    ///
    /// # Errors
    /// When they may not be there.
    fn arrive(&mut self, spot: Spot, packet: Packet) -> Result<(), Refusal>;

    /// A sender may use this port; others beside it may do as well.
    ///
    /// # Errors
    /// As [`Guide::arrive`].
    fn offer(&mut self, port: Port, packet: Packet) -> Result<(), Refusal> {
        self.arrive(Spot::Port(port), packet)
    }

    /// Some of these packets may get lost here without a filter, end outside every zone, or go to another destination.
    ///
    /// # Errors
    /// When that may not be.
    fn lose(&mut self, _packet: &Packet) -> Result<(), Refusal> {
        Ok(())
    }
}

/// One statement that a policy rule makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The rule.
    pub rule: String,
    /// What kind of statement it is: `isolation`, `require`, or one for which there are no proofs.
    pub kind: &'static str,
    /// The family.
    pub family: Family,
    /// Names of both ends; empty where the kind has none.
    pub ends: (String, String),
    /// Nothing that hosts of this zone send with these sources (of `require`: everything that they send as one of the packets
    /// below)…
    pub from: Option<(ZoneId, Vec<Range>)>,
    /// …may arrive there as one of these, whatever its source has become (of `require`: must).
    pub to: Option<(Place, Vec<Block>)>,
    /// Of `require`: which of these packets hosts send, whatever their source; otherwise nothing.
    pub sent: Vec<Block>,
}

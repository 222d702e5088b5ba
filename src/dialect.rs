//! What an engineer types on a device: to add a line, to take one away, and to ask the device itself what it does with a packet. Nothing here is
//! ever sent anywhere. One row a vendor; a vendor without a row gets no commands, never guessed ones.

mod confirmation;
mod insertion;
mod permission;
mod place;
mod removal;
mod rule;
mod wording;

pub use confirmation::{Asked, confirmation};
pub use insertion::{Insertion, Product};
pub use permission::{Permit, permission};
pub use place::Place;
pub use rule::Rule;
pub use wording::{
    Wording, is_common, is_composed, is_manner, is_no_secret, precedes_secret, wording,
};

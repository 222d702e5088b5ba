//! What an engineer types on a device: to add a line, to take one away, and to ask the device itself what it does with a packet. Nothing here is
//! ever sent anywhere. One row a vendor; a vendor without a row gets no commands, never guessed ones.

mod confirmation;
mod permission;
mod removal;
mod wording;

pub use confirmation::{Asked, confirmation};
pub use permission::{Permit, permission};
pub use removal::{Entry, removal, whole};
pub use wording::{
    Wording, is_common, is_composed, is_manner, is_no_secret, precedes_secret, wording,
};

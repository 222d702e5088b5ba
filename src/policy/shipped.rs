//! The packs that the binary carries.

use super::Pack;
use crate::source::Sources;

/// A pack of the binary.
#[derive(Clone, Copy, Debug)]
pub struct Shipped {
    /// Its identifier.
    pub id: &'static str,
    /// Its file.
    pub text: &'static str,
}

macro_rules! shipped {
    ($($id:literal),* $(,)?) => {
        /// Every shipped pack, in the order of the list that a user sees.
        pub const SHIPPED: &[Shipped] = &[
            $(Shipped { id: $id, text: include_str!(concat!("../../policies/", $id, ".yaml")) }),*
        ];
    };
}

shipped!(
    "alpha",
    "alpha-prime",
    "beta",
    "beta-prime",
    "oguchi-r8",
    "court-x-enet",
    "school-separated",
    "school-access-control",
    "govcloud",
    "common-hygiene"
);

/// The pack as read; `None` when its file cannot be read, which a test excludes.
#[must_use]
pub fn shipped_pack(shipped: &Shipped) -> Option<Pack> {
    let mut sources = Sources::default();
    let file = sources.add(shipped.id, shipped.text.as_bytes()).ok()?;
    super::read_pack(file, sources.file(file)).ok()
}

/// The shipped pack with this identifier.
#[must_use]
pub fn shipped(id: &str) -> Option<&'static Shipped> {
    SHIPPED.iter().find(|pack| pack.id == id)
}

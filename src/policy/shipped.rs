//! The packs that the binary carries.

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

shipped!("alpha", "alpha-prime", "beta", "beta-prime", "oguchi-r8", "court-x-enet", "school-separated", "school-access-control", "common-hygiene");

/// The shipped pack with this identifier.
#[must_use]
pub fn shipped(id: &str) -> Option<&'static Shipped> {
    SHIPPED.iter().find(|pack| pack.id == id)
}

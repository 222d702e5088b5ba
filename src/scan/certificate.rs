//! Certificates of a run, and the check of them.

use super::{Loaded, Scan};
pub use crate::certificate::Summary;
use crate::certificate::{Certificate, Certified, Claim, Proof, verify};
use crate::check;
use crate::text::Text;

/// Every claim of the policy; none without one.
#[must_use]
pub fn claims(loaded: &Loaded) -> Vec<Claim> {
    let policy = loaded.policy.as_ref();
    // Names were resolved once already, when the policy was read.
    let resolved = policy.and_then(|policy| check::resolve(&loaded.snapshot, policy).ok());
    resolved.map_or_else(Vec::new, |resolved| check::claims(&loaded.snapshot, &resolved))
}

/// The certificate of a run.
#[must_use]
pub fn certify(scan: &Scan) -> Certificate {
    check::certify(&scan.loaded.snapshot, &claims(&scan.loaded), &scan.findings)
}

/// Checks a certificate against what was read.
///
/// # Errors
/// What is not accepted.
pub fn recheck(loaded: &Loaded, certificate: &Certificate) -> Result<Summary, Vec<Text>> {
    verify(&loaded.snapshot, &claims(loaded), certificate)
}

/// The claims that a certificate does not prove, each with the reason that it gives.
#[must_use]
pub fn unproven(certificate: &Certificate) -> Vec<Text> {
    let told = |entry: &Certified| {
        let Proof::Unproven { ja, en } = &entry.proof else { return None };
        let Certified { rule, kind, family, from, to, .. } = entry;
        let ends = if from.is_empty() { String::new() } else { format!(", {from} -> {to}") };
        let head = format!("{rule} ({kind}, {family}{ends})");
        Some(Text { ja: format!("{head}: {ja}"), en: format!("{head}: {en}") })
    };
    certificate.claims.iter().filter_map(told).collect()
}

//! Bytes as first-match rules: the packet-set laws.
#![no_main]

#[path = "../invariants.rs"]
mod invariants;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    invariants::packetset_laws(bytes);
});

//! Any bytes as a configuration for the `iptables` reader.
#![no_main]

#[path = "../invariants.rs"]
mod invariants;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    invariants::reader(&sekisho::formats::iptables::FORMAT, bytes);
});

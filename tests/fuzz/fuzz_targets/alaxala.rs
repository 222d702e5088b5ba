//! Any bytes as a configuration for the `alaxala` reader.
#![no_main]

#[path = "../invariants.rs"]
mod invariants;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    invariants::reader(&sekisho::formats::alaxala::FORMAT, bytes);
});

//! Any bytes as an input file.
#![no_main]

#[path = "../invariants.rs"]
mod invariants;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _text = invariants::decode(bytes);
});

//! Any bytes as a configuration for the `awplus` reader.
#![no_main]

#[path = "../invariants.rs"]
mod invariants;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    invariants::reader(&sekisho::formats::awplus::FORMAT, bytes);
});

//! Any bytes as the only configuration of a run, judged and written by every sink.
#![no_main]

#[path = "../invariants.rs"]
mod invariants;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let files = [("input.conf".to_owned(), bytes.to_vec())];
    let _judged = invariants::whole(files.into());
});

//! What a reading says of a device. What passes is asked of both judges in `fixtures/formats/yamaha/*.md`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod exports;
mod lines;

use super::*;
use crate::formats::Reading;
use crate::model::{Device, Interface, LineStatus};
use crate::source::Sources;

/// A reading with the text that it is of.
struct Case {
    sources: Sources,
    reading: Reading,
}

impl Case {
    fn new(text: &str) -> Case {
        Case::of(text.as_bytes())
    }

    fn of(bytes: &[u8]) -> Case {
        let mut sources = Sources::default();
        let id = sources.add("configs/rt1.conf", bytes).unwrap();
        let reading = read(Input { id, file: sources.file(id) });
        Case { sources, reading }
    }

    fn device(&self) -> &Device {
        &self.reading.device
    }

    fn interface(&self, name: &str) -> &Interface {
        let id = self.device().interface(name).unwrap_or_else(|| panic!("no interface {name}"));
        &self.device().interfaces[id]
    }

    fn context(&self) -> &Context {
        self.device().contexts.iter().next().unwrap().1
    }

    fn gaps(&self, status: LineStatus) -> Vec<&str> {
        let gaps = self.reading.coverage[0].gaps.iter().filter(|gap| gap.status == status);
        gaps.map(|gap| self.sources.text(gap.span)).collect()
    }

    fn count(&self, status: LineStatus) -> usize {
        self.reading.coverage[0].count(status)
    }

    fn addresses(&self, name: &str) -> Vec<String> {
        let addresses = &self.interface(name).addresses;
        addresses.iter().map(|own| format!("{}/{}", own.address, own.len)).collect()
    }
}

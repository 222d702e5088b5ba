mod device;
mod edge;
mod edits;
mod judge;
mod lists;

use super::*;
use crate::model::*;
use crate::source::Sources;

pub(super) fn read_text(text: &str) -> (Sources, Reading) {
    let mut sources = Sources::default();
    let id = sources.add("r1.cfg", text.as_bytes()).unwrap();
    let reading = read(Input { id, file: sources.file(id) });
    (sources, reading)
}

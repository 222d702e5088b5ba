//! Translation.
use super::objects::Named;
use super::state::Reader;
use crate::formats::lines::ConfigLine;
use crate::model::{Filter, Line};

#[derive(Default)]
pub(super) struct Rules {
    pub(super) destination: Vec<Line>,
    pub(super) source: Vec<Line>,
    pub(super) reverse_path: Option<Filter>,
}
pub(super) fn read<'a>(
    _reader: &mut Reader<'a>,
    _lines: &[&'a ConfigLine<'a>],
    _objects: &[Named<'a>],
) -> Rules {
    Rules::default()
}

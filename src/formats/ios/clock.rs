//! `time-range` blocks.

use super::commands::Bin;
use super::reader::Reader;
use crate::formats::clock as ranges;
use crate::formats::lines::{Block, ConfigLine, Word};
use crate::model::ScheduleId;

impl<'a> Reader<'a, '_> {
    /// Reads every time range.
    pub(super) fn read_time_ranges(&mut self) {
        let mut blocks: Vec<Block<'a>> = Vec::new();
        for block in self.config.take(Bin::TimeRange) {
            // A block that comes again adds its lines; there is one `absolute`, the last.
            match blocks.iter_mut().find(|known| known.head.word(1) == block.head.word(1)) {
                Some(known) => {
                    self.ledger.used(block.head.span);
                    let absolute = |line: &ConfigLine<'_>| line.word(0) == "absolute";
                    if block.body.iter().any(absolute) {
                        let gone = known.body.iter().filter(|line| absolute(line));
                        gone.for_each(|line| self.ledger.irrelevant(line.span));
                        known.body.retain(|line| !absolute(line));
                    }
                    known.body.extend(block.body);
                }
                None => blocks.push(block),
            }
        }
        for block in blocks {
            let id = ranges::read(&block, &mut self.build.device.schedules, self.ledger);
            self.schedules.insert(block.head.word(1), id);
        }
    }

    /// The schedule with this name; unreadable when it is not defined.
    pub(super) fn time_range(&mut self, name: Word<'a>) -> ScheduleId {
        ranges::named(name, &mut self.schedules, &mut self.build)
    }
}

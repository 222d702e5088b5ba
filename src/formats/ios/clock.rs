//! `time-range` blocks.

use super::commands::Bin;
use super::reader::Reader;
use crate::formats::clock as ranges;
use crate::formats::lines::Word;
use crate::model::ScheduleId;

impl<'a> Reader<'a, '_> {
    /// Reads every time range.
    pub(super) fn read_time_ranges(&mut self) {
        for block in self.config.take(Bin::TimeRange) {
            let id = ranges::read(&block, &mut self.build.device.schedules, self.ledger);
            self.schedules.insert(block.head.word(1), id);
        }
    }

    /// The schedule with this name; unreadable when it is not defined.
    pub(super) fn time_range(&mut self, name: Word<'a>) -> ScheduleId {
        ranges::named(name, &mut self.schedules, &mut self.build)
    }
}

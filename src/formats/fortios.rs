//! Fortinet FortiOS. (Being built.)

use super::{Format, Input, Ledger, Reading};
use crate::model::Device;

/// The reader.
pub const FORMAT: Format =
    Format { id: "fortios", label: "Fortinet FortiOS", detect, read, approximations: Vec::new };

fn detect(_text: &str) -> u8 {
    0
}

fn read(input: Input<'_>) -> Reading {
    Reading {
        device: Device { format: "fortios", ..Device::default() },
        coverage: Ledger::new(input.id, input.file).close(),
    }
}

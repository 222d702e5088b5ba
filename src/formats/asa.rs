//! Cisco ASA. (Being built.)

use super::{Format, Input, Ledger, Reading};
use crate::model::Device;

/// The reader.
pub const FORMAT: Format =
    Format { id: "asa", label: "Cisco ASA", detect, read, approximations: Vec::new };

fn detect(_text: &str) -> u8 {
    0
}

fn read(input: Input<'_>) -> Reading {
    Reading {
        device: Device { format: "asa", ..Device::default() },
        coverage: Ledger::new(input.id, input.file).close(),
    }
}

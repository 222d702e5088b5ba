//! Command line. (Being built.)

use std::process::ExitCode;

/// Runs the command and returns its exit code.
#[must_use]
pub fn main() -> ExitCode {
    ExitCode::from(2)
}

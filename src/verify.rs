//! The `sekisho-verify` command: hands its arguments to [`sekisho::cli`] and returns its exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    sekisho::cli::verify()
}

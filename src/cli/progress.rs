//! A sign of life on standard error when work takes longer than a second, for people only.

use super::{environment, files};
use std::io::IsTerminal;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::Duration;

/// After this long a person begins to wonder.
const PATIENCE: Duration = Duration::from_secs(1);

/// Held while work goes on; dropping it ends the sign.
#[derive(Debug)]
pub(super) struct Progress {
    _running: Option<Sender<()>>,
}

impl Progress {
    /// Says `message` once if the work outlasts [`PATIENCE`] and a person reads standard error.
    pub(super) fn start(message: String, quiet: bool) -> Progress {
        if quiet || environment::unattended() || !std::io::stderr().is_terminal() {
            return Progress { _running: None };
        }
        let (running, ended) = mpsc::channel::<()>();
        std::thread::spawn(move || {
            if ended.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                files::complain(&message);
            }
        });
        Progress { _running: Some(running) }
    }
}

//! Command line: flags, reading and writing files, exit codes. One file a subcommand; the only floor that touches the machine.

mod arguments;
mod environment;
mod exit;
mod files;
mod git;
mod japanese;
mod progress;
mod run;
mod check;
mod explain;
mod trace;
mod verify;
mod watch;
mod blast;
mod matrix;
mod diff;
mod lint;
mod fix;
mod request;
mod doctor;
mod init;
mod schema;
mod rule;
mod pack;
mod report;
mod evidence;
mod scrub;
mod completions;
mod man;

use arguments::{Arguments, Command, VerifyArguments};
use clap::Parser;
use exit::Exit;
use run::Run;
use std::process::ExitCode;

/// Runs the command and returns its exit code: 0 all hold, 1 a violation, 2 the tool could not do its work, 3 inconclusive,
/// 4 no inputs.
#[must_use]
pub fn main() -> ExitCode {
    // A panic is a defect. It must not look like a verdict, so it ends as "could not do its work".
    let exit = std::panic::catch_unwind(start).unwrap_or(Exit::Failed);
    ExitCode::from(exit.code())
}

/// Runs `sekisho-verify` and returns its exit code: 0 the certificate is accepted, 1 it is not, 2 unusable input.
#[must_use]
pub fn verify() -> ExitCode {
    let start = || {
        parsed(|arguments: &VerifyArguments| {
            let run = Run::new(&arguments.common);
            verify::run(&run, arguments).unwrap_or_else(|stop| match run.stopped(&stop) {
                Exit::NoInputs => Exit::Failed,
                exit => exit,
            })
        })
    };
    ExitCode::from(std::panic::catch_unwind(start).unwrap_or(Exit::Failed).code())
}

fn start() -> Exit {
    parsed(dispatch)
}

fn parsed<A: Parser>(run: impl FnOnce(&A) -> Exit) -> Exit {
    let ja = environment::wants_japanese();
    let command = if ja { japanese::japanese(A::command()) } else { A::command() };
    let matches = command.try_get_matches();
    let arguments = matches.and_then(|mut matches| {
        A::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut A::command()))
    });
    match arguments {
        Ok(arguments) => run(&arguments),
        Err(error) => {
            // Help and version are no errors; when nobody reads them, that is no error either.
            if error.use_stderr() && ja {
                files::complain("コマンドの指定に誤りがあります（使い方は sekisho --help）。\n");
            }
            let _ = error.print();
            if error.use_stderr() { Exit::Failed } else { Exit::Clean }
        }
    }
}

fn dispatch(arguments: &Arguments) -> Exit {
    let run = Run::new(&arguments.common);
    let done = match &arguments.command {
        Command::Check(flags) if flags.watch => watch::run(&run, flags),
        Command::Check(flags) => check::run(&run, flags),
        Command::Explain(flags) => explain::run(&run, flags),
        Command::Trace(flags) => trace::run(&run, flags),
        Command::Blast(flags) => blast::run(&run, flags),
        Command::Matrix(flags) => matrix::run(&run, flags),
        Command::Diff(flags) => diff::run(&run, flags),
        Command::Request(flags) => request::run(&run, flags),
        Command::Fix(flags) => fix::run(&run, flags),
        Command::Lint(flags) => lint::run(&run, flags),
        Command::Doctor(flags) => doctor::run(&run, flags),
        Command::Init(flags) => init::run(&run, flags),
        Command::Schema(flags) => schema::run(&run, flags),
        Command::Rule(flags) => rule::run(&run, flags),
        Command::Pack(flags) => pack::run(&run, flags),
        Command::Report(flags) => report::run(&run, flags),
        Command::Evidence(flags) => evidence::run(&run, flags),
        Command::Scrub(flags) => scrub::run(&run, flags),
        Command::Completions(flags) => completions::run(&run, flags),
        Command::Man(flags) => man::run(&run, flags),
    };
    done.unwrap_or_else(|stop| run.stopped(&stop))
}

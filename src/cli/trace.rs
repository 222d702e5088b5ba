//! `trace`: packets, hop by hop and line by line.

use super::arguments::{TraceFlags, TraceFormat};
use super::exit::{Exit, Stop};
use super::files;
use super::run::Run;
use crate::report::flows;
use crate::scan::InputError;
use crate::text;
use crate::trace::{self, FlowError};

pub(super) fn run(run: &Run, flags: &TraceFlags) -> Result<Exit, Stop> {
    let (name, list) = match &flags.flows {
        Some(path) => (path.display().to_string(), files::read_text(path)?),
        None => ("FLOW".to_owned(), one(flags)?),
    };
    let loaded = run.load(&flags.path, &flags.reading)?;
    let rows =
        trace::read_flows(&loaded.snapshot, &list).map_err(|errors| refused(&name, errors))?;
    let results = trace::judge_flows(&loaded.snapshot, &rows);
    let shown = match flags.format {
        TraceFormat::Jsonl => flows::jsonl(&results, &loaded.sources),
        TraceFormat::Table => flows::table(&results, &loaded.sources, run.lang()),
    };
    run.print(shown.as_bytes())?;
    Ok(Exit::Clean)
}

/// The packet of the command line as a list of one.
fn one(flags: &TraceFlags) -> Result<String, Stop> {
    let (Some(from), [src, dst, service]) = (&flags.from, flags.packet.as_slice()) else {
        return Err(Stop::Failed(text!(
            "--from と、送信元・宛先・サービスを指定してください。",
            "give --from and a source, a destination and a service"
        )));
    };
    let (protocol, detail) = service.split_once('/').unwrap_or((service, ""));
    let ported = ["tcp", "udp", "sctp"].iter().any(|name| protocol.eq_ignore_ascii_case(name));
    if ported && detail.is_empty() {
        return Err(Stop::Failed(text!(
            "{protocol} には宛先ポートが必要です。{protocol}/443 のように指定してください。",
            "{protocol} needs a destination port, such as {protocol}/443"
        )));
    }
    let column = if protocol.to_ascii_lowercase().starts_with("icmp") {
        "icmp_type"
    } else {
        "destination_port"
    };
    let mut writer = csv::Writer::from_writer(Vec::new());
    let rows = [["ingress", "src", "dst", "protocol", column], [from, src, dst, protocol, detail]];
    let written = rows.iter().try_for_each(|row| writer.write_record(row));
    let bytes = written.ok().and_then(|()| writer.into_inner().ok()).unwrap_or_default();
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn refused(name: &str, errors: Vec<FlowError>) -> Stop {
    let told = errors.into_iter().map(|error| {
        let message = match error.column {
            Some(column) => {
                let (ja, en) = (error.message.ja, error.message.en);
                text!("列「{column}」: {ja}", "column `{column}`: {en}")
            }
            None => error.message,
        };
        InputError {
            path: name.to_owned(),
            span: None,
            line: u32::try_from(error.line).ok(),
            message,
            help: None,
        }
    });
    Stop::Inputs(told.collect())
}

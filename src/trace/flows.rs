//! The flow list: concrete flows as CSV, each judged by the tracer.
//!
//! The first row names the columns, in any order: `ingress`, `src`, `dst` and `protocol` are required; `source_port`,
//! `destination_port`, `tcp_flags`, `icmp_type`, `icmp_code` and `state` may be missing. An empty cell is one that is not given.
//! Defaults: state `new`; source port 49152 and destination port 0 where the protocol has ports; TCP flags SYN in state `new`
//! and ACK otherwise; ICMP type 8 (ICMPv6: 128), code 0. `ingress` is `device:interface` (name or alias) or a zone, whose
//! flow then arrives at all its ports.

use super::{End, Ingress, Options, Trace, TraceVerdict, trace};
use crate::finding::{Cause, HopAction};
use crate::net::{Family, Flow, State, TCP_ACK, TCP_SYN, port_number, protocol_number};
use crate::snapshot::{Port, Snapshot};
use crate::source::Span;
use crate::text::Text;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// The columns of a flow list; the first four are required.
pub const COLUMNS: [&str; 10] = [
    "ingress",
    "src",
    "dst",
    "protocol",
    "source_port",
    "destination_port",
    "tcp_flags",
    "icmp_type",
    "icmp_code",
    "state",
];
const REQUIRED: usize = 4;

/// TCP flags by name and by letter.
const FLAGS: [(&str, char, u8); 8] = [
    ("fin", 'F', 0x01),
    ("syn", 'S', 0x02),
    ("rst", 'R', 0x04),
    ("psh", 'P', 0x08),
    ("ack", 'A', 0x10),
    ("urg", 'U', 0x20),
    ("ece", 'E', 0x40),
    ("cwr", 'C', 0x80),
];

/// One row of a flow list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowRow {
    /// Its number, from 1; the row of column names does not count.
    pub row: usize,
    /// The 1-based line of the file on which it begins.
    pub line: u64,
    /// Where the flow enters.
    pub ingress: Ingress,
    /// The flow.
    pub flow: Flow,
}

/// Something in a flow list that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowError {
    /// The 1-based line of the file.
    pub line: u64,
    /// The column, when one is meant.
    pub column: Option<String>,
    /// What is wrong.
    pub message: Text,
}

/// One line that decided, with its device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowLine {
    /// The device.
    pub device: String,
    /// Where the line stands.
    pub span: Option<Span>,
    /// How an engineer names it.
    pub label: String,
    /// What it did.
    pub action: HopAction,
}

/// What became of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowResult {
    /// The number of the row.
    pub row: usize,
    /// The flow as it entered.
    pub flow: Flow,
    /// What became of the packet on the way that `header` and `lines` show; see [`super::Disposition::id`].
    pub disposition: &'static str,
    /// The verdict over all ways.
    pub verdict: TraceVerdict,
    /// The places that it reaches or may reach; empty when it is dropped.
    pub delivered_to: Vec<String>,
    /// The header at the end of the way shown, after all translation.
    pub header: Flow,
    /// What decided on the way shown, in order.
    pub lines: Vec<FlowLine>,
    /// What keeps the verdict open; empty unless it is undetermined.
    pub causes: Vec<Cause>,
}

/// Reads a flow list.
///
/// # Errors
/// Everything that is wrong with it, in the order of the file.
pub fn read_flows(snapshot: &Snapshot, text: &str) -> Result<Vec<FlowRow>, Vec<FlowError>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut records = reader.records();
    let columns = match records.next() {
        None => return Err(vec![fault(1, None, empty_list())]),
        Some(Err(error)) => return Err(vec![broken(&error)]),
        Some(Ok(record)) => header(&record)?,
    };
    let (mut rows, mut errors) = (Vec::new(), Vec::new());
    for (index, record) in records.enumerate() {
        match record {
            Err(error) => errors.push(broken(&error)),
            Ok(record) => {
                let line = record.position().map_or(0, csv::Position::line);
                let cells = Cells { snapshot, columns: &columns, record: &record, line };
                match cells.row(index + 1) {
                    Ok(row) => rows.push(row),
                    Err(error) => errors.push(error),
                }
            }
        }
    }
    if errors.is_empty() { Ok(rows) } else { Err(errors) }
}

/// Judges every row, in order.
#[must_use]
pub fn judge_flows(snapshot: &Snapshot, rows: &[FlowRow]) -> Vec<FlowResult> {
    let judge = |row: &FlowRow| {
        let trace = trace(snapshot, row.ingress, row.flow, &Options::default());
        result(snapshot, row, &trace)
    };
    rows.iter().map(judge).collect()
}

fn result(snapshot: &Snapshot, row: &FlowRow, trace: &Trace) -> FlowResult {
    let verdict = trace.verdict();
    let shown = shown(trace, verdict);
    let mut delivered_to = Vec::new();
    let mut causes = BTreeSet::new();
    for end in &trace.ends {
        let counts = verdict == TraceVerdict::Undetermined || !end.aside;
        let place = end.place().filter(|_| counts).map(|place| place.id(snapshot));
        if let Some(place) = place
            && !delivered_to.contains(&place)
        {
            delivered_to.push(place);
        }
        if verdict == TraceVerdict::Undetermined {
            causes.extend(end.causes.iter().cloned());
        }
    }
    let hops = shown.map_or(&[][..], |end| &end.hops);
    let lines = hops.iter().flat_map(|hop| {
        hop.lines.iter().map(|line| FlowLine {
            device: hop.device.clone(),
            span: line.span,
            label: line.label.clone(),
            action: line.action,
        })
    });
    FlowResult {
        row: row.row,
        flow: row.flow,
        disposition: shown.map_or("none", |end| end.disposition.id()),
        verdict,
        delivered_to,
        header: shown.map_or(row.flow, |end| end.flow),
        lines: lines.collect(),
        causes: causes.into_iter().collect(),
    }
}

/// The way that is shown: one that arrives unless all are dropped, proper before aside, certain before doubtful.
fn shown(trace: &Trace, verdict: TraceVerdict) -> Option<&End> {
    let arrives = |end: &End| end.place().is_some() == (verdict != TraceVerdict::Dropped);
    let rank = |end: &&End| (!arrives(end), end.aside, !end.certain);
    trace.ends.iter().min_by_key(rank)
}

fn fault(line: u64, column: Option<&str>, message: Text) -> FlowError {
    FlowError { line, column: column.map(str::to_owned), message }
}

fn empty_list() -> Text {
    crate::text!("フロー一覧に列名の行がありません。", "the flow list has no row of column names")
}

fn broken(error: &csv::Error) -> FlowError {
    let line = error.position().map_or(0, csv::Position::line);
    fault(line, None, crate::text!("CSV として読めません: {error}", "not readable as CSV: {error}"))
}

/// The position of every known column.
fn header(record: &csv::StringRecord) -> Result<[Option<usize>; COLUMNS.len()], Vec<FlowError>> {
    let known = COLUMNS.join(", ");
    let mut columns = [None; COLUMNS.len()];
    let mut errors = Vec::new();
    for (position, cell) in record.iter().enumerate() {
        let name = cell.to_ascii_lowercase();
        let slot = COLUMNS.iter().position(|column| *column == name);
        match slot.and_then(|index| columns.get_mut(index)) {
            Some(slot @ None) => *slot = Some(position),
            Some(Some(_)) => errors.push(fault(
                1,
                Some(cell),
                crate::text!("列「{cell}」が二つあります。", "column {cell} appears twice"),
            )),
            None => errors.push(fault(
                1,
                Some(cell),
                crate::text!(
                    "列「{cell}」はありません。使える列: {known}",
                    "there is no column {cell}; the columns are {known}"
                ),
            )),
        }
    }
    for (name, position) in COLUMNS.iter().zip(&columns).take(REQUIRED) {
        if position.is_none() {
            let message = crate::text!("列「{name}」が必要です。", "column {name} is missing");
            errors.push(fault(1, Some(name), message));
        }
    }
    if errors.is_empty() { Ok(columns) } else { Err(errors) }
}

/// One record with the means to read its cells.
struct Cells<'a> {
    snapshot: &'a Snapshot,
    columns: &'a [Option<usize>; COLUMNS.len()],
    record: &'a csv::StringRecord,
    line: u64,
}

impl Cells<'_> {
    /// The cell of a column; `None` when it is empty or missing.
    fn cell(&self, column: &str) -> Option<&str> {
        let index = COLUMNS.iter().position(|name| *name == column)?;
        let position = self.columns.get(index).copied().flatten()?;
        self.record.get(position).filter(|cell| !cell.is_empty())
    }

    fn wrong(&self, column: &str, message: Text) -> FlowError {
        fault(self.line, Some(column), message)
    }

    /// The cell read by `read`; an error when it is given and cannot be read.
    fn value<T>(
        &self,
        column: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, FlowError> {
        let Some(cell) = self.cell(column) else { return Ok(None) };
        let message = crate::text!("「{cell}」は解釈できません。", "{cell} is not understood");
        read(cell).map(Some).ok_or_else(|| self.wrong(column, message))
    }

    fn required<T>(&self, column: &str, read: impl Fn(&str) -> Option<T>) -> Result<T, FlowError> {
        let message = || crate::text!("値が必要です。", "a value is required");
        self.value(column, read)?.ok_or_else(|| self.wrong(column, message()))
    }

    /// A number that is given only where the packet has the field; 0 elsewhere says nothing.
    fn number<T: Default + PartialEq>(
        &self,
        column: &str,
        has: bool,
        default: T,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<T, FlowError> {
        let given = self.value(column, read)?;
        match given {
            Some(value) if !has && value != T::default() => Err(self.wrong(
                column,
                crate::text!(
                    "このプロトコルにはない項目です。",
                    "packets of this protocol have no such field"
                ),
            )),
            _ if !has => Ok(T::default()),
            Some(value) => Ok(value),
            None => Ok(default),
        }
    }

    fn row(&self, row: usize) -> Result<FlowRow, FlowError> {
        let extra = self.record.len() > self.columns.iter().flatten().count();
        if extra {
            let message = crate::text!(
                "列名より多くの値があります。",
                "the row has more values than there are columns"
            );
            return Err(fault(self.line, None, message));
        }
        let ingress = self.ingress()?;
        let src: IpAddr = self.required("src", |cell| cell.parse().ok())?;
        let dst: IpAddr = self.required("dst", |cell| cell.parse().ok())?;
        if Family::of(src) != Family::of(dst) {
            let message = crate::text!(
                "送信元と宛先のアドレス種別（IPv4・IPv6）が異なります。",
                "source and destination are of different address families"
            );
            return Err(self.wrong("dst", message));
        }
        let protocol = self.required("protocol", protocol_number)?;
        let wrong_icmp = if src.is_ipv4() { 58 } else { 1 };
        if protocol == wrong_icmp {
            let message = crate::text!(
                "IPv4 では icmp、IPv6 では icmpv6 を指定します。",
                "icmp goes with IPv4 and icmpv6 with IPv6"
            );
            return Err(self.wrong("protocol", message));
        }
        let state = self.value("state", state)?.unwrap_or_default();
        let flow = self.flow(Flow {
            src,
            dst,
            protocol,
            source_port: 0,
            destination_port: 0,
            tcp_flags: 0,
            icmp_type: 0,
            icmp_code: 0,
            state,
        })?;
        Ok(FlowRow { row, line: self.line, ingress, flow })
    }

    /// The flow with the fields that its protocol has.
    fn flow(&self, flow: Flow) -> Result<Flow, FlowError> {
        let (ports, icmp) = (flow.has_ports(), flow.is_icmp());
        let flags = if flow.state == State::New { TCP_SYN } else { TCP_ACK };
        let echo = if flow.protocol == 58 { 128 } else { 8 };
        let byte = |cell: &str| cell.parse::<u8>().ok();
        Ok(Flow {
            source_port: self.number("source_port", ports, 49152, port_number)?,
            destination_port: self.number("destination_port", ports, 0, port_number)?,
            tcp_flags: self.number("tcp_flags", flow.protocol == 6, flags, tcp_flags)?,
            icmp_type: self.number("icmp_type", icmp, echo, byte)?,
            icmp_code: self.number("icmp_code", icmp, 0, byte)?,
            ..flow
        })
    }

    fn ingress(&self) -> Result<Ingress, FlowError> {
        let missing = || crate::text!("値が必要です。", "a value is required");
        let cell = self.cell("ingress").ok_or_else(|| self.wrong("ingress", missing()))?;
        if let Some(zone) = self.snapshot.zone(cell) {
            return Ok(Ingress::Zone(zone));
        }
        let port = cell.match_indices(':').find_map(|(colon, _)| {
            let device = self.snapshot.device(cell.get(..colon)?)?;
            let name = cell.get(colon + 1..)?;
            let interface = self.snapshot.devices[device].interface(name)?;
            Some(Port { device, interface })
        });
        let message = crate::text!(
            "「{cell}」というゾーンも、「機器:インターフェイス」もありません。",
            "there is no zone {cell}, and no such device:interface"
        );
        port.map(Ingress::Port).ok_or_else(|| self.wrong("ingress", message))
    }
}

fn state(word: &str) -> Option<State> {
    State::ALL.into_iter().find(|state| state.id().eq_ignore_ascii_case(word))
}

/// `syn,ack`, `SA`, `0x12` or `18`.
fn tcp_flags(word: &str) -> Option<u8> {
    if let Some(digits) = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        return u8::from_str_radix(digits, 16).ok();
    }
    if word.starts_with(|first: char| first.is_ascii_digit()) {
        return word.parse().ok();
    }
    let separators = [',', '+', '|', ' ', '/'];
    let by_name = |name: &str| {
        FLAGS.iter().find(|(flag, _, _)| flag.eq_ignore_ascii_case(name)).map(|(_, _, bit)| *bit)
    };
    let by_letter = |letter: char| {
        let letter = letter.to_ascii_uppercase();
        FLAGS.iter().find(|(_, flag, _)| *flag == letter).map(|(_, _, bit)| *bit)
    };
    let mut flags = 0;
    for part in word.split(separators).filter(|part| !part.is_empty()) {
        flags |= match by_name(part) {
            Some(bit) => bit,
            None => part.chars().try_fold(0, |bits, letter| Some(bits | by_letter(letter)?))?,
        };
    }
    Some(flags)
}

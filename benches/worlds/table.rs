//! What was measured, as a table.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement reads the clock and prints"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

struct Row {
    work: String,
    lines: usize,
    time: Duration,
    bytes: Option<u64>,
    steps: Option<usize>,
    note: String,
    target: String,
}

/// Rows in the order in which they were measured; those that begin with `only`, or all.
#[derive(Default)]
pub struct Table {
    only: Option<String>,
    quick: bool,
    rows: Vec<Row>,
}

impl Table {
    /// An empty table. An argument without a dash names the rows that are measured, for longer; `--test` measures once.
    #[must_use]
    pub fn new() -> Table {
        let mut arguments = std::env::args().skip(1);
        let quick = std::env::args().any(|argument| argument == "--test");
        let only = arguments.find(|argument| !argument.starts_with('-'));
        Table { only, quick, rows: Vec::new() }
    }

    /// Whether everything is measured once and in small.
    #[must_use]
    pub fn quick(&self) -> bool {
        self.quick
    }

    /// Whether rows that begin with `start` may be asked for.
    #[must_use]
    pub fn wants(&self, start: &str) -> bool {
        let only = self.only.as_deref();
        only.is_none_or(|only| only.starts_with(start) || start.starts_with(only))
    }

    /// Measures `work`: the shortest of at most 30 runs within a second, at least one; nothing when another row is asked for.
    pub fn row<T>(
        &mut self,
        name: &str,
        lines: usize,
        target: &str,
        mut work: impl FnMut() -> T,
    ) -> Duration {
        if self.only.as_ref().is_some_and(|only| !name.starts_with(only)) {
            return Duration::ZERO;
        }
        let (limit, runs) = match (self.quick, &self.only) {
            (true, _) => (0, 1),
            (false, Some(_)) => (5, 10_000),
            (false, None) => (1, 30),
        };
        let start = Instant::now();
        let mut best = once(&mut work);
        for _ in 1..runs {
            if start.elapsed() > Duration::from_secs(limit) {
                break;
            }
            best = best.min(once(&mut work));
        }
        self.sum(name, lines, target, best);
        best
    }

    /// Adds a time that was measured in parts.
    pub fn sum(&mut self, name: &str, lines: usize, target: &str, time: Duration) {
        if time.is_zero() {
            return;
        }
        eprintln!("{name}: {lines} lines, {time:?}");
        let (work, target) = (name.to_owned(), target.to_owned());
        let (bytes, steps, note) = (None, None, String::new());
        self.rows.push(Row { work, lines, time, bytes, steps, note, target });
    }

    /// Says something about the last row, when it was `work`.
    pub fn note(&mut self, work: &str, note: String) {
        self.last(work, |row| row.note = note);
    }

    /// Says of how many bytes and steps of packet sets the last row speaks, when it was `work`.
    pub fn size(&mut self, work: &str, bytes: Option<u64>, steps: Option<usize>) {
        self.last(work, |row| (row.bytes, row.steps) = (bytes, steps));
    }

    fn last(&mut self, work: &str, change: impl FnOnce(&mut Row)) {
        if let Some(row) = self.rows.last_mut().filter(|row| row.work == work) {
            change(row);
        }
    }

    /// Prints the rows; ratios are to the row of the same work before.
    pub fn print(&self) {
        println!(
            "\n{:<28} {:>8} {:>12} {:>6} {:>11} {:>6} {:>10} {:>6} {:>20} {:>17}",
            "work",
            "lines",
            "time",
            "ratio",
            "bytes",
            "ratio",
            "steps",
            "ratio",
            "result",
            "target"
        );
        for (index, row) in self.rows.iter().enumerate() {
            let before = self.rows.iter().take(index).rev().find(|other| other.work == row.work);
            let count = |number: Option<u64>| number.map_or(String::new(), |n| n.to_string());
            let steps = |row: &Row| row.steps.map(|steps| steps as u64);
            println!(
                "{:<28} {:>8} {:>12} {:>6} {:>11} {:>6} {:>10} {:>6} {:>20} {:>17}",
                row.work,
                row.lines,
                format!("{:.2} ms", row.time.as_secs_f64() * 1e3),
                ratio(Some(row.time.as_secs_f64()), before.map(|row| row.time.as_secs_f64())),
                count(row.bytes),
                ratio(row.bytes.map(|n| n as f64), before.and_then(|r| r.bytes).map(|n| n as f64)),
                count(steps(row)),
                ratio(steps(row).map(|n| n as f64), before.and_then(steps).map(|n| n as f64)),
                row.note,
                row.target
            );
        }
    }
}

fn ratio(now: Option<f64>, before: Option<f64>) -> String {
    match (now, before) {
        (Some(now), Some(before)) if before > 0.0 => format!("{:.1}", now / before),
        _ => String::new(),
    }
}

fn once<T>(mut work: impl FnMut() -> T) -> Duration {
    let start = Instant::now();
    let result = black_box(work());
    let time = start.elapsed();
    drop(result);
    time
}

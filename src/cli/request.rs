//! `request`: what is to be said about a connection that somebody wishes for, or about a list of them.

use super::arguments::{RequestFlags, RequestFormat};
use super::exit::{Exit, Stop};
use super::files;
use super::run::Run;
use crate::report::{self, WishFormat};
use crate::scan::wish::{Answer, Desk, Outcome, Wish};
use crate::text;
use std::path::Path;

pub(super) fn run(run: &Run, flags: &RequestFlags) -> Result<Exit, Stop> {
    let wishes = match (&flags.list, flags.wish.as_slice()) {
        (Some(list), _) => listed(list)?,
        (None, [from, to, service]) => {
            vec![Wish { from: from.clone(), to: to.clone(), service: service.clone() }]
        }
        (None, _) => Vec::new(),
    };
    let loaded = run.load(&flags.path, &flags.reading)?;
    let sign = run.progress();
    let desk = Desk::new(&loaded);
    let answers: Result<Vec<Answer>, _> = wishes.iter().map(|one| desk.answer(one)).collect();
    let answers = answers.map_err(|error: Box<_>| Stop::Inputs(vec![*error]))?;
    drop(sign);
    let format = match flags.format {
        RequestFormat::Terminal => WishFormat::Terminal,
        RequestFormat::Csv => WishFormat::Csv,
        RequestFormat::Json => WishFormat::Json,
    };
    run.print(report::wishes(&loaded, &answers, format, &run.style()).as_bytes())?;
    Ok(end(&answers))
}

fn end(answers: &[Answer]) -> Exit {
    let any = |wanted| answers.iter().any(|answer| answer.outcome == wanted);
    match () {
        () if any(Outcome::Forbidden) => Exit::Violated,
        () if any(Outcome::Unclear) => Exit::Inconclusive,
        () => Exit::Clean,
    }
}

/// A table of wishes: a header row that names the columns `from`, `to` and `service`, in English or Japanese, in any order.
fn listed(path: &Path) -> Result<Vec<Wish>, Stop> {
    let shown = path.display();
    let text = files::read_text(path)?;
    let mut reader =
        csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(text.as_bytes());
    let unreadable = |error: csv::Error| {
        Stop::Failed(text!("「{shown}」を読めません: {error}", "cannot read `{shown}`: {error}"))
    };
    let head = reader.headers().map_err(unreadable)?.clone();
    let column = |words: [&str; 3]| {
        let found = head.iter().position(|name| words.contains(&name.to_lowercase().as_str()));
        let wanted = words.join(" / ");
        found.ok_or_else(|| {
            Stop::Failed(text!(
                "「{shown}」の見出しに列（{wanted}）がありません。",
                "the header of `{shown}` has no column {wanted}"
            ))
        })
    };
    let (from, to) = (column(["from", "送信元", "発信元"])?, column(["to", "宛先", "送信先"])?);
    let service = column(["service", "サービス", "ポート"])?;
    let mut wishes = Vec::new();
    for row in reader.records() {
        let row = row.map_err(unreadable)?;
        let cell = |at: usize| row.get(at).unwrap_or_default().to_owned();
        if row.iter().any(|cell| !cell.is_empty()) {
            wishes.push(Wish { from: cell(from), to: cell(to), service: cell(service) });
        }
    }
    Ok(wishes)
}

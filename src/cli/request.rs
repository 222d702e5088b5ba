//! `request`: what is to be said about a connection that somebody wishes for, or about a list of them.

use super::arguments::{RequestFlags, RequestFormat};
use super::exit::{Exit, Stop};
use super::files;
use super::run::Run;
use crate::report::{self, WishFormat};
use crate::scan::wish::{self, Answer, Desk, Outcome, Wish};

pub(super) fn run(run: &Run, flags: &RequestFlags) -> Result<Exit, Stop> {
    let wishes = match (&flags.list, flags.wish.as_slice()) {
        (Some(list), _) => {
            let bytes = files::read_given(list)?;
            wish::read_list(&list.display().to_string(), &bytes).map_err(Stop::Inputs)?
        }
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

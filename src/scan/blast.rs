//! Blast radius: what falls when one host is compromised, and which hosts are worth asking about.

use super::{InputError, Loaded, ask};
use crate::check::{self, Blast};

/// What each of some places would take with it.
#[derive(Clone, Debug, Default)]
pub struct Blasts {
    /// Whether the caller named no place, so that these are the ones worth asking about.
    pub suggested: bool,
    /// One entry a place.
    pub entries: Vec<Entry>,
}

/// One place.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Whether it is there to be reached from outside; `None` when the caller named it.
    pub published: Option<bool>,
    /// What falls with it.
    pub blast: Blast,
}

#[allow(clippy::result_large_err, reason = "once a run")]
pub(super) fn blast(loaded: &Loaded, start: Option<&str>) -> Result<Blasts, InputError> {
    let (snapshot, through) = (&loaded.snapshot, loaded.through_relays);
    let Some(word) = start else {
        let points = check::start_points(snapshot);
        let ends: Vec<check::End> = points.iter().map(|point| point.end.clone()).collect();
        let blasts = check::blast(snapshot, &loaded.sources, &ends, through);
        let entries = points.iter().zip(blasts).map(|(point, blast)| {
            let published = Some(point.published);
            Entry { published, blast }
        });
        return Ok(Blasts { suggested: true, entries: entries.collect() });
    };
    let end = ask::party(loaded, word)?;
    let blasts = check::blast(snapshot, &loaded.sources, &[end], through);
    let entries = blasts.into_iter().map(|blast| Entry { published: None, blast }).collect();
    Ok(Blasts { suggested: false, entries })
}

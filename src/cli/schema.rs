//! `schema`: JSON Schemas.

use super::arguments::{SchemaFlags, SchemaOf};
use super::exit::{Exit, Stop};
use super::run::Run;
use crate::report;

pub(super) fn run(run: &Run, flags: &SchemaFlags) -> Result<Exit, Stop> {
    let schema = match flags.of {
        // stub: the readers of topology and policy supply their schemas.
        SchemaOf::Topology | SchemaOf::Policy => serde_json::json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
        }),
        SchemaOf::Scan => report::schema(),
    };
    run.print(format!("{schema:#}\n").as_bytes())?;
    Ok(Exit::Clean)
}

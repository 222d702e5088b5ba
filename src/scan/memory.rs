//! A limit of memory: what reading takes is estimated from the size of the inputs, and arenas get shares of the rest.
//!
//! Nothing is measured and nothing is taken back, so this is an estimate: a run may stay far below its limit, and what neither
//! inputs nor arenas hold (reports, the program itself) comes on top. What is too large to be read or compiled is refused; a
//! question that does not fit into its share is undetermined.

use super::{InputError, Loaded, Role};
use crate::compile::{Compiled, Conditions, Header};
use crate::model::Device;
use crate::snapshot::Steps;
use crate::text;
use crate::text::Text;

/// What is kept of one byte of input, decoded text and device model together: about 18 were seen.
const PER_BYTE: u64 = 24;
/// What one step of an arena takes, of IPv6 and with the room to grow.
const PER_STEP: u64 = 64;
/// How many questions are open at once; each has an arena.
const OPEN: usize = 16;

/// About how much memory inputs of so many bytes take when they are read.
#[must_use]
pub fn reading(bytes: u64) -> u64 {
    bytes.saturating_mul(PER_BYTE)
}

/// Why inputs of so many bytes, of which `largest` is the largest, are not read under `limit`.
#[must_use]
pub fn refusal(largest: &str, bytes: u64, limit: u64) -> Text {
    let (needed, limit) = (megabytes(reading(bytes)), megabytes(limit));
    text!(
        "入力を読むには約 {needed} MB が必要と見積もられ、--memory-limit の {limit} MB を超えます（最大のファイル: {largest}）。",
        "reading the inputs is estimated to take {needed} MB, more than --memory-limit {limit} MB (largest file: {largest})"
    )
}

fn megabytes(bytes: u64) -> u64 {
    bytes.div_ceil(1_000_000)
}

/// Gives the analysis of `loaded` its shares of `limit` bytes.
///
/// # Errors
/// A device that does not fit.
pub(super) fn share(loaded: &mut Loaded, limit: u64) -> Result<(), Vec<InputError>> {
    let read = reading(loaded.sources.iter().map(|(_, file)| file.bytes()).sum());
    let left = limit.saturating_sub(read) / PER_STEP;
    let half = usize::try_from(left / 2).unwrap_or(usize::MAX);
    let rest = compiled::<u32>(loaded, limit, half)?;
    compiled::<u128>(loaded, limit, rest)?;
    loaded.snapshot.steps = Some(Steps { device: half, question: half / OPEN });
    Ok(())
}

/// What is left of `steps` when every device is compiled.
fn compiled<K: Header>(
    loaded: &Loaded,
    limit: u64,
    steps: usize,
) -> Result<usize, Vec<InputError>> {
    let mut left = steps;
    for (_, device) in loaded.snapshot.devices.iter() {
        let conditions =
            Conditions { at: loaded.snapshot.at, without: Vec::new(), steps: Some(left) };
        let compiled = Compiled::<K>::new(device, &conditions);
        if compiled.arena.exhausted() {
            return Err(vec![too_large(loaded, device, limit)]);
        }
        left = left.saturating_sub(compiled.arena.size());
    }
    Ok(left)
}

fn too_large(loaded: &Loaded, device: &Device, limit: u64) -> InputError {
    let (name, limit) = (&device.name, megabytes(limit));
    let own = loaded
        .roles
        .iter()
        .find(|(_, role)| matches!(role, Role::Config { device, .. } if device == name));
    let path = own.map(|(file, _)| loaded.sources.file(*file).path().to_owned());
    InputError {
        path: path.unwrap_or_else(|| name.clone()),
        span: None,
        line: None,
        message: text!(
            "機器「{name}」の規則が、--memory-limit の {limit} MB に収まりません（見積り）。",
            "the rules of {name} do not fit into --memory-limit {limit} MB (an estimate)"
        ),
        help: Some(text!(
            "--memory-limit を大きくするか、機器を分けて検査してください。",
            "raise --memory-limit, or check fewer devices at once"
        )),
    }
}

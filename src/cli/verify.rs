//! The second binary: checks a certificate against configurations, topology and policy.

use super::arguments::VerifyArguments;
use super::exit::{Exit, Stop};
use super::files;
use super::run::Run;
use crate::certificate::Certificate;
use crate::report::escape;
use crate::scan::certificate;
use crate::text;

pub(super) fn run(run: &Run, arguments: &VerifyArguments) -> Result<Exit, Stop> {
    let path = &arguments.certificate;
    let bytes = files::read_given(path)?;
    let loaded = run.load(&arguments.path, &arguments.reading)?;
    if certificate::claims(&loaded).is_empty() {
        return Err(Stop::Failed(text!("方針の規則がありません。", "there is no policy rule")));
    }
    let lang = run.lang();
    let read = Certificate::read(&bytes).map_err(Stop::Failed)?;
    let (text, exit) = match certificate::recheck(&loaded, &read) {
        Ok(summary) => {
            let certificate::Summary { holds, violated, undetermined, unproven } = summary;
            let nothing = holds + violated + undetermined == 0;
            let mut text = if nothing {
                text!(
                    "確認できません: 証明のある規則がありません（証明なし {unproven}件）\n",
                    "nothing to check: no rule is proven ({unproven} are not)\n"
                )
            } else {
                text!(
                    "はい: 適合の証明 {holds}件、不適合の証拠 {violated}件、確認不能の証拠 {undetermined}件、証明なし {unproven}件\n",
                    "yes: {holds} proven to hold, {violated} contradicted by a packet, {undetermined} undetermined, {unproven} not proven\n"
                )
            };
            for line in certificate::unproven(&read) {
                text.ja += &format!("証明なし: {}\n", line.ja);
                text.en += &format!("not proven: {}\n", line.en);
            }
            (text, if nothing { Exit::Inconclusive } else { Exit::Clean })
        }
        Err(refusals) => {
            let mut text = text!("いいえ\n", "no\n");
            for line in refusals {
                text.ja += &(line.ja + "\n");
                text.en += &(line.en + "\n");
            }
            (text, Exit::Violated)
        }
    };
    let lines = text.get(lang).lines().map(|line| escape::terminal(line) + "\n");
    run.print(lines.collect::<String>().as_bytes())?;
    Ok(exit)
}

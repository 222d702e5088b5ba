//! Exit codes, and why a command stops early.

use crate::finding::{Finding, Kind, Novelty, Severity, Verdict};
use crate::scan::{InputError, Scan};
use crate::text::Text;

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// 0: everything holds, or there was nothing to judge.
    Clean,
    /// 1: a violation at or above the wanted severity.
    Violated,
    /// 2: the tool could not do its work.
    Failed,
    /// 3: no proven violation, but something is undetermined.
    Inconclusive,
    /// 4: no inputs.
    NoInputs,
}

impl Exit {
    /// The number.
    pub(super) fn code(self) -> u8 {
        match self {
            Exit::Clean => 0,
            Exit::Violated => 1,
            Exit::Failed => 2,
            Exit::Inconclusive => 3,
            Exit::NoInputs => 4,
        }
    }

    /// The end with `--exit-zero`: verdicts no longer count, failures still do.
    pub(super) fn without_verdict(self) -> Exit {
        match self {
            Exit::Violated | Exit::Inconclusive => Exit::Clean,
            other => other,
        }
    }
}

/// Why a command stops before its end.
#[derive(Debug)]
pub(super) enum Stop {
    /// Input files that could not be worked with.
    Inputs(Vec<InputError>),
    /// Anything else.
    Failed(Text),
    /// Nothing to read.
    NoInputs(Text),
    /// Nobody reads the output any more (a closed pipe): success.
    Unread,
}

/// How `check` ends. The judges disagreeing is a failure; no policy rule is no input, never "all hold".
pub(super) fn of_check(scan: &Scan, fail_on: Severity) -> Exit {
    if scan.findings.iter().any(|finding| finding.kind == Kind::InternalDisagreement) {
        return Exit::Failed;
    }
    if scan.verdicts.is_empty() {
        return Exit::NoInputs;
    }
    // Hygiene has its own command; here only what bears on the policy counts, and of that what no baseline knows.
    let known = |finding: &Finding| finding.novelty == Some(Novelty::Known);
    let judged = || scan.findings.iter().filter(|f| !matches!(f.kind, Kind::Lint(_)) && !known(f));
    let verdicts = || scan.verdicts.iter().filter(|verdict| scan.counts(verdict));
    let graves = |severity: Severity| severity >= fail_on;
    let violated = verdicts().any(|v| v.verdict == Verdict::Violated && graves(v.severity))
        || judged().any(|f| f.verdict == Verdict::Violated && graves(f.severity));
    if violated {
        return Exit::Violated;
    }
    let open = verdicts().any(|v| v.verdict == Verdict::Undetermined) || judged().any(is_open);
    if open { Exit::Inconclusive } else { Exit::Clean }
}

/// Undetermined, and not a mere note.
fn is_open(finding: &Finding) -> bool {
    finding.verdict == Verdict::Undetermined && finding.severity > Severity::Info
}

/// How `lint` ends: hygiene findings are facts, so only their severity counts.
pub(super) fn of_lint(findings: &[Finding], fail_on: Severity) -> Exit {
    let grave = findings.iter().any(|finding| finding.severity >= fail_on);
    if grave { Exit::Violated } else { Exit::Clean }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::RuleVerdict;

    fn verdict(verdict: Verdict, severity: Severity) -> RuleVerdict {
        let summary = Text::same("x");
        RuleVerdict {
            rule: "R".to_owned(),
            verdict,
            severity,
            summary,
            span: None,
            basis: None,
            requirements: Vec::new(),
        }
    }

    fn code(verdicts: &[(Verdict, Severity)]) -> u8 {
        let verdicts = verdicts.iter().map(|(v, s)| verdict(*v, *s)).collect();
        of_check(&Scan { verdicts, ..Scan::default() }, Severity::High).code()
    }

    #[test]
    fn each_outcome_has_its_code() {
        use Severity::{Critical, High, Low};
        use Verdict::{Holds, Undetermined, Violated};
        assert_eq!(code(&[(Holds, High)]), 0);
        assert_eq!(code(&[(Holds, High), (Violated, High)]), 1);
        assert_eq!(code(&[(Undetermined, Critical), (Violated, Critical)]), 1);
        assert_eq!(code(&[(Violated, Low)]), 0, "below --fail-on");
        assert_eq!(code(&[(Violated, Low), (Undetermined, Low)]), 3);
        assert_eq!(code(&[]), 4, "no policy rule is never green");
    }

    #[test]
    fn exit_zero_hides_verdicts_and_not_failures() {
        for exit in [Exit::Clean, Exit::Violated, Exit::Failed, Exit::Inconclusive, Exit::NoInputs]
        {
            let code = exit.without_verdict().code();
            assert_eq!(code, if matches!(exit.code(), 2 | 4) { exit.code() } else { 0 });
        }
    }
}

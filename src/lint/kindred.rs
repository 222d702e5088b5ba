//! 横展開: what is wrong on one device is told of the others where the same is wrong.

use std::collections::BTreeMap;

use crate::finding::{Finding, Severity};
use crate::text;

/// Devices named in a sentence; more are counted.
const NAMED: usize = 5;

/// Adds to each finding the other devices with findings of the same rule and severity. Findings for information say nothing.
pub(super) fn tell(findings: &mut [Finding]) {
    let mut groups: BTreeMap<(String, Severity), BTreeMap<String, usize>> = BTreeMap::new();
    for finding in findings.iter() {
        if let Some(device) = &finding.device {
            let group = groups.entry((finding.rule.clone(), finding.severity)).or_default();
            *group.entry(device.clone()).or_default() += 1;
        }
    }
    for finding in findings.iter_mut().filter(|finding| finding.severity > Severity::Info) {
        let Some(group) = groups.get(&(finding.rule.clone(), finding.severity)) else { continue };
        let others: Vec<(&String, &usize)> =
            group.iter().filter(|(name, _)| Some(*name) != finding.device.as_ref()).collect();
        if others.is_empty() {
            continue;
        }
        let shown = || others.iter().take(NAMED);
        let ja: Vec<String> = shown().map(|(name, count)| format!("{name}（{count}件）")).collect();
        let en: Vec<String> = shown().map(|(name, count)| format!("{name} ({count})")).collect();
        let (ja, en) = (ja.join("、"), en.join(", "));
        finding.details.push(match others.len().saturating_sub(NAMED) {
            0 => text!(
                "同種の設定が他の機器にもあります: {ja}",
                "the same kind is found on other devices: {en}"
            ),
            more => text!(
                "同種の設定が他の機器にもあります: {ja} ほか{more}台",
                "the same kind is found on other devices: {en} and {more} more"
            ),
        });
    }
}

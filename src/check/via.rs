//! `via`: what passes must cross one of the named devices.

use super::deny::Focus;
use super::parties::ResolvedRule;
use super::{Judge, sets, write};
use crate::compile::Header;
use crate::finding::Finding;

impl<K: Header> Judge<'_, K> {
    /// One finding for each pair between which packets pass without crossing any of the devices.
    pub(super) fn via(&self, rule: &ResolvedRule<'_>) -> Vec<Finding> {
        let focus = Focus { filters: None, watch: rule.through.clone() };
        let around = |ends| {
            self.arriving(rule, ends, &focus, false, |facts| write::around(self, rule, facts))
        };
        sets::pairs(rule).into_iter().filter_map(around).collect()
    }
}

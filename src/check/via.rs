//! `via`: what passes must cross one of the named devices.

use super::deny::Focus;
use super::parties::{End, ResolvedRule};
use super::{Judge, write};
use crate::compile::Header;
use crate::finding::Finding;

impl<K: Header> Judge<'_, K> {
    /// What passes between two ends without crossing any of the devices.
    pub(super) fn via(&self, rule: &ResolvedRule<'_>, ends: (&End, &End)) -> Vec<Finding> {
        let focus = Focus { filters: None, watch: rule.through.clone() };
        self.arriving(rule, ends, &focus, &[false], |facts, _| write::around(self, rule, facts))
    }
}

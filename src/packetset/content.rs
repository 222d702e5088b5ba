//! What a function is, whatever arena holds it.

use rustc_hash::FxHashMap;

use super::{Arena, Function, Key};

impl<K: Key> Arena<K> {
    /// Tells `take` what `function` is, number by number: the same numbers in every arena over the same fields, and other ones for
    /// any other function. One pass over its nodes.
    pub fn tell(&self, function: Function, take: &mut dyn FnMut(u128)) {
        let root = self.tell_node(function, &mut FxHashMap::default(), take);
        take(root);
    }

    /// Tells a node after its children, unless it was told; returns what stands for it above.
    fn tell_node(
        &self,
        function: Function,
        told: &mut FxHashMap<Function, u128>,
        take: &mut dyn FnMut(u128),
    ) -> u128 {
        if function.is_terminal() {
            // Numbers of nodes begin above all constants.
            return function.priority().map_or(0, |priority| u128::from(priority) + 1);
        }
        if let Some(number) = told.get(&function) {
            return *number;
        }
        let (starts, children) = self.steps(function);
        let below: Vec<u128> =
            children.iter().map(|child| self.tell_node(*child, told, take)).collect();
        take(self.field(function) as u128);
        take(starts.len() as u128);
        for (start, child) in starts.iter().zip(below) {
            take(start.wide());
            take(child);
        }
        let number = u128::from(u32::MAX) + told.len() as u128;
        told.insert(function, number);
        number
    }
}

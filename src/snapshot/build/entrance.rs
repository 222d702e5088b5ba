//! Whether packets that enter a device by an interface can get anywhere at all.

use crate::model::{Action, Binding, Device, Filter, InterfaceId, Line, Stage};

/// False only when some filter stage surely stops every packet that enters by `interface`: then it does not matter who is at
/// the other end (the tunnel interfaces that a vendor makes by itself and nobody uses).
pub(super) fn admits(device: &Device, interface: InterfaceId) -> bool {
    let context = &device.contexts[device.interfaces[interface].context];
    context.pipeline.iter().all(|stage| match stage {
        Stage::Filter(filter) => passes(device, filter, interface),
        Stage::Translate(_) | Stage::Route => true,
    })
}

fn passes(device: &Device, filter: &Filter, interface: InterfaceId) -> bool {
    let open = |binding: &Binding| {
        let mut lines = binding.lists.iter().flat_map(|list| &device.lists[*list].lines);
        let lets_in = |line: &Line| {
            let stops = matches!(line.action, Action::Deny | Action::Return);
            line.enabled && !stops && line.matches.ingress.contains(interface)
        };
        binding.default != Action::Deny || lines.any(lets_in)
    };
    let mut bound = filter.bindings.iter().filter(|binding| binding.ingress.contains(interface));
    filter.otherwise != Action::Deny || bound.any(open)
}

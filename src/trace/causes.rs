//! Why something is in doubt, in words.

use crate::finding::{Cause, HopLine};
use crate::model::{DynamicRouting, Interface, InterfaceId, PolicyRoute};
use crate::snapshot::{DeviceId, OpaqueId, Port, Snapshot};
use std::collections::BTreeMap;

/// Devices with a gap that no reader could contain, and why: a file belongs to the devices that have a line in it.
pub(super) fn doubted(snapshot: &Snapshot) -> BTreeMap<DeviceId, Vec<Cause>> {
    let mut doubted: BTreeMap<DeviceId, Vec<Cause>> = BTreeMap::new();
    let gaps = snapshot.coverage.iter().flatten().flat_map(|coverage| &coverage.gaps);
    for gap in gaps.filter(|gap| !gap.contained) {
        for (id, device) in snapshot.devices.iter() {
            let lists = device.lists.iter().filter_map(|(_, list)| list.lines.first());
            let mut files =
                device.interfaces.iter().map(|(_, i)| i.span).chain(lists.map(|l| l.span));
            if files.any(|span| span.file == gap.span.file) {
                let cause = Cause { span: Some(gap.span), reason: gap.reason.clone() };
                doubted.entry(id).or_default().push(cause);
            }
        }
    }
    doubted
}

pub(super) fn policy_cause(policy: &PolicyRoute) -> Cause {
    Cause {
        span: Some(policy.span),
        reason: crate::text!(
            "ポリシールートにより、経路表と異なる宛先へ転送されることがあります。",
            "a policy route may send the packet another way than the routing table"
        ),
    }
}

pub(super) fn dynamic_cause(dynamic: &DynamicRouting) -> Cause {
    let protocol = &dynamic.protocol;
    Cause {
        span: Some(dynamic.span),
        reason: crate::text!(
            "{protocol} で得る経路は設定に現れません。topology.yaml のこの機器の routes に実際の経路を書き、それですべてなら routes-complete: true と書くと確定します。",
            "routes learned by {protocol} do not show in the configuration; write the real ones under `routes` of this device in topology.yaml, and `routes-complete: true` when these are all"
        ),
    }
}

/// Why a route that is written may not be there.
pub(super) fn withdrawn_cause(device: &str, line: &HopLine) -> Cause {
    let label = &line.label;
    Cause {
        span: line.span,
        reason: crate::text!(
            "この経路（{label}）は、回線や相手の状態によって無くなることがあります。常にあるものとして扱うなら、topology.yaml の機器「{device}」の routes に書いてください。",
            "this route ({label}) may be withdrawn when a line or peer is down; if it is to be taken as always there, write it under `routes` of device {device} in topology.yaml"
        ),
    }
}

pub(super) fn hairpin_cause(port: &Interface) -> Cause {
    let name = &port.name;
    Cause {
        span: Some(port.span),
        reason: crate::text!(
            "インターフェイス「{name}」では、入った所から出る通信が規則を通らないことがあります。",
            "traffic that leaves {name} where it came in may pass without meeting the rules"
        ),
    }
}

pub(super) fn opaque_cause(snapshot: &Snapshot, id: OpaqueId) -> Cause {
    let opaque = &snapshot.opaques[id];
    let name = &opaque.name;
    Cause {
        span: opaque.span,
        reason: crate::text!(
            "ルーター「{name}」の設定がなく、どこへでも転送し得るものとして扱いました。",
            "the configuration of router {name} is not at hand: it may forward anything anywhere"
        ),
    }
}

pub(super) fn segment_cause(snapshot: &Snapshot, device: DeviceId, egress: InterfaceId) -> Cause {
    let interface = &snapshot.devices[device].interfaces[egress];
    let (name, device) = (&interface.name, &snapshot.devices[device].name);
    Cause {
        span: Some(interface.span),
        reason: crate::text!(
            "機器「{device}」のインターフェイス「{name}」の先で、どの機器が受け取るか確定できません。",
            "which neighbour receives what leaves {device} by {name} is not certain"
        ),
    }
}

pub(super) fn start_cause(snapshot: &Snapshot, ports: &[Port]) -> Cause {
    let port = ports.first();
    let device = port.map_or("", |port| snapshot.devices[port.device].name.as_str());
    Cause {
        span: None,
        reason: crate::text!(
            "宛先に機器「{device}」が代理応答する可能性があります。",
            "device {device} may answer for the destination"
        ),
    }
}

/// Why a packet may be for a device of which an address is not known.
pub(super) fn learnt_cause(snapshot: &Snapshot, device: DeviceId) -> Cause {
    let name = &snapshot.devices[device].name;
    let learnt = snapshot.learnt.iter().find(|(port, _)| port.device == device);
    let interface = learnt.map(|(port, _)| &snapshot.devices[device].interfaces[port.interface]);
    let word = interface.map_or("", |interface| &interface.name);
    let reason = crate::text!(
        "機器「{name}」のインターフェース「{word}」のアドレスは実行時に決まるため、この宛先が機器自身である可能性があります。",
        "interface {word} of device `{name}` learns its address at run time, so this destination may be the device itself"
    );
    Cause { span: interface.map(|interface| interface.span), reason }
}

//! The packs that a policy names: shipped ones, and files beside it.

use super::Loader;
use crate::policy::{self, Pack, Policy};
use crate::scan::Role;
use crate::source::{FileId, Problem, Spanned};
use crate::text;
use crate::topology::ZoneDecl;

impl Loader<'_> {
    /// The policy with its packs put in.
    pub(super) fn with_packs(&mut self, policy: Policy) -> Option<Policy> {
        let mut open: Vec<Spanned<String>> =
            policy.packs.iter().map(|used| used.name.clone()).collect();
        let mut packs: Vec<(String, Pack)> = Vec::new();
        let mut next = 0;
        while let Some(name) = open.get(next).cloned() {
            next += 1;
            if packs.iter().any(|(known, _)| *known == name.value) {
                continue;
            }
            let Some(file) = self.pack_file(&name) else { continue };
            match policy::read_pack(file, self.loaded.sources.file(file)) {
                Ok(pack) => {
                    self.loaded.roles.push((file, Role::Pack { id: pack.id.clone() }));
                    open.extend(pack.extends.iter().cloned());
                    packs.push((name.value, pack));
                }
                Err(problems) => self.problems(problems),
            }
        }
        let day = self.options.at.map(|at| at.day);
        match policy::join(policy, &packs, day) {
            Ok(policy) => Some(policy),
            Err(problems) => {
                self.problems(problems);
                None
            }
        }
    }

    fn pack_file(&mut self, name: &Spanned<String>) -> Option<FileId> {
        let word = &name.value;
        if let Some(shipped) = policy::shipped(word) {
            let path = format!("pack:{}.yaml", shipped.id);
            return self.loaded.sources.add(&path, shipped.text.as_bytes()).ok();
        }
        let before = self.errors.len();
        let found = self.open(word);
        if found.is_none() && self.errors.len() == before {
            let shipped: Vec<&str> = policy::SHIPPED.iter().map(|pack| pack.id).collect();
            let list = shipped.join(", ");
            let message =
                text!("方針パック「{word}」はありません。", "there is no policy pack `{word}`");
            let help = text!(
                "同梱の方針パックは {list} です。自作のものは policy.yaml からの相対パスで書いてください。",
                "shipped packs: {list}; write your own by its path beside policy.yaml"
            );
            let files = self.files.entries.iter().map(|(name, _)| name.as_str());
            let known = shipped.iter().copied().chain(files);
            self.problems(vec![Problem::new(name.span, message).help(help).suggest(word, known)]);
        }
        found
    }

    /// With packs, a role that nobody speaks of would silently exempt who has it.
    pub(super) fn known_roles(
        &mut self,
        topology: Option<&crate::topology::Topology>,
        policy: &Policy,
    ) {
        let Some(topology) = topology.filter(|_| !policy.joined.is_empty()) else { return };
        let spoken = policy.spoken_roles();
        let mut given = Vec::new();
        for zone in &topology.zones {
            given.extend(zone.roles.iter().map(|role| (role, zone.id.span)));
        }
        for host in &topology.hosts {
            given.extend(host.roles.iter().map(|role| (role, host.id.span)));
        }
        for device in &topology.devices {
            given.extend(device.roles.iter().map(|role| (role, device.name.span)));
        }
        let mut problems = Vec::new();
        for zone in topology.zones.iter().filter(|zone| zone.roles.is_empty()) {
            let id = &zone.id.value;
            let message = text!(
                "ゾーン「{id}」に役割（roles）がないため、方針パックの規則の多くがこのゾーンに及びません。",
                "the zone `{id}` has no role, so most rules of the packs would not speak of it"
            );
            let help = text!(
                "`sekisho pack 名前` で役割の一覧を確かめ、roles に書いてください。",
                "see `sekisho pack NAME` for the roles, and write `roles`"
            );
            problems.push(Problem::new(zone.id.span, message).help(help));
        }
        problems.extend(topology.zones.iter().filter_map(|zone| two_areas(policy, zone)));
        for (role, span) in &given {
            if !spoken.iter().any(|known| known == *role) {
                let message = text!(
                    "役割「{role}」は、使用中の方針パックにも規則にも出てきません。",
                    "no pack in use and no rule speaks of the role `{role}`"
                );
                problems.push(
                    Problem::new(*span, message).suggest(role, spoken.iter().map(String::as_str)),
                );
            }
        }
        for role in policy.roles.iter().filter(|role| role.needed) {
            if !given.iter().any(|(known, _)| **known == role.id) {
                problems.extend(missing(policy, role));
            }
        }
        self.problems(problems);
    }
}

/// A zone that is two areas at once: what lies between them could not be judged, and would seem to hold.
fn two_areas(policy: &Policy, zone: &ZoneDecl) -> Option<Problem> {
    let of_both = |apart: &Vec<String>| {
        let roles: Vec<&String> = zone.roles.iter().filter(|role| apart.contains(role)).collect();
        match roles.as_slice() {
            [one, other, ..] => Some(((*one).clone(), (*other).clone())),
            _ => None,
        }
    };
    let (one, other) = policy.apart.iter().find_map(of_both)?;
    let id = &zone.id.value;
    let message = text!(
        "ゾーン「{id}」が、分離されているべき役割「{one}」と「{other}」の両方を持っています。",
        "the zone `{id}` has both roles `{one}` and `{other}`, which are to be apart"
    );
    let help =
        text!("ネットワークごとにゾーンを分けてください。", "make one zone for each network");
    Some(Problem::new(zone.id.span, message).help(help))
}

fn missing(policy: &Policy, role: &policy::PackRole) -> Option<Problem> {
    let used = policy.packs.iter().zip(&policy.joined).find(|(_, joined)| joined.id == role.pack);
    let span = used.or(policy.packs.iter().zip(&policy.joined).next())?.0.name.span;
    let (id, pack, ja, en) = (&role.id, &role.pack, &role.label.ja, &role.label.en);
    let message = text!(
        "方針パック「{pack}」は、役割「{id}」（{ja}）のゾーンを必要とします。",
        "the pack `{pack}` needs a zone with the role `{id}` ({en})"
    );
    let help = text!(
        "topology.yaml のゾーンに roles: [{id}] を書いてください。",
        "write `roles: [{id}]` at a zone in topology.yaml"
    );
    Some(Problem::new(span, message).help(help))
}

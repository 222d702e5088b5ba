//! Where things are: one firewall or several in a file, their virtual systems, and in which order rulebases are consulted.
//!
//! Rules of a firewall come in this order: shared pre-rules, pre-rules of the device groups from the outermost to the innermost,
//! local rules, post-rules from the innermost group to the outermost, shared post-rules, default rules.

use super::ignored;
use super::names::{KINDS, Space, ancestors_win};
use super::own::log_servers;
use super::reader::Reader;
use super::tree::{At, Nodes};
use super::variables::{self, Variables};
use crate::text;
use crate::text::Text;

/// One firewall.
pub(super) struct Unit<'t> {
    /// What its interfaces and contexts are called before their own name; empty when it is the only one.
    pub(super) prefix: String,
    /// The `network` elements, those that win first.
    pub(super) network: Nodes,
    pub(super) vsys: Vec<Vsys<'t>>,
    /// `$name` to value.
    pub(super) variables: Variables<'t>,
    pub(super) shape: Shape,
    /// Whether the file lacks zones or systems that the firewall has, as far as it tells.
    pub(super) partial: bool,
}

/// What else the file says about the firewall as a whole.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    /// `deviceconfig` elements.
    pub(super) deviceconfig: Nodes,
}

/// One virtual system.
pub(super) struct Vsys<'t> {
    /// Its name; a firewall without multiple systems has `vsys1`.
    pub(super) name: &'t str,
    /// Where its zones stand.
    pub(super) places: Nodes,
    /// Rulebases in the order of evaluation.
    pub(super) layers: Vec<Layer>,
}

/// One rulebase, or the place of one that the file does not hold.
pub(super) struct Layer {
    pub(super) rulebase: Nodes,
    pub(super) space: Space,
    /// What its rules are called: `rule`, `pre-rule`.
    pub(super) kind: &'static str,
    /// Why rules may stand here that the file does not hold.
    pub(super) missing: Option<Text>,
}

/// A device group of Panorama.
struct Group<'t> {
    name: &'t str,
    nodes: Nodes,
    /// Serial numbers with the systems that belong to the group; none means all.
    devices: Vec<(&'t str, Vec<&'t str>)>,
    parent: Option<&'t str>,
    scope: usize,
}

/// A template stack, or a template on its own.
struct Stack<'t> {
    name: &'t str,
    devices: Vec<&'t str>,
    /// Variables of a firewall of its own, which win over those of the stack.
    own: Vec<(&'t str, Variables<'t>)>,
    /// Tops of configurations, those that win first.
    tops: Vec<At>,
    variables: Variables<'t>,
}

/// Inner elements that hold a whole configuration.
fn tops(reader: &Reader<'_>, root: At) -> Vec<At> {
    let tree = reader.tree;
    let mut out = vec![root];
    let mut at = 0;
    while let Some(top) = out.get(at).copied() {
        at += 1;
        // An answer of the API wraps the configuration; nothing else nests.
        if out.len() > 64 {
            break;
        }
        for wrapper in ["response", "result", "config"] {
            out.extend(tree.named(top, wrapper));
        }
        for devices in tree.named(top, "devices") {
            for entry in tree.children(devices) {
                tree.used(*entry);
                out.push(*entry);
            }
        }
    }
    out
}

fn under(reader: &Reader<'_>, tops: &[At], name: &str) -> Nodes {
    Nodes(tops.to_vec()).sub(reader.tree, name)
}

/// The firewalls of the file.
pub(super) fn units<'t>(reader: &mut Reader<'t>) -> Vec<Unit<'t>> {
    let tops = tops(reader, reader.tree.root());
    let shared = under(reader, &tops, "shared");
    let shared_scope = reader.scope(&shared);
    let groups = groups(reader, &tops);
    let stacks = stacks(reader, &tops);
    reader.names.ancestors =
        !groups.is_empty() && ancestors_win(reader, &under(reader, &tops, "deviceconfig"));
    let units = if groups.is_empty() && stacks.is_empty() {
        vec![firewall(reader, &tops, &shared, shared_scope)]
    } else {
        managed(reader, &groups, &stacks, &shared, shared_scope)
    };
    if !groups.is_empty() || !stacks.is_empty() {
        // Panorama forwards nothing itself.
        under(reader, &tops, "deviceconfig").0.iter().for_each(|at| reader.tree.irrelevant(*at));
    }
    if groups.is_empty() && stacks.is_empty() {
        log_servers(reader, &shared);
        for (_, places) in under(reader, &tops, "vsys").entries(reader.tree) {
            log_servers(reader, &places);
        }
    }
    let mut containers = tops;
    containers.extend(shared.0);
    containers.extend(groups.iter().flat_map(|group| group.nodes.0.clone()));
    for stack in &stacks {
        containers.extend(&stack.tops);
        containers.extend(under(reader, &stack.tops, "shared").0);
    }
    for at in containers {
        ignored::sweep(reader.tree, at, ignored::CONTAINER);
    }
    units
}

/// A firewall that speaks for itself, perhaps with what Panorama pushed to it.
fn firewall<'t>(
    reader: &mut Reader<'t>,
    tops: &[At],
    shared: &Nodes,
    shared_scope: usize,
) -> Unit<'t> {
    let pushed = pushed(reader, tops);
    let pushed_scope = reader.scope(&pushed);
    let deviceconfig = under(reader, tops, "deviceconfig");
    let mut systems = under(reader, tops, "vsys").entries(reader.tree);
    let own: Vec<At> = tops.iter().copied().filter(|top| has_vsys_words(reader, *top)).collect();
    if !own.is_empty() || systems.is_empty() {
        match systems.iter_mut().find(|(name, _)| *name == "vsys1") {
            Some((_, nodes)) => nodes.0.extend(own),
            None => systems.insert(0, ("vsys1", Nodes(own))),
        }
    }
    let mut vsys = Vec::new();
    let managed = panorama_server(reader, &deviceconfig);
    let mut held = false;
    for (name, places) in &systems {
        let scope = reader.scope(places);
        let theirs = pushed.sub(reader.tree, "vsys").entries(reader.tree);
        let theirs = theirs.into_iter().filter(|(other, _)| other == name).flat_map(|(_, n)| n.0);
        let theirs = Nodes(theirs.collect());
        let sent = reader.scope(&theirs);
        let local = reader.names.space(vec![scope, sent, shared_scope, pushed_scope]);
        let outer = reader.names.space(vec![sent, pushed_scope, scope, shared_scope]);
        reader.all_objects(local);
        reader.all_objects(outer);
        for at in &theirs.0 {
            ignored::sweep(reader.tree, *at, ignored::CONTAINER);
        }
        let mut layers = Vec::new();
        for (word, kind) in
            [("pre-rulebase", "pre-rule"), ("rulebase", "rule"), ("post-rulebase", "post-rule")]
        {
            let mut order =
                vec![(shared, local), (&pushed, outer), (&theirs, outer), (places, local)];
            if kind == "post-rule" {
                order.reverse();
            }
            for (nodes, space) in order {
                let rulebase = nodes.sub(reader.tree, word);
                held |= kind != "rule" && !rulebase.is_empty();
                if !rulebase.is_empty() {
                    layers.push(Layer { rulebase, space, kind, missing: None });
                }
            }
        }
        vsys.push(Vsys { name, places: places.clone(), layers });
    }
    let space = reader.names.space(vec![pushed_scope, shared_scope]);
    reader.all_objects(space);
    let space = reader.names.space(vec![shared_scope, pushed_scope]);
    reader.all_objects(space);
    if managed && !held {
        for system in &mut vsys {
            system.layers.insert(0, elsewhere(space, missing_pushed()));
        }
    }
    for at in systems.iter().flat_map(|(_, nodes)| &nodes.0).chain(&pushed.0) {
        ignored::sweep(reader.tree, *at, ignored::CONTAINER);
    }
    let network = under(reader, tops, "network");
    Unit {
        prefix: String::new(),
        network,
        vsys,
        variables: Vec::new(),
        shape: Shape { deviceconfig },
        partial: managed && !held,
    }
}

/// What Panorama pushed: `panorama` in an export, `policy panorama` in `show`.
fn pushed(reader: &Reader<'_>, tops: &[At]) -> Nodes {
    let mut pushed = under(reader, tops, "panorama");
    pushed.0.extend(under(reader, tops, "policy").sub(reader.tree, "panorama").0);
    pushed
}

fn has_vsys_words(reader: &Reader<'_>, top: At) -> bool {
    let words = ["rulebase", "zone", "import", "pre-rulebase", "post-rulebase"];
    let tree = reader.tree;
    tree.children(top).iter().any(|child| {
        let name = tree.name(*child);
        words.contains(&name) || KINDS.contains(&name)
    })
}

fn panorama_server(reader: &Reader<'_>, deviceconfig: &Nodes) -> bool {
    let tree = reader.tree;
    let system = deviceconfig.sub(tree, "system");
    let old = system.sub(tree, "panorama-server");
    let new = system.path(tree, &["panorama", "local-panorama", "panorama-server"]);
    !old.is_empty() || !new.is_empty()
}

fn missing_pushed() -> Text {
    text!(
        "この機器は Panorama で管理されていますが、Panorama から配布された規則がファイルに含まれていません（show config merged の出力を使ってください）。",
        "this firewall is managed by Panorama, and the pushed rules are not in the file (use the output of `show config merged`)"
    )
}

fn missing_local() -> Text {
    text!(
        "ファイアウォール本体の規則は Panorama の設定に含まれません。",
        "the local rules of a firewall are not in a Panorama configuration"
    )
}

fn missing_group() -> Text {
    text!(
        "このテンプレートを使うデバイスグループがファイルにないため、規則が分かりません。",
        "no device group in the file belongs to this template stack, so its rules are not known"
    )
}

fn elsewhere(space: Space, reason: Text) -> Layer {
    Layer { rulebase: Nodes::default(), space, kind: "rule", missing: Some(reason) }
}

fn groups<'t>(reader: &mut Reader<'t>, tops: &[At]) -> Vec<Group<'t>> {
    let tree = reader.tree;
    let mut parents: Vec<(&'t str, &'t str)> = Vec::new();
    for readonly in under(reader, tops, "readonly").0 {
        for (name, nodes) in
            under(reader, &self::tops(reader, readonly), "device-group").entries(tree)
        {
            parents
                .extend(nodes.sub(tree, "parent-dg").words(tree).first().map(|w| (name, w.text)));
        }
        tree.irrelevant(readonly);
    }
    let mut out = Vec::new();
    for (name, nodes) in under(reader, tops, "device-group").entries(tree) {
        let mut devices = Vec::new();
        for (serial, nodes) in nodes.sub(tree, "devices").entries(tree) {
            let systems = nodes.sub(tree, "vsys").words(tree);
            devices.push((serial, systems.iter().map(|word| word.text).collect()));
        }
        let stated = nodes.sub(tree, "parent-dg").words(tree).first().map(|word| word.text);
        let parent =
            stated.or_else(|| parents.iter().find(|(own, _)| *own == name).map(|(_, p)| *p));
        let parent = parent.filter(|parent| *parent != "shared");
        let scope = reader.scope(&nodes);
        out.push(Group { name, nodes, devices, parent, scope });
    }
    out
}

fn stacks<'t>(reader: &Reader<'t>, tops: &[At]) -> Vec<Stack<'t>> {
    let tree = reader.tree;
    let inner = |nodes: &Nodes| {
        let configs = nodes.sub(tree, "config").0;
        configs.into_iter().flat_map(|at| self::tops(reader, at)).collect::<Vec<At>>()
    };
    let templates = under(reader, tops, "template").entries(tree);
    let mut out = Vec::new();
    for (name, nodes) in under(reader, tops, "template-stack").entries(tree) {
        let devices = nodes.sub(tree, "devices").entries(tree);
        let mut stack = Stack {
            name,
            devices: devices.iter().map(|(serial, _)| *serial).collect(),
            own: devices
                .iter()
                .map(|(serial, own)| (*serial, variables::read(reader, own)))
                .collect(),
            tops: inner(&nodes),
            variables: variables::read(reader, &nodes),
        };
        for word in nodes.sub(tree, "templates").words(tree) {
            let Some((_, nodes)) = templates.iter().find(|(name, _)| *name == word.text) else {
                tree.unknown(
                    word.at,
                    text!("テンプレートは定義されていません。", "the template is not defined"),
                );
                continue;
            };
            stack.tops.extend(inner(nodes));
            stack.variables.extend(variables::read(reader, nodes));
        }
        for at in &nodes.0 {
            ignored::sweep(tree, *at, ignored::STACK);
        }
        out.push(stack);
    }
    let alone = out.is_empty();
    for (name, nodes) in &templates {
        let (name, devices) = (*name, Vec::new());
        let (tops, variables) = (inner(nodes), variables::read(reader, nodes));
        let stack = Stack { name, devices, own: Vec::new(), tops, variables };
        for at in &nodes.0 {
            ignored::sweep(tree, *at, ignored::STACK);
        }
        if alone {
            out.push(stack);
        }
    }
    out
}

/// The firewalls that a Panorama manages: one for every device group with firewalls and template stack of them.
fn managed<'t>(
    reader: &mut Reader<'t>,
    groups: &[Group<'t>],
    stacks: &[Stack<'t>],
    shared: &Nodes,
    shared_scope: usize,
) -> Vec<Unit<'t>> {
    let parent_of_some = |name: &str| groups.iter().any(|group| group.parent == Some(name));
    let mut pairs: Vec<(Option<&Group<'t>>, Option<&Stack<'t>>)> = Vec::new();
    for group in groups {
        let serials = |stack: &&Stack<'t>| {
            group.devices.iter().any(|(serial, _)| stack.devices.contains(serial))
        };
        let theirs: Vec<&Stack<'t>> = stacks.iter().filter(serials).collect();
        if theirs.is_empty() && (!group.devices.is_empty() || !parent_of_some(group.name)) {
            // With one group and one stack there is nothing to mistake.
            let only = if groups.len() == 1 && stacks.len() == 1 { stacks.first() } else { None };
            pairs.push((Some(group), only));
        }
        pairs.extend(theirs.into_iter().map(|stack| (Some(group), Some(stack))));
    }
    for stack in stacks {
        let taken =
            |(_, other): &(_, Option<&Stack<'t>>)| other.is_some_and(|o| std::ptr::eq(o, stack));
        if !pairs.iter().any(taken) {
            pairs.push((None, Some(stack)));
        }
    }
    let single = pairs.len() == 1;
    let mut units = Vec::new();
    for (group, stack) in pairs {
        let mut unit = unit(reader, groups, group, stack, shared, shared_scope);
        if single {
            unit.prefix.clear();
        }
        units.push(unit);
    }
    for group in groups {
        let space = reader.names.space(vec![group.scope, shared_scope]);
        reader.all_objects(space);
    }
    let space = reader.names.space(vec![shared_scope]);
    reader.all_objects(space);
    units
}

fn unit<'t>(
    reader: &mut Reader<'t>,
    groups: &[Group<'t>],
    group: Option<&Group<'t>>,
    stack: Option<&Stack<'t>>,
    shared: &Nodes,
    shared_scope: usize,
) -> Unit<'t> {
    let tree = reader.tree;
    let mut chain: Vec<&Group<'t>> = group.into_iter().collect();
    while let Some(parent) = chain.last().and_then(|last| last.parent)
        && let Some(next) = groups.iter().find(|group| group.name == parent)
        && !chain.iter().any(|known| known.name == next.name)
    {
        chain.push(next);
    }
    let mut scopes: Vec<usize> = chain.iter().map(|group| group.scope).collect();
    scopes.push(shared_scope);
    let tops = stack.map(|stack| stack.tops.clone()).unwrap_or_default();
    let mut systems = under(reader, &tops, "vsys").entries(tree);
    let own = |serial: &str| {
        stack.is_none_or(|stack| stack.devices.is_empty() || stack.devices.contains(&serial))
    };
    let named = group.map(|group| {
        let mine = group.devices.iter().filter(|(serial, _)| own(serial));
        mine.flat_map(|(_, systems)| systems.clone()).collect::<Vec<&str>>()
    });
    let named = named.unwrap_or_default();
    let all = systems.len();
    systems.retain(|(name, _)| named.is_empty() || named.contains(name));
    let partial = systems.len() < all;
    if systems.is_empty() {
        systems.push((named.first().copied().unwrap_or("vsys1"), Nodes::default()));
    }
    let mut vsys = Vec::new();
    for (name, places) in systems {
        let own = reader.scope(&places);
        let space = reader.names.space(scopes.iter().copied().chain([own]).collect());
        let local = reader.names.space([own].into_iter().chain(scopes.iter().copied()).collect());
        reader.all_objects(local);
        let layers = managed_layers(reader, &chain, &places, shared, (space, local));
        for at in &places.0 {
            ignored::sweep(tree, *at, ignored::CONTAINER);
        }
        vsys.push(Vsys { name, places, layers });
    }
    let name = group.map(|group| group.name).or(stack.map(|stack| stack.name)).unwrap_or("");
    let several = group.is_some_and(|group| {
        stack.is_some_and(|stack| {
            group.devices.iter().any(|(serial, _)| !stack.devices.contains(serial))
        })
    });
    let prefix = match stack.filter(|_| several) {
        Some(stack) => format!("{name}@{}/", stack.name),
        None => format!("{name}/"),
    };
    let network = under(reader, &tops, "network");
    let deviceconfig = under(reader, &tops, "deviceconfig");
    let variables = stack.map(|stack| {
        let listed = group.filter(|group| !group.devices.is_empty());
        let ours = |serial: &str| {
            listed.is_none_or(|group| group.devices.iter().any(|(known, _)| *known == serial))
        };
        let own = stack.own.iter().filter(|(serial, _)| ours(serial)).map(|(_, own)| own);
        variables::effective(&own.collect::<Vec<_>>(), &stack.variables)
    });
    let variables = variables.unwrap_or_default();
    Unit { prefix, network, vsys, variables, shape: Shape { deviceconfig }, partial }
}

fn managed_layers(
    reader: &Reader<'_>,
    chain: &[&Group<'_>],
    places: &Nodes,
    shared: &Nodes,
    (space, local): (Space, Space),
) -> Vec<Layer> {
    let tree = reader.tree;
    if chain.is_empty() {
        return vec![elsewhere(space, missing_group())];
    }
    let mut layers = Vec::new();
    let mut push = |nodes: &Nodes, word: &str, kind, space| {
        let rulebase = nodes.sub(tree, word);
        if !rulebase.is_empty() {
            layers.push(Layer { rulebase, space, kind, missing: None });
        }
    };
    push(shared, "pre-rulebase", "pre-rule", space);
    for group in chain.iter().rev() {
        push(&group.nodes, "pre-rulebase", "pre-rule", space);
    }
    push(places, "rulebase", "rule", local);
    let at = layers.len();
    let mut push = |nodes: &Nodes, word: &str, kind, space| {
        let rulebase = nodes.sub(tree, word);
        if !rulebase.is_empty() {
            layers.push(Layer { rulebase, space, kind, missing: None });
        }
    };
    for group in chain {
        push(&group.nodes, "post-rulebase", "post-rule", space);
    }
    push(shared, "post-rulebase", "post-rule", space);
    layers.insert(at, elsewhere(space, missing_local()));
    layers
}

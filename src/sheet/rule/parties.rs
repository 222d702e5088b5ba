//! Who a cell means: zones, addresses, objects.

use super::Party;
use crate::net::AddressRange;
use crate::sheet::address::{AddressWord, addresses};
use crate::sheet::names::{Names, everything};
use crate::sheet::words;
use crate::text;
use crate::text::Text;

/// What two cells say of one side.
#[derive(Default)]
pub(super) struct Side {
    /// Zones of the zone column; `None` is any.
    zones: Option<Vec<String>>,
    /// Zones that stand where addresses do.
    also: Vec<String>,
    ranges: Vec<AddressRange>,
    domains: Vec<String>,
    any: bool,
    /// Whether the zone column holds addresses.
    addressed: bool,
    /// What brackets behind addresses say and nothing defines: in the zone column or not, and the text.
    pub(super) remarks: Vec<(bool, String)>,
    /// What cannot be decided: in the zone column or not, and the choices.
    pub(super) doubts: Vec<(bool, Text)>,
}

const WITHIN: [char; 5] = [' ', '・', '/', '&', '+'];

/// Zones that a cell of a zone column names and nothing else defines: single words first, so that `A・B` is known to be two.
pub(super) fn new_zones(cell: &str, single: bool, names: &mut Names) {
    for word in addresses(cell).words {
        let AddressWord::Name(name) = word else { continue };
        if single == name.contains(WITHIN) {
            continue;
        }
        if pieces(&name, names).is_none() {
            names.named_zone(&name);
        }
    }
}

/// The parts of a name with blanks or middle dots when the whole is not known and every part is.
fn pieces(name: &str, names: &Names) -> Option<Vec<String>> {
    let known = |word: &str| {
        let key = words::key(word);
        names.zones.contains_key(&key) || names.objects.contains_key(&key)
    };
    if known(name) {
        return Some(vec![name.to_owned()]);
    }
    let parts: Vec<&str> = name.split(WITHIN).filter(|p| !p.is_empty()).collect();
    (parts.len() > 1 && parts.iter().all(|part| known(part)))
        .then(|| parts.into_iter().map(str::to_owned).collect())
}

impl Side {
    /// Reads a cell of a zone column.
    pub(super) fn zone_cell(&mut self, cell: &str, names: &Names) {
        let mut found = addresses(cell);
        self.remarks(std::mem::take(&mut found.remarks), names, true);
        self.doubts.extend(found.doubt.map(|choices| (true, choices)));
        let mut zones = Vec::new();
        let mut stranger = false;
        for word in found.words {
            match word {
                AddressWord::Any => {
                    let doubts = std::mem::take(&mut self.doubts);
                    // Without a doubt, any zone; with one the word stands for what could not be read.
                    *self = Side { any: !doubts.is_empty(), doubts, ..Side::default() };
                    return;
                }
                AddressWord::Name(name) => {
                    for part in pieces(&name, names).unwrap_or_else(|| vec![name]) {
                        match names.zones.get(&words::key(&part)) {
                            Some(zone) => zones.push(zone.clone()),
                            None if names.is_stranger(&part) => {
                                stranger = true;
                                self.doubts.push((true, undefined(&part, names)));
                            }
                            None => self.name(&part, names, true),
                        }
                    }
                }
                other => self.word(other, names, true),
            }
        }
        self.addressed = self.says_addresses();
        // A zone that is not declared is any zone; addresses beside it hold.
        if zones.is_empty() || stranger && !self.addressed {
            return;
        }
        if self.addressed || !self.doubts.is_empty() {
            self.mixed(true);
        } else {
            self.zones = Some(zones);
        }
    }

    fn says_addresses(&self) -> bool {
        self.any || !self.ranges.is_empty() || !self.domains.is_empty() || !self.also.is_empty()
    }

    /// Zones and addresses that stand together may be meant as a union or as an intersection.
    fn mixed(&mut self, zone_column: bool) {
        self.any = true;
        self.zones = None;
        if self.doubts.is_empty() {
            let choices = text!(
                "ゾーンとアドレスが混ざっています。別の列に分けてください",
                "zones and addresses are mixed; write each into its own column"
            );
            self.doubts.push((zone_column, choices));
        }
    }

    /// Reads a cell of an address column.
    pub(super) fn address_cell(&mut self, cell: &str, names: &Names) {
        // `any` beside addresses may be meant as well as them, or besides them.
        if self.addressed {
            return self.mixed(false);
        }
        // A list of addresses has an entry of this name.
        if words::is_any(cell) && names.objects.contains_key(&words::key(cell)) {
            let choices = text!(
                "アドレス一覧にもある名称です。すべてか、一覧のアドレスか",
                "the address list has this name, too: everything, or those addresses"
            );
            self.doubts.push((false, choices));
        }
        let mut found = addresses(cell);
        self.remarks(std::mem::take(&mut found.remarks), names, false);
        self.doubts.extend(found.doubt.map(|choices| (false, choices)));
        for word in found.words {
            self.word(word, names, false);
        }
    }

    fn remarks(&mut self, remarks: Vec<String>, names: &Names, zone_column: bool) {
        let unknown = remarks.into_iter().filter(|remark| {
            let key = words::key(remark);
            !names.zones.contains_key(&key) && !names.objects.contains_key(&key)
        });
        self.remarks.extend(unknown.map(|remark| (zone_column, remark)));
    }

    fn word(&mut self, word: AddressWord, names: &Names, zone_column: bool) {
        match word {
            AddressWord::Any => self.any = true,
            AddressWord::Range(range) => self.ranges.push(range),
            AddressWord::Domain(name) => self.domains.push(name),
            AddressWord::Name(name) => {
                for part in pieces(&name, names).unwrap_or_else(|| vec![name]) {
                    self.name(&part, names, zone_column);
                }
            }
        }
    }

    fn name(&mut self, name: &str, names: &Names, zone_column: bool) {
        let key = words::key(name);
        if let Some(object) = names.objects.get(&key) {
            self.ranges.extend(&object.ranges);
            self.domains.extend(object.domains.iter().cloned());
            if object.doubtful {
                self.any = true;
                self.doubts.push((
                    zone_column,
                    text!(
                        "アドレス一覧の「{name}」の定義を直してください",
                        "mend the definition of `{name}` in the address list"
                    ),
                ));
            }
        } else if let Some(zone) = names.zones.get(&key) {
            self.also.push(zone.clone());
        } else {
            self.any = true;
            self.doubts.push((zone_column, undefined(name, names)));
        }
    }

    /// The parties that both cells mean: addresses, zones named among them, or the zone column alone.
    pub(super) fn parties(&mut self) -> Vec<Party> {
        if !self.also.is_empty()
            && let Some(zones) = &self.zones
            && self.also.iter().any(|zone| !zones.contains(zone))
        {
            self.doubts.push((
                false,
                text!(
                    "ゾーンの列と異なるゾーンが書かれています",
                    "it names another zone than the zone column"
                ),
            ));
            self.zones = None;
            self.any = true;
        }
        let nothing = self.ranges.is_empty() && self.domains.is_empty();
        if self.any
            || nothing && self.also.is_empty()
            || self.ranges.len() >= 2 && is_everything(&self.ranges)
        {
            return vec![Party { zones: self.zones.take(), ..Party::default() }];
        }
        let mut parties = Vec::new();
        if !nothing {
            parties.push(Party {
                zones: self.zones.clone(),
                addresses: Some(std::mem::take(&mut self.ranges)),
                domains: std::mem::take(&mut self.domains),
            });
        }
        if !self.also.is_empty() {
            parties.push(Party { zones: Some(std::mem::take(&mut self.also)), ..Party::default() });
        }
        parties
    }
}

/// What to say of a name that nothing defines.
fn undefined(name: &str, names: &Names) -> Text {
    let known: Vec<&str> = names.zones.values().map(String::as_str).take(8).collect();
    let known = known.join(", ");
    match crate::source::nearest(name, names.zones.values().map(String::as_str)) {
        Some(near) => text!(
            "「{name}」という名称の定義がありません。「{near}」ではありませんか",
            "nothing defines `{name}`; did you mean `{near}`?"
        ),
        None => text!(
            "「{name}」という名称の定義がありません。アドレスを書くか、名称とIPアドレスの一覧を加えてください（知っているゾーン: {known}）",
            "nothing defines `{name}`; write its address, or add a list of names and addresses (known zones: {known})"
        ),
    }
}

fn is_everything(ranges: &[AddressRange]) -> bool {
    everything().iter().all(|all| ranges.contains(all))
}

//! Exports of the partners of HA pairs: read as their devices are, kept beside the network.

use super::{Config, Loader, apart, read};
use crate::formats::{Format, Reading};
use crate::scan::Role;
use crate::snapshot::Partner;
use crate::source::{FileId, Spanned};
use crate::topology::{DeviceKind, Topology};
use crate::workers;

impl Loader<'_> {
    /// Reads every `standby` with the reader of its device; the name is that of the device.
    pub(super) fn standbys(
        &mut self,
        topology: &Topology,
        configs: &[Config],
    ) -> Vec<(String, Reading)> {
        let mut wanted = Vec::new();
        for decl in &topology.devices {
            let DeviceKind::Configured { standby, interfaces, .. } = &decl.kind else { continue };
            let name = &decl.name.value;
            let Some(own) = configs.iter().find(|config| config.device == *name) else { continue };
            let files: Vec<FileId> =
                standby.iter().filter_map(|path| self.standby(path, own.format)).collect();
            for file in &files {
                let role = Role::Standby { device: name.clone(), format: own.format.id };
                self.loaded.roles.push((*file, role));
            }
            if !files.is_empty() {
                let interfaces = interfaces.iter().map(|i| i.name.value.clone()).collect();
                wanted.push(Config { device: name.clone(), files, format: own.format, interfaces });
            }
        }
        let readings = workers::map(&wanted, |config| read(&self.loaded.sources, config));
        wanted.into_iter().map(|config| config.device).zip(readings).collect()
    }

    /// The file of a `standby`, which must be there and of the format of its device.
    fn standby(&mut self, path: &Spanned<String>, format: &'static Format) -> Option<FileId> {
        let before = self.errors.len();
        let Some(file) = self.open(&path.value) else {
            if self.errors.len() == before {
                self.problems(vec![self.missing(&path.value, path.span)]);
            }
            return None;
        };
        let text = self.loaded.sources.file(file).text();
        if (format.detect)(text) == 0
            && let Ok(other) = crate::formats::detect(text)
        {
            self.problems(vec![apart(format, other, path.span)]);
            return None;
        }
        Some(file)
    }

    /// Puts the partners beside the network.
    pub(super) fn pair(&mut self, partners: Vec<(String, Reading)>) {
        for (name, reading) in partners {
            let Some(device) = self.loaded.snapshot.device(&name) else { continue };
            let (export, coverage) = (reading.device, reading.coverage);
            self.loaded.snapshot.partners.push(Partner { device, export, coverage });
        }
    }
}

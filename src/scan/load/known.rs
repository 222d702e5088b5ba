//! What was read before, to go on with after an edit.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Config;
use crate::formats::{self, DetectError, Format};
use crate::model::{Coverage, Device};
use crate::source::{File, FileId, SourceError, Sources};
use crate::workers;

/// Files and devices of an earlier run.
#[derive(Default)]
pub(in crate::scan) struct Known {
    /// Whether anything is kept at all.
    keeps: bool,
    /// What each input was decoded to, by path: one file, or one a sheet.
    files: BTreeMap<String, Vec<Arc<File>>>,
    /// Inputs that were decoded before anyone opened them.
    ahead: BTreeMap<String, Result<Vec<Arc<File>>, SourceError>>,
    /// The reader that is surest of a file, by its path.
    formats: BTreeMap<String, (Arc<File>, Result<&'static Format, DetectError>)>,
    /// By name.
    devices: BTreeMap<String, Read>,
}

/// A device as it was read.
struct Read {
    files: Vec<(FileId, Arc<File>)>,
    format: &'static str,
    interfaces: Vec<String>,
    device: Arc<Device>,
    coverage: Vec<Coverage>,
}

impl Known {
    /// Knows nothing, and keeps what it is told.
    pub(in crate::scan) fn keeping() -> Known {
        Known { keeps: true, ..Known::default() }
    }

    /// The input at `path` was edited.
    pub(in crate::scan) fn forget(&mut self, path: &str) {
        self.files.remove(path);
        self.ahead.remove(path);
    }

    /// Adds the input at `path` to `sources`, decoded.
    pub(super) fn open(
        &mut self,
        sources: &mut Sources,
        path: &str,
        bytes: &[u8],
    ) -> Result<(), SourceError> {
        let files = match (self.files.get(path), self.ahead.remove(path)) {
            (Some(known), _) => known.clone(),
            (None, Some(decoded)) => decoded?,
            (None, None) => decode(path, bytes)?,
        };
        for file in &files {
            sources.share(Arc::clone(file));
        }
        if self.keeps {
            self.files.insert(path.to_owned(), files);
        }
        Ok(())
    }

    /// Decodes configurations that will be opened, and looks for their readers, several at a time. What is wrong with one is said
    /// when it is opened.
    pub(super) fn decode(&mut self, entries: &[&(String, Vec<u8>)]) {
        let open = entries.iter().filter(|(path, _)| !self.files.contains_key(path));
        let open: Vec<_> = open.collect();
        let decoded = workers::map(&open, |(path, bytes)| {
            let files = decode(path, bytes);
            let formats = files.iter().flatten().map(|file| formats::detect(file.text()));
            let formats: Vec<_> = formats.collect();
            (files, formats)
        });
        for ((path, _), (files, formats)) in open.into_iter().zip(decoded) {
            for (file, format) in files.iter().flatten().zip(formats) {
                self.formats.insert(file.path().to_owned(), (Arc::clone(file), format));
            }
            self.ahead.insert(path.clone(), files);
        }
    }

    /// The reader that is surest of a file.
    pub(super) fn detect(
        &mut self,
        sources: &Sources,
        id: FileId,
    ) -> Result<&'static Format, DetectError> {
        let file = sources.shared(id);
        if let Some((known, format)) = self.formats.get(file.path())
            && Arc::ptr_eq(known, &file)
        {
            return format.clone();
        }
        let format = formats::detect(file.text());
        self.formats.insert(file.path().to_owned(), (file, format.clone()));
        format
    }

    /// Reads what is not known of some devices.
    pub(super) fn read(
        &mut self,
        sources: &Sources,
        configs: &[Config],
    ) -> Vec<(Arc<Device>, Vec<Coverage>)> {
        let known = |config: &Config| {
            self.devices.get(&config.device).filter(|read| read.is_of(sources, config))
        };
        let devices: Vec<_> =
            configs.iter().map(|config| known(config).map(Read::device)).collect();
        let open: Vec<&Config> = configs
            .iter()
            .zip(&devices)
            .filter(|(_, known)| known.is_none())
            .map(|c| c.0)
            .collect();
        let readings = workers::map(&open, |config| super::read(sources, config));
        let mut fresh = open.iter().zip(readings).map(|(config, mut reading)| {
            reading.device.name.clone_from(&config.device);
            let files = config.files.iter().map(|id| (*id, sources.shared(*id)));
            let read = Read {
                files: files.collect(),
                format: config.format.id,
                interfaces: config.interfaces.clone(),
                device: Arc::new(reading.device),
                coverage: reading.coverage,
            };
            if !self.keeps {
                return (read.device, read.coverage);
            }
            let device = read.device();
            self.devices.insert(config.device.clone(), read);
            device
        });
        devices.into_iter().filter_map(|known| known.or_else(|| fresh.next())).collect()
    }
}

fn decode(path: &str, bytes: &[u8]) -> Result<Vec<Arc<File>>, SourceError> {
    File::decode_all(path, bytes).map(|files| files.into_iter().map(Arc::new).collect())
}

impl Read {
    fn device(&self) -> (Arc<Device>, Vec<Coverage>) {
        (Arc::clone(&self.device), self.coverage.clone())
    }

    /// Whether it is what `config` would be read to: the same files, byte for byte, under the same numbers.
    fn is_of(&self, sources: &Sources, config: &Config) -> bool {
        let same = |((id, file), wanted): (&(FileId, Arc<File>), &FileId)| {
            id == wanted && Arc::ptr_eq(file, &sources.shared(*wanted))
        };
        self.files.len() == config.files.len()
            && self.files.iter().zip(&config.files).all(same)
            && self.format == config.format.id
            && self.interfaces == config.interfaces
    }
}

//! Who was told what, and when. One JSON object a line; each carries the hash of the line before it, so that nothing can be taken out
//! or changed later without a trace. The clock is not asked: the moment is what the writer says.

use serde_json::{Value, json};

use super::hash;
use crate::text;
use crate::text::Text;

/// One notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// When, as it was given: `2026-11-22T10:30`.
    pub at: String,
    /// Who told it.
    pub by: String,
    /// Whom.
    pub to: String,
    /// What.
    pub text: String,
    /// Fingerprints of the findings that it was about; may be empty.
    pub findings: Vec<String>,
}

/// A log of notices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notices {
    lines: Vec<String>,
}

impl Notices {
    /// Reads a log and checks its chain.
    ///
    /// # Errors
    /// The first line that is no notice or does not follow from the one before it.
    pub fn read(bytes: &[u8]) -> Result<Notices, Text> {
        let text = String::from_utf8_lossy(bytes);
        let mut notices = Notices::default();
        for (at, line) in text.lines().enumerate() {
            let number = at + 1;
            let value: Option<Value> = serde_json::from_str(line).ok();
            let before = value.as_ref().and_then(|value| value.get("before")?.as_str());
            if before != Some(notices.seal().as_str()) {
                return Err(text!(
                    "{number} 行目が前の行に続いていません（行の削除・追加・変更があります）。",
                    "line {number} does not follow from the one before it: something was taken out, put in or changed"
                ));
            }
            notices.lines.push(line.to_owned());
        }
        Ok(notices)
    }

    /// The hash of the last line; of an empty log the hash of nothing. Who keeps it elsewhere knows when the end is cut off, too.
    #[must_use]
    pub fn seal(&self) -> String {
        hash(self.lines.last().map_or(&[][..], |line| line.as_bytes()))
    }

    /// How many notices there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Adds a notice at the end.
    pub fn add(&mut self, notice: &Notice) {
        let value = json!({
            "at": notice.at,
            "by": notice.by,
            "to": notice.to,
            "text": notice.text,
            "findings": notice.findings,
            "before": self.seal(),
        });
        self.lines.push(value.to_string());
    }

    /// The log as it is written.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.lines.iter().flat_map(|line| [line.as_bytes(), b"\n"].concat()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(text: &str) -> Notice {
        let [at, by, to] = ["2026-11-22T10:30", "情報政策課", "委託先"].map(str::to_owned);
        Notice { at, by, to, text: text.to_owned(), findings: vec!["6d06195badfa21ad".to_owned()] }
    }

    #[test]
    fn nothing_can_be_taken_out_put_in_or_changed() {
        let mut log = Notices::default();
        for text in ["one", "two\nlines", "three"] {
            log.add(&notice(text));
        }
        let bytes = log.bytes();
        assert_eq!(Notices::read(&bytes).as_ref(), Ok(&log));
        let lines: Vec<&str> = std::str::from_utf8(&bytes).unwrap().lines().collect();
        assert_eq!(lines.len(), 3, "a notice of two lines is one line");
        let broken = [
            [lines[0], lines[2]].join("\n"),
            [lines[1], lines[2]].join("\n"),
            [lines[0], lines[0], lines[1], lines[2]].join("\n"),
            bytes.iter().map(|b| char::from(*b)).collect::<String>().replace("one", "ONE"),
        ];
        for text in broken {
            assert!(Notices::read(text.as_bytes()).is_err(), "{text}");
        }
        // The end cut off is seen by who knows the seal.
        let cut = Notices::read([lines[0], lines[1]].join("\n").as_bytes()).unwrap();
        assert_ne!(cut.seal(), log.seal());
    }
}

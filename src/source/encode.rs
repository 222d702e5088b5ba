//! Text to bytes, as a given file was written.

use super::decode::Encoding;

/// The text in the encoding of `given`, with its byte order mark, and with its carriage returns on the same lines; `None` when the encoding
/// has no such character, or `given` is no text file.
#[must_use]
pub fn encode_like(text: &str, given: &[u8], encoding: Encoding) -> Option<Vec<u8>> {
    let (raw, mark): (String, &[u8]) = match encoding {
        Encoding::Utf8 => match given.strip_prefix(b"\xEF\xBB\xBF") {
            Some(body) => (String::from_utf8(body.to_vec()).ok()?, b"\xEF\xBB\xBF"),
            None => (String::from_utf8(given.to_vec()).ok()?, b""),
        },
        Encoding::Utf16 => {
            let (encoding, length) = encoding_rs::Encoding::for_bom(given)?;
            (
                encoding.decode_without_bom_handling(given.get(length..)?).0.into_owned(),
                given.get(..length)?,
            )
        }
        Encoding::Cp932 => (encoding_rs::SHIFT_JIS.decode(given).0.into_owned(), b""),
        Encoding::Workbook => return None,
    };
    let mut ends = raw.split('\n').map(|line| line.ends_with('\r'));
    let lines: Vec<String> = text
        .split('\n')
        .map(
            |line| if ends.next().unwrap_or(false) { format!("{line}\r") } else { line.to_owned() },
        )
        .collect();
    let text = lines.join("\n");
    let body = match encoding {
        Encoding::Utf16 if mark == b"\xFE\xFF" => {
            text.encode_utf16().flat_map(u16::to_be_bytes).collect()
        }
        Encoding::Utf16 => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        Encoding::Cp932 => {
            let (bytes, _, broken) = encoding_rs::SHIFT_JIS.encode(&text);
            if broken {
                return None;
            }
            bytes.into_owned()
        }
        Encoding::Utf8 | Encoding::Workbook => text.into_bytes(),
    };
    Some([mark, &body].concat())
}

#[cfg(test)]
mod tests {
    use super::super::Sources;
    use super::*;

    #[test]
    fn a_file_comes_back_as_it_was() {
        let text = "霞町\r\nany\nend\r\n";
        let utf16 = |mark: char| -> Vec<u8> {
            format!("{mark}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect()
        };
        let big: Vec<u8> =
            format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_be_bytes).collect();
        let cp932 = encoding_rs::SHIFT_JIS.encode(text).0.into_owned();
        for given in [
            text.as_bytes().to_vec(),
            format!("\u{feff}{text}").into_bytes(),
            utf16('\u{feff}'),
            big,
            cp932,
        ] {
            let mut sources = Sources::default();
            let id = sources.add("fw.conf", &given).unwrap();
            let file = sources.file(id);
            assert_eq!(encode_like(file.text(), &given, file.encoding()), Some(given.clone()));
        }
        let cp932 = encoding_rs::SHIFT_JIS.encode(text).0;
        assert_eq!(encode_like("\u{1f980}", &cp932, Encoding::Cp932), None);
    }
}

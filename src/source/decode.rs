//! Bytes to text: UTF-8, UTF-16 and CP932, with the noise of terminals taken out.

use super::workbook::WorkbookError;
use crate::text;
use crate::text::Text;

/// The longest line that is read, in bytes; no device writes one as long. JSON, which tools print on one line, has no limit.
pub(super) const LINE_LIMIT: usize = 1 << 20;
/// The largest file that is read, in bytes.
pub(super) const FILE_LIMIT: usize = 1 << 30;

/// How a file was encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// UTF-16, either byte order.
    Utf16,
    /// Windows code page 932 (Shift_JIS with extensions).
    Cp932,
    /// A sheet of a workbook.
    Workbook,
}

impl Encoding {
    /// The name for reports.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Encoding::Utf8 => "utf-8",
            Encoding::Utf16 => "utf-16",
            Encoding::Cp932 => "cp932",
            Encoding::Workbook => "xlsx",
        }
    }
}

/// Why bytes could not be read as a text file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceError {
    /// Zero bytes or control characters: not a text file.
    Binary {
        /// 1-based line of the first such byte.
        line: u32,
    },
    /// Neither UTF-8 nor UTF-16 nor CP932.
    Encoding {
        /// 1-based line of the first byte that fits none.
        line: u32,
    },
    /// A line longer than 1 MiB.
    LongLine {
        /// 1-based line.
        line: u32,
    },
    /// A file larger than 1 GiB.
    LargeFile,
    /// A workbook that could not be opened.
    Workbook(WorkbookError),
}

impl SourceError {
    /// The 1-based line that causes it; 1 when the whole file does.
    #[must_use]
    pub fn line(&self) -> u32 {
        match self {
            SourceError::Binary { line }
            | SourceError::Encoding { line }
            | SourceError::LongLine { line } => *line,
            SourceError::LargeFile | SourceError::Workbook(_) => 1,
        }
    }

    /// What is wrong and what to do about it.
    #[must_use]
    pub fn message(&self) -> Text {
        match self {
            SourceError::Binary { .. } => text!(
                "テキストファイルではありません（制御文字を含みます）。機器の設定をテキスト形式で出力し直してください。",
                "not a text file (it holds control bytes); export the configuration as plain text"
            ),
            SourceError::Encoding { .. } => text!(
                "文字コードを判別できません（UTF-8、UTF-16、CP932 のいずれでもありません）。UTF-8 で保存し直してください。",
                "the encoding is neither UTF-8 nor UTF-16 nor CP932; save the file as UTF-8"
            ),
            SourceError::LongLine { .. } => text!(
                "1行が長すぎます（上限 1 MiB）。設定ファイルであることを確認してください。",
                "the line is longer than 1 MiB; check that this is a configuration export"
            ),
            SourceError::LargeFile => {
                text!("ファイルが大きすぎます（上限 1 GiB）。", "the file is larger than 1 GiB")
            }
            SourceError::Workbook(error) => error.message(),
        }
    }
}

/// Decodes and cleans.
pub(super) fn decode(bytes: &[u8]) -> Result<(String, Encoding), SourceError> {
    if bytes.len() > FILE_LIMIT {
        return Err(SourceError::LargeFile);
    }
    let (text, encoding) = to_text(bytes)?;
    let text = clean(text);
    let short = || text.split('\n').all(|line| line.len() <= LINE_LIMIT);
    if is_quiet(text.as_bytes()) && (text.len() <= LINE_LIMIT || short()) {
        return Ok((text, encoding));
    }
    let json = text.trim_start().starts_with(['{', '[']);
    for (index, line) in text.split('\n').enumerate() {
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        if line.len() > LINE_LIMIT && !json {
            return Err(SourceError::LongLine { line: number });
        }
        if line.chars().any(|c| c.is_control() && c != '\t') {
            return Err(SourceError::Binary { line: number });
        }
    }
    Ok((text, encoding))
}

fn to_text(bytes: &[u8]) -> Result<(String, Encoding), SourceError> {
    if let Some((encoding, _)) =
        encoding_rs::Encoding::for_bom(bytes).filter(|(e, _)| *e != encoding_rs::UTF_8)
    {
        let (text, broken) = encoding.decode_with_bom_removal(bytes);
        return if broken {
            Err(SourceError::Encoding { line: 1 })
        } else {
            Ok((text.into_owned(), Encoding::Utf16))
        };
    }
    let body = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(body) {
        return Ok((text.to_owned(), Encoding::Utf8));
    }
    if let Some(zero) = body.iter().position(|byte| *byte == 0) {
        return Err(SourceError::Binary { line: line_of(body, zero) });
    }
    let (text, _, broken) = encoding_rs::SHIFT_JIS.decode(body);
    if broken {
        let at = std::str::from_utf8(body).map_or_else(|error| error.valid_up_to(), str::len);
        return Err(SourceError::Encoding { line: line_of(body, at) });
    }
    Ok((text.into_owned(), Encoding::Cp932))
}

fn line_of(bytes: &[u8], at: usize) -> u32 {
    let feeds = bytes.iter().take(at).filter(|byte| **byte == b'\n').count();
    u32::try_from(feeds + 1).unwrap_or(u32::MAX)
}

/// Whether UTF-8 text surely holds no control character but tabs and line feeds. What begins with C2 may be one; it is mostly
/// `°` or `§`.
fn is_quiet(text: &[u8]) -> bool {
    let loud =
        |byte: u8| (byte < 0x20 && byte != b'\t' && byte != b'\n') || byte == 0x7F || byte == 0xC2;
    // Without a branch inside a piece many bytes are looked at together.
    text.chunks(1024).all(|piece| !piece.iter().fold(false, |found, byte| found | loud(*byte)))
}

/// Takes out carriage returns, terminal escapes, overstrikes and pager prompts, and makes the end-of-text character visible as
/// terminals do; the number of lines stays.
fn clean(text: String) -> String {
    let noise = ['\r', '\u{1b}', '\u{8}', '\u{c}', '\u{7}', '\u{3}'];
    let noisy = !is_quiet(text.as_bytes()) && text.contains(noise) || text.contains("--More--");
    if !noisy {
        return text;
    }
    let text = if text.contains('\n') { text } else { text.replace('\r', "\n") };
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (body, feed) = line.strip_suffix('\n').map_or((line, ""), |body| (body, "\n"));
        let body = body.trim_end_matches('\r');
        if is_quiet(body.as_bytes()) && !body.contains("More") {
            out.push_str(body);
        } else {
            out.push_str(&clean_line(body));
        }
        out.push_str(feed);
    }
    out
}

/// One line without the carriage returns at its end: escapes go, a backspace takes the character before it, a carriage return starts the line over when text follows.
fn clean_line(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => skip_escape(&mut chars),
            '\u{8}' => {
                out.pop();
            }
            '\r' => {
                if chars.peek().is_some_and(|next| *next != '\r') {
                    out.clear();
                }
            }
            '\u{c}' | '\u{7}' => {}
            // The delimiter of a banner, as terminals show it.
            '\u{3}' => out.push_str("^C"),
            _ => out.push(c),
        }
    }
    for prompt in ["<--- More --->", "--More-- ", "--More--", "---More---"] {
        if let Some(rest) = out.trim_start().strip_prefix(prompt) {
            return rest.trim_start_matches(' ').to_owned();
        }
    }
    out
}

/// Skips the rest of an ANSI escape sequence whose ESC has been taken.
fn skip_escape(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    if chars.next_if_eq(&'[').is_some() {
        for c in chars.by_ref() {
            if ('@'..='~').contains(&c) {
                return;
            }
        }
    } else {
        chars.next();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> String {
        decode(bytes).unwrap().0
    }

    #[test]
    fn encodings() {
        assert_eq!(decode("校務".as_bytes()).unwrap(), ("校務".to_owned(), Encoding::Utf8));
        assert_eq!(decode(b"\xEF\xBB\xBFa").unwrap(), ("a".to_owned(), Encoding::Utf8));
        let (cp932, _, _) = encoding_rs::SHIFT_JIS.encode("校務①");
        assert_eq!(decode(&cp932).unwrap(), ("校務①".to_owned(), Encoding::Cp932));
        let utf16: Vec<u8> = "\u{feff}校".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode(&utf16).unwrap(), ("校".to_owned(), Encoding::Utf16));
    }

    #[test]
    fn what_is_no_text_is_refused_with_its_line() {
        assert_eq!(decode(b"ok\n\x00\x01\xFF").unwrap_err(), SourceError::Binary { line: 2 });
        assert_eq!(decode(b"ok\n\xFD\xFE").unwrap_err(), SourceError::Encoding { line: 2 });
        let long = vec![b'a'; LINE_LIMIT + 1];
        assert_eq!(decode(&long).unwrap_err(), SourceError::LongLine { line: 1 });
        let json = [b"{".as_slice(), &long, b"}"].concat();
        assert!(decode(&json).is_ok(), "JSON may stand on one line");
    }

    #[test]
    fn terminal_noise_goes_and_line_numbers_stay() {
        assert_eq!(text(b"a\r\nb\r\n"), "a\nb\n");
        assert_eq!(text(b"\x1b[1mset\x1b[0m x"), "set x");
        assert_eq!(text(b"--More-- \r         \rset ip 1.2.3.4\n"), "set ip 1.2.3.4\n");
        assert_eq!(text(b"<--- More --->\r              \raccess-list A\n"), "access-list A\n");
        assert_eq!(text(b"abd\x08c"), "abc");
        assert_eq!(text(b"banner motd \x03\nhi\n\x03\n"), "banner motd ^C\nhi\n^C\n");
    }
}

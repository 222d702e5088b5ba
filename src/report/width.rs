//! Text on a terminal, where most Japanese characters take two columns.

/// The columns that `c` takes: 2 for East Asian wide and full-width characters, 0 for combining ones, else 1.
#[must_use]
pub fn char_columns(c: char) -> usize {
    match u32::from(c) {
        0x0300..=0x036f | 0x3099..=0x309a | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f
        | 0x2e80..=0x303e
        | 0x3041..=0x33ff
        | 0x3400..=0x4dbf
        | 0x4e00..=0x9fff
        | 0xa000..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff01..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1f64f
        | 0x1f900..=0x1f9ff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// The columns that `text` takes.
#[must_use]
pub fn columns(text: &str) -> usize {
    text.chars().map(char_columns).sum()
}

/// `text` with blanks behind it up to `width` columns; longer text stays as it is.
#[must_use]
pub fn pad(text: &str, width: usize) -> String {
    let mut out = text.to_owned();
    out.extend(std::iter::repeat_n(' ', width.saturating_sub(columns(text))));
    out
}

/// `text` in lines of at most `width` columns: broken at a blank or beside a wide character, and within a word only when the
/// word alone is longer than a line. A closing mark (、。」）) never begins a line. Always at least one line.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(8);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for piece in pieces(text) {
        let size = columns(piece);
        let Some(line) = lines.last_mut() else { break };
        if used + columns(piece.trim_end()) <= width {
            line.push_str(piece);
            used += size;
        } else if size <= width {
            lines.push(piece.to_owned());
            used = size;
        } else {
            used = push_long(&mut lines, piece, width, used);
        }
    }
    for line in &mut lines {
        line.truncate(line.trim_end().len());
    }
    lines.retain(|line| !line.is_empty());
    if lines.is_empty() { vec![String::new()] } else { lines }
}

/// Adds a piece that fits on no line, character by character; the columns used on the last line.
fn push_long(lines: &mut Vec<String>, piece: &str, width: usize, mut used: usize) -> usize {
    for c in piece.chars() {
        if used + char_columns(c) > width {
            lines.push(String::new());
            used = 0;
        }
        if let Some(line) = lines.last_mut() {
            line.push(c);
            used += char_columns(c);
        }
    }
    used
}

/// The text cut wherever a line may end.
#[must_use]
pub fn pieces(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut start = 0;
    let mut before: Option<char> = None;
    for (at, c) in text.char_indices() {
        if before.is_some_and(|before| may_break(before, c)) {
            out.push(text.get(start..at).unwrap_or(""));
            start = at;
        }
        before = Some(c);
    }
    out.push(text.get(start..).unwrap_or(""));
    out
}

fn may_break(before: char, after: char) -> bool {
    if matches!(after, '、' | '。' | '」' | '）' | '・' | 'ー' | '，' | '．' | ')' | ',' | '.')
    {
        return false;
    }
    if matches!(before, '「' | '（' | '(') {
        return false;
    }
    (before == ' ' && after != ' ') || char_columns(before) == 2 || char_columns(after) == 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(columns("関所 a"), 6);
        assert_eq!(columns("ｱ"), 1);
        assert_eq!(pad("関", 4), "関  ");
    }

    #[test]
    fn lines_are_never_wider_than_asked_and_nothing_is_lost() {
        let text = "DMZ から個人情報保護ネットワークへ、すべての通信が許可されています（policy 4）。 long-word-without-any-blank-in-it";
        for width in [10, 17, 40, 200] {
            let lines = wrap(text, width);
            assert!(lines.iter().all(|line| columns(line) <= width + 2), "{width} {lines:?}");
            let joined: String = lines.concat().replace(' ', "");
            assert_eq!(joined, text.replace(' ', ""));
            assert!(lines.iter().all(|line| !line.starts_with(['、', '。'])), "{lines:?}");
        }
    }

    #[test]
    fn empty_text_is_one_empty_line() {
        assert_eq!(wrap("", 20), [""]);
        assert_eq!(wrap("   ", 20), [""]);
    }
}

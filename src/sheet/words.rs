//! How people write: width, dashes, marks for "as above", words for "any", yes and no.

use super::grid::BREAK;
use unicode_normalization::UnicodeNormalization;

/// The text with full-width letters, digits and punctuation made plain, invisible characters gone and blanks trimmed.
#[must_use]
pub fn plain(text: &str) -> String {
    if text.is_ascii() {
        return text.trim().to_owned();
    }
    let folded: String = text
        .nfkc()
        .filter(|c| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{2060}'))
        .map(|c| match c {
            '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '─' => '-',
            '〜' | '∼' | '⁓' => '~',
            '。' => '.',
            _ => c,
        })
        .collect();
    let mut out = String::with_capacity(folded.len());
    let numeric = |c: Option<&char>| c.is_some_and(|c| c.is_ascii_digit() || ".*/".contains(*c));
    let mut chars = folded.chars().peekable();
    let mut before = None;
    while let Some(c) = chars.next() {
        // A long-vowel mark between digits, or alone, was meant as a dash.
        let dash = c == 'ー'
            && (numeric(before.as_ref()) && numeric(chars.peek())
                || before.is_none() && chars.peek().is_none());
        out.push(if dash { '-' } else { c });
        before = Some(c);
    }
    out.trim().to_owned()
}

/// [`plain`] in lower case without blanks: what names and words are compared by.
#[must_use]
pub fn key(text: &str) -> String {
    plain(text).to_lowercase().chars().filter(|c| !c.is_whitespace()).collect()
}

/// Where a cell says that it is as another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ditto {
    /// As the cell above.
    Above,
    /// As the cell to the left.
    Left,
}

/// Whether a cell says so.
#[must_use]
pub fn ditto(text: &str) -> Option<Ditto> {
    match key(text).as_str() {
        "〃" | "同上" | "々" | "〻" | "\"" | "''" | "sameasabove" | "ditto" => {
            Some(Ditto::Above)
        }
        "同左" | "sameasleft" => Some(Ditto::Left),
        _ => None,
    }
}

/// Whether a cell stands for everything.
#[must_use]
pub fn is_any(text: &str) -> bool {
    matches!(
        key(text).as_str(),
        "any"
            | "all"
            | "*"
            | "-"
            | "--"
            | "すべて"
            | "全て"
            | "全部"
            | "全"
            | "任意"
            | "制限なし"
            | "制限無し"
            | "指定なし"
            | "指定無し"
            | "全許可"
            | "全ポート"
            | "全サービス"
            | "全アドレス"
            | "全プロトコル"
            | "すべてのサービス"
            | "全てのサービス"
            | "any/any"
            | "anyany"
            | "ip"
    ) || is_rest(text)
}

/// Whether a cell stands for everything that the rows above do not speak of.
#[must_use]
pub fn is_rest(text: &str) -> bool {
    matches!(
        key(text).as_str(),
        "その他すべて"
            | "その他全て"
            | "その他全部"
            | "その他"
            | "その他の通信"
            | "その他すべての通信"
            | "その他全ての通信"
            | "上記以外"
            | "上記以外すべて"
            | "上記以外全て"
            | "上記以外の通信"
            | "上記以外すべての通信"
            | "上記以外の全ての通信"
            | "上記以外のすべての通信"
            | "allothers"
            | "others"
            | "anyother"
    )
}

/// What a cell says of a switch.
#[must_use]
pub fn yes_or_no(text: &str) -> Option<bool> {
    match key(text).as_str() {
        "有効" | "enable" | "enabled" | "on" | "yes" | "y" | "true" | "1" | "○" | "〇" | "◯"
        | "●" | "有" | "あり" | "使用" | "使用中" | "active" | "する" | "運用中" | "レ" | "✓"
        | "✔" => Some(true),
        "無効" | "disable" | "disabled" | "off" | "no" | "n" | "false" | "0" | "×" | "✕" | "✖"
        | "x" | "無" | "なし" | "未使用" | "停止" | "停止中" | "inactive" | "しない" | "廃止"
        | "削除" => Some(false),
        _ => None,
    }
}

/// Whether the flow of a rule is let through.
#[must_use]
pub fn action(text: &str) -> Option<bool> {
    match key(text).as_str() {
        "許可" | "permit" | "allow" | "allowed" | "accept" | "pass" | "通過" | "○" | "〇" | "◯"
        | "可" | "許可する" | "ok" | "permitted" | "透過" => Some(true),
        "拒否" | "破棄" | "遮断" | "deny" | "denied" | "drop" | "discard" | "reject" | "block"
        | "×" | "✕" | "✖" | "x" | "不可" | "禁止" | "ng" | "否" | "拒否する" | "不許可" => {
            Some(false)
        }
        _ => None,
    }
}

/// Directions in which a row opens connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// As the columns stand.
    Forward,
    /// Against the columns.
    Backward,
    /// Both.
    Both,
}

/// What a direction cell says.
#[must_use]
pub fn direction(text: &str) -> Option<Direction> {
    match key(text).as_str() {
        "→" | "⇒" | "->" | "=>" | ">" | "片方向" | "一方向" | "単方向" | "oneway" | "one-way"
        | "⟶" | "⇨" => Some(Direction::Forward),
        "←" | "⇐" | "<-" | "<=" | "<" | "⇦" => Some(Direction::Backward),
        "⇔" | "↔" | "⇄" | "⇆" | "<->" | "<=>" | "双方向" | "両方向" | "both" | "two-way"
        | "twoway" | "bidirectional" | "相互" => Some(Direction::Both),
        _ => None,
    }
}

/// Whether a cell holds a dash alone.
#[must_use]
pub fn is_dash(text: &str) -> bool {
    matches!(key(text).as_str(), "-" | "--")
}

/// Whether a cell says that nothing is set.
#[must_use]
pub fn is_none(text: &str) -> bool {
    text.is_empty()
        || matches!(
            key(text).as_str(),
            "-" | "--"
                | "なし"
                | "無し"
                | "無"
                | "none"
                | "n/a"
                | "常時"
                | "always"
                | "無期限"
                | "無効"
                | "しない"
                | "off"
                | "no"
                | "disable"
                | "disabled"
                | "×"
                | "any"
                | "すべて"
                | "全て"
        )
}

/// Whether a cell of periods says that there is none; `無効` and `×` may say so of the rule.
#[must_use]
pub fn is_always(text: &str) -> bool {
    const OUT_OF_FORCE: [&str; 7] = ["無効", "しない", "off", "no", "disable", "disabled", "×"];
    is_none(text) && !OUT_OF_FORCE.contains(&key(text).as_str())
}

/// Whether a remark beside a rule says that it does not apply to everything it names, or not at all.
#[must_use]
pub fn limits_rule(text: &str) -> bool {
    let key = key(text);
    let bare: String = key.chars().filter(|c| !"()[]【】「」※★*".contains(*c)).collect();
    let alone = ["廃止", "停止", "削除", "未使用", "disabled", "inactive"];
    // `上記以外はすべて拒否` says what the row says.
    let rest = key.contains("上記以外") || stated_default(text).is_some();
    alone.contains(&bare.as_str())
        || [
            "除く",
            "除き",
            "除外",
            "ただし",
            "但し",
            "無効",
            "停止中",
            "廃止済",
            "廃止予定",
            "削除済",
            "削除予定",
            "未適用",
            "未設定",
            "未反映",
            "一部",
            "夜間",
            "平日",
            "休日",
            "土日",
            "except",
            "unless",
            "notapplied",
            "notinforce",
        ]
        .iter()
        .any(|word| key.contains(word))
        || key.contains("以外") && !rest
}

/// The parts of a cell that holds several values; blanks and middle dots do not part them yet.
pub fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split([BREAK, '\n', ',', '、', ';', '､']).map(str::trim).filter(|part| !part.is_empty())
}

/// Words inside a note that would change what the table means.
#[must_use]
pub fn bears_policy(text: &str) -> bool {
    let key = key(text);
    let speaks = |words: &[&str]| words.iter().any(|word| key.contains(word));
    speaks(&[
        "以外",
        "その他",
        "除く",
        "除き",
        "記載のない",
        "記載なき",
        "デフォルト",
        "既定",
        "暗黙",
        "default",
        "implicit",
    ]) && speaks(&[
        "許可", "拒否", "遮断", "破棄", "通過", "禁止", "permit", "allow", "accept", "deny",
        "drop", "reject",
    ])
}

/// What a note says about packets that no row matches, when it says so clearly.
#[must_use]
pub fn stated_default(text: &str) -> Option<bool> {
    if !bears_policy(text) {
        return None;
    }
    let key = key(text);
    let permits =
        ["許可", "通過", "permit", "allow", "accept"].iter().any(|word| key.contains(word));
    let denies = ["拒否", "遮断", "破棄", "禁止", "deny", "drop", "reject"]
        .iter()
        .any(|word| key.contains(word));
    let clear = [
        "以外は",
        "以外の",
        "上記以外",
        "記載のない",
        "記載なき",
        "既定",
        "デフォルト",
        "default",
        "暗黙",
        "implicit",
        "その他すべて",
        "その他全て",
        "その他の通信は",
    ];
    let odd = [
        "除く",
        "除き",
        "ない場合",
        "ただし",
        "一部",
        "except",
        "しない",
        "していない",
        "されない",
        "notpermit",
        "notallow",
        "notdeny",
        "notdrop",
        "notreject",
        "cannot",
        "unless",
    ];
    let says = |words: &[&str]| words.iter().any(|word| key.contains(word));
    if !says(&clear) || says(&odd) || permits == denies {
        return None;
    }
    Some(permits)
}

/// The name of a column as Excel writes it: `A`, `B`, … `AA`.
#[must_use]
pub fn column_name(index: usize) -> String {
    let mut rest = index + 1;
    let mut letters = Vec::new();
    while rest > 0 {
        let digit = u8::try_from((rest - 1) % 26).unwrap_or(0);
        letters.push(char::from(b'A' + digit));
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_and_dashes_do_not_matter() {
        assert_eq!(plain("１９２．１６８．１．０／２４"), "192.168.1.0/24");
        assert_eq!(plain("10.0.0.1ー10.0.0.9"), "10.0.0.1-10.0.0.9");
        assert_eq!(plain("サーバー"), "サーバー");
        assert_eq!(key("ＨＴＴＰ （Ｓ）"), "http(s)");
        assert!(is_any("ＡＮＹ") && is_any("すべて") && is_any("－") && !is_any(""));
    }

    #[test]
    fn notes_that_state_the_default() {
        assert_eq!(stated_default("※本表に記載のない通信は全て拒否"), Some(false));
        assert_eq!(stated_default("既定の動作: 許可"), Some(true));
        assert_eq!(stated_default("上記以外は許可しない"), None);
        assert_eq!(stated_default("許可通信一覧"), None);
    }

    #[test]
    fn columns_are_lettered() {
        assert_eq!(
            (column_name(0), column_name(25), column_name(26)),
            ("A".into(), "Z".into(), "AA".into())
        );
    }
}

//! What terminals and configuration files hold besides commands.

use super::super::Ledger;
use super::super::commands::{is_prompt, typed};
use super::super::lines::{Block, ConfigLine, Lines, blocks as group};

/// The commands of a file with what is indented below them; separators, comments, prompts and pagers are set aside.
pub(in crate::formats) fn blocks<'a>(
    lines: &'a Lines<'_>,
    ledger: &mut Ledger<'_>,
) -> Vec<Block<'a>> {
    let mut kept = Vec::new();
    for line in lines.all() {
        if typed(&line, ledger) {
            continue;
        }
        if is_noise(&line) {
            ledger.irrelevant(line.span);
        } else {
            kept.push(line);
        }
    }
    group(kept)
}

fn is_noise(line: &ConfigLine<'_>) -> bool {
    let heads = [
        "Building configuration",
        "Current configuration",
        "show running-config",
        "show startup-config",
        "sh run",
        "terminal length",
        "terminal pager",
        "set terminal pager",
        "--More--",
        "Press any key",
    ];
    line.text.starts_with(['!', '#'])
        || line.indent == 0
            && (matches!(line.text, "end" | "enable" | "configure" | "configure terminal")
                || heads.iter().any(|head| line.text.starts_with(head))
                || is_prompt(line.word(0)))
        || matches!(line.text, "exit" | "exit-address-family")
}

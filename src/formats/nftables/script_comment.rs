//! Comments that belong to a rule: its handle, and what `nft` prints as a comment because it has no words for it.

use super::lex::{Kind, Token};
use super::tree::{Statement, Verdict};

/// The number in a comment `# handle 12`, which `nft -a` prints.
pub(super) fn handle(part: &[Token<'_>]) -> Option<u64> {
    let comment = part.last().filter(|token| token.kind == Kind::Comment)?;
    let (_, number) = comment.text.rsplit_once("handle ")?;
    number.trim().parse().ok()
}

/// Whether the comment stands where `nft` could not print an extension of iptables; the rule goes on behind it.
pub(super) fn unprinted(token: &Token<'_>) -> bool {
    token.kind == Kind::Comment && token.text.starts_with("# xt_")
}

/// The comment that ends the line of a rule, when it may hold statements of the rule. `ends`: whether the rule has said what
/// becomes of the packet, behind which nothing is printed.
pub(super) fn hidden<'t, 'a>(part: &'t [Token<'a>], ends: bool) -> Option<&'t Token<'a>> {
    let comment = part.last().filter(|token| token.kind == Kind::Comment)?;
    let words: Vec<&str> = comment.text.split_ascii_whitespace().collect();
    let own = match words.as_slice() {
        [own @ .., "#", "handle", _] => own,
        own => own,
    };
    let names = ["# match ", "# target ", "#reject-with"];
    let verdict = matches!(
        own,
        [.., "accept" | "drop" | "return" | "continue" | "reject"] | [.., "jump" | "goto", _]
    );
    let suspect = unprinted(comment)
        || names.iter().any(|name| comment.text.starts_with(name))
        || own.windows(2).any(|pair| pair == ["counter", "packets"])
        || verdict;
    (suspect && !ends).then_some(comment)
}

/// Whether nothing of a rule is met behind the statement.
pub(super) fn ends(statement: &Statement) -> bool {
    match statement {
        Statement::Verdict(verdict) => *verdict != Verdict::Continue,
        Statement::Reject(_) | Statement::Nat(_) | Statement::Vmap { .. } => true,
        _ => false,
    }
}

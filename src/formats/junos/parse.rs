//! Text to tree: `show configuration`, `show configuration | display set`, and scripts of set commands, also mixed.

use super::lex::{Lexer, Token};
use super::tree::{NodeId, Tree, Word};
use crate::formats::Ledger;
use crate::source::{File, FileId, Span};
use crate::text;

/// Commands that change the configuration, one a line.
const VERBS: &[&str] = &[
    "set",
    "delete",
    "deactivate",
    "activate",
    "protect",
    "unprotect",
    "rename",
    "insert",
    "annotate",
    "edit",
    "up",
    "top",
    "exit",
    "quit",
    "commit",
    "configure",
    "show",
    "run",
    "wildcard",
    "copy",
    "load",
    "replace",
    "rollback",
];

struct Parser<'a, 'l> {
    file: FileId,
    tree: Tree<'a>,
    ledger: &'l mut Ledger<'a>,
    /// Open blocks: the container, its depth in words, and where it was opened.
    open: Vec<(NodeId, usize, Span)>,
    /// The words of a statement that is not finished, and whether its last words are a list.
    words: Vec<Word<'a>>,
    values: Vec<Word<'a>>,
    in_list: bool,
    in_comment: bool,
    /// Where `edit` commands have gone.
    edit: Vec<Word<'a>>,
    /// Where they were given, the last one at the end: `exit` goes back there.
    levels: Vec<Vec<Word<'a>>>,
    /// Whether `exit` at the top has left the configuration.
    left: bool,
    /// Whether what follows is what a command at a prompt has printed: its paths are whole.
    printed: bool,
}

/// Reads the file; every line that brings no statement has its account afterwards.
pub(super) fn parse<'a>(file: FileId, input: &'a File, ledger: &mut Ledger<'a>) -> Tree<'a> {
    let origin = Span { file, start: 0, end: 0 };
    let mut parser = Parser {
        file,
        tree: Tree::new(origin),
        ledger,
        open: Vec::new(),
        words: Vec::new(),
        values: Vec::new(),
        in_list: false,
        in_comment: false,
        edit: Vec::new(),
        levels: Vec::new(),
        left: false,
        printed: false,
    };
    let mut base = 0;
    for raw in input.text().split_inclusive('\n') {
        parser.line(raw.trim_end(), base);
        base += raw.len();
    }
    parser.finish();
    parser.tree
}

impl<'a> Parser<'a, '_> {
    fn line(&mut self, line: &'a str, base: usize) {
        let text = line.trim_start();
        if text.is_empty() {
            return;
        }
        let start = base + (line.len() - text.len());
        let at = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        let span = Span { file: self.file, start: at(start), end: at(start + text.len()) };
        let free = self.open.is_empty() && self.words.is_empty() && !self.in_comment;
        if is_noise(text) && !self.in_comment {
            self.ledger.irrelevant(span);
            return;
        }
        let (text, start) = match without_prompt(text).filter(|_| free) {
            Some("") => {
                self.printed = true;
                return self.ledger.irrelevant(span);
            }
            Some(rest) => {
                self.printed = false;
                (rest, start + (text.len() - rest.len()))
            }
            None => (text, start),
        };
        let first = text.split_ascii_whitespace().next().unwrap_or("");
        let block = text.ends_with(['{', ';']);
        if !self.words.is_empty() && !self.in_comment {
            // Every statement stands on one line: something was cut off or wrapped.
            self.ledger.unknown(span, unbalanced(), false);
            if self.open.is_empty() && VERBS.contains(&first) && !block {
                self.drop_pending();
            }
        }
        let free = self.open.is_empty() && self.words.is_empty() && !self.in_comment;
        if free && VERBS.contains(&first) && !block {
            self.command(Lexer::new(self.file, text, start), span);
        } else {
            self.tokens(Lexer::new(self.file, text, start), span);
        }
    }

    /// Gives up a statement that does not end.
    fn drop_pending(&mut self) {
        if let (Some(first), Some(last)) = (self.words.first(), self.words.last()) {
            let span = first.span.to(self.values.last().unwrap_or(last).span);
            self.ledger.unknown(span, unbalanced(), false);
        }
        self.words.clear();
        self.values.clear();
        self.in_list = false;
    }

    fn tokens(&mut self, mut lexer: Lexer<'a>, line: Span) {
        if self.in_comment {
            self.ledger.irrelevant(line);
            self.in_comment = !lexer.end_comment();
            if self.in_comment {
                return;
            }
        }
        let mut found = false;
        while let Some(token) = lexer.next() {
            found |= !matches!(token, Token::Comment);
            match token {
                Token::Comment => self.in_comment = !lexer.end_comment(),
                Token::Word(word) if self.in_list => self.values.push(word),
                Token::Word(word) => self.words.push(word),
                Token::ListOpen => self.in_list = true,
                Token::ListClose => self.in_list = false,
                Token::End(span) => self.statement(span),
                Token::Open(span) => self.block(span),
                Token::Close(span) => self.close(span),
            }
        }
        if lexer.open_string {
            self.ledger.unknown(line, unbalanced(), false);
        }
        if !found {
            self.ledger.irrelevant(line);
        }
    }

    /// The words of the statement that ends at `end`, without prefixes, and whether it is switched off.
    fn take(&mut self, end: Span) -> Option<(Vec<Word<'a>>, Vec<Word<'a>>, bool, Span)> {
        let mut words = std::mem::take(&mut self.words);
        let values = std::mem::take(&mut self.values);
        self.in_list = false;
        let line = words.first().map(|first| first.span.to(end))?;
        let mut inactive = false;
        while let Some(Word { text: prefix @ ("inactive:" | "protect:" | "replace:"), .. }) =
            words.first()
        {
            inactive |= *prefix == "inactive:";
            words.remove(0);
        }
        Some((words, values, inactive, line))
    }

    fn here(&self) -> (NodeId, usize) {
        self.open.last().map_or((Tree::ROOT, 0), |(node, depth, _)| (*node, *depth))
    }

    fn statement(&mut self, end: Span) {
        let Some((words, values, inactive, line)) = self.take(end) else {
            return self.ledger.irrelevant(end);
        };
        let (base, depth) = self.here();
        let Some(path) = self.tree.insert(base, depth, &words, &values, line) else {
            return self.too_deep(line);
        };
        self.ledger.irrelevant(line);
        if inactive {
            // `X except;` and `X to Y;` are entries of a list: the first word is what is switched off.
            let entry = words.get(1).is_some_and(|word| matches!(word.text, "except" | "to"));
            let level = if words.len() < 2 || !values.is_empty() || entry { 0 } else { 1 };
            if let Some(node) = path.get(level) {
                self.tree.set_inactive(*node, true);
            }
        }
    }

    fn block(&mut self, brace: Span) {
        let (base, depth) = self.here();
        let Some((words, values, inactive, line)) = self.take(brace) else {
            self.ledger.unknown(brace, unbalanced(), false);
            return self.open.push((base, depth, brace));
        };
        let Some(path) = self.tree.insert(base, depth, &words, &values, line) else {
            self.too_deep(line);
            return self.open.push((base, depth, brace));
        };
        self.ledger.irrelevant(line);
        let node = path.last().copied().unwrap_or(base);
        if inactive {
            self.tree.set_inactive(node, true);
        }
        self.open.push((node, depth + words.len(), brace));
    }

    fn close(&mut self, brace: Span) {
        if !self.words.is_empty() {
            // The last statement of a block without its semicolon: a line was cut.
            let end = self.words.last().map_or(brace, |word| word.span);
            self.ledger.unknown(end, unbalanced(), false);
            self.statement(end);
        }
        match self.open.pop() {
            Some(_) => self.ledger.irrelevant(brace),
            None => self.ledger.unknown(brace, unbalanced(), false),
        }
    }

    fn too_deep(&mut self, line: Span) {
        let reason = text!("階層が深すぎるため読み取れません。", "nested too deeply to be read");
        self.ledger.unknown(line, reason, false);
    }

    fn finish(&mut self) {
        if let Some((_, _, brace)) = self.open.first().copied() {
            let reason = text!(
                "このブロックは閉じられないままファイルが終わっています。出力が途中で切れている可能性があります。",
                "the file ends inside this block; the export may be cut off"
            );
            self.ledger.unknown(brace, reason, false);
        }
        self.drop_pending();
    }

    /// One command of a script.
    fn command(&mut self, mut lexer: Lexer<'a>, line: Span) {
        let (mut words, mut values, mut list) = (Vec::new(), Vec::new(), false);
        for token in &mut lexer {
            match token {
                Token::Word(word) if list => values.push(word),
                Token::Word(word) => words.push(word),
                Token::ListOpen => list = true,
                Token::ListClose => list = false,
                _ => return self.ledger.unknown(line, strange(), false),
            }
        }
        if lexer.open_string {
            self.ledger.unknown(line, unbalanced(), false);
        }
        self.apply(&words, &values, line);
    }

    /// A command by its words; `values` is the list in brackets at its end.
    fn apply(&mut self, words: &[Word<'a>], values: &[Word<'a>], line: Span) {
        let Some((verb, rest)) = words.split_first() else { return };
        if self.walk(words, values, line) {
            return;
        }
        let changes = !matches!(verb.text, "protect" | "unprotect" | "annotate" | "show" | "run");
        if verb.text == "show" && self.left {
            self.printed = true;
        }
        if self.left && changes && !self.printed {
            // Behind the `exit` of a session these are other commands, or none.
            return self.ledger.unknown(line, strange(), false);
        }
        let joined;
        let path: &[Word<'a>] = if self.edit.is_empty() || self.printed {
            rest
        } else {
            joined = [self.edit.as_slice(), rest].concat();
            &joined
        };
        match verb.text {
            "set" if !rest.is_empty() => {
                match self.tree.insert(Tree::ROOT, 0, path, values, line) {
                    Some(_) => self.ledger.irrelevant(line),
                    None => self.too_deep(line),
                }
            }
            "deactivate" | "activate" | "delete" => {
                let node = self.tree.locate(Tree::ROOT, path).filter(|_| values.is_empty());
                match (verb.text, node) {
                    (_, Some(Tree::ROOT)) => {
                        return self.ledger.unknown(line, strange(), false);
                    }
                    ("delete", Some(node)) => self.tree.remove(node),
                    (verb, Some(node)) => self.tree.set_inactive(node, verb == "deactivate"),
                    // Nothing of that name is there: the command changes nothing.
                    (_, None) if values.is_empty() => {}
                    _ => return self.ledger.unknown(line, strange(), false),
                }
                self.ledger.used(line);
            }
            "rename" | "insert" => self.moved(verb.text, path, line),
            "protect" | "unprotect" | "annotate" | "show" | "run" => self.ledger.irrelevant(line),
            _ => self.ledger.unknown(line, strange(), false),
        }
    }

    /// Commands that only move through the hierarchy; `false` for any other.
    fn walk(&mut self, words: &[Word<'a>], values: &[Word<'a>], line: Span) -> bool {
        let Some((verb, rest)) = words.split_first() else { return false };
        match (verb.text, rest) {
            ("edit", rest) => {
                let here = self.edit.clone();
                self.edit.extend_from_slice(rest);
                self.levels.push(here);
                self.left = false;
            }
            ("configure", _) => self.reset(false),
            ("top", []) => self.reset(self.left),
            ("top", [Word { text: "edit", .. }, rest @ ..]) => {
                // Whether `exit` then goes back to the top or to here is not said anywhere.
                let sure = self.edit.is_empty();
                self.levels = if sure { vec![Vec::new()] } else { Vec::new() };
                self.edit = rest.to_vec();
            }
            ("top", [Word { text: "top" | "up" | "exit" | "quit", .. }, ..]) => return false,
            ("top", rest) => {
                let here = std::mem::take(&mut self.edit);
                self.apply(rest, values, line);
                self.edit = here;
                return true;
            }
            ("exit" | "quit", []) => match self.levels.pop() {
                Some(level) => self.edit = level,
                // Nothing to go back to: the session is over.
                None => self.reset(true),
            },
            ("exit" | "quit", _) => self.reset(true),
            ("commit", words) => {
                if words.iter().any(|word| word.text == "and-quit") {
                    self.reset(true);
                }
            }
            ("up", words) => return self.up(words, line),
            _ => return false,
        }
        match verb.text {
            "commit" | "configure" => self.ledger.irrelevant(line),
            _ => self.ledger.used(line),
        }
        true
    }

    fn reset(&mut self, left: bool) {
        self.edit.clear();
        self.levels.clear();
        self.left = left;
    }

    /// `up [N]`: a level of the hierarchy has one word or several, so only a climb past every word is sure to end at the top.
    fn up(&mut self, words: &[Word<'a>], line: Span) -> bool {
        let count = match words {
            [] => Some(1),
            [count] => count.text.parse::<usize>().ok(),
            _ => None,
        };
        if count.is_some_and(|count| count >= self.edit.len()) {
            self.reset(self.left);
            self.ledger.irrelevant(line);
        } else {
            self.ledger.unknown(line, strange(), false);
        }
        true
    }

    /// `rename OLD to NEW` and `insert NODE before|after SIBLING`: the last words of both are siblings.
    fn moved(&mut self, verb: &str, path: &[Word<'a>], line: Span) {
        let sign = |word: &Word<'a>| match verb {
            "rename" => word.text == "to",
            _ => matches!(word.text, "before" | "after"),
        };
        let done = (|| {
            let at = path.iter().rposition(sign)?;
            let (from, to) = (path.get(..at)?, path.get(at + 1..)?);
            let node = self.tree.locate(Tree::ROOT, from)?;
            let last = to.last()?;
            if verb == "rename" {
                return self.tree.rename(node, last.text).then_some(());
            }
            let sibling = self.tree.child(self.tree.parent(node)?, last.text)?;
            let before = path.get(at)?.text == "before";
            self.tree.reorder(node, before, sibling).then_some(())
        })();
        match done {
            Some(()) => self.ledger.used(line),
            None => self.ledger.unknown(line, strange(), false),
        }
    }
}

fn strange() -> text::Text {
    text!(
        "このコマンドは解釈できません。機器全体に影響し得るものとして扱います。",
        "this command is not understood; it may change anything on this device"
    )
}

fn unbalanced() -> text::Text {
    text!(
        "括弧または文の区切りが合っていません。設定が欠けている可能性があります。",
        "braces or semicolons do not balance; part of the configuration may be missing"
    )
}

/// Lines that terminals and collectors add: pagers, cluster banners, comments, the hierarchy in brackets.
fn is_noise(text: &str) -> bool {
    let banner = ["{primary", "{secondary", "{master", "{backup", "{linecard", "{hold", "{local"];
    text.starts_with('#')
        || text.starts_with("---(more")
        || text.starts_with("[edit")
        || banner.iter().any(|mark| text.starts_with(mark))
            && (text.ends_with('}') || text.contains("}[edit") && text.ends_with(']'))
}

/// What follows a prompt (`user@host> `): a command that only shows becomes nothing.
fn without_prompt(text: &str) -> Option<&str> {
    let (prompt, rest) = text.split_once(' ').unwrap_or((text, ""));
    if !prompt.contains('@') || !prompt.ends_with(['>', '#', '%']) {
        return None;
    }
    let rest = rest.trim_start();
    let verb = rest.split_ascii_whitespace().next().unwrap_or("");
    // `exit` at the prompt of the configuration leaves a level of it, elsewhere it closes the session.
    let leaves = matches!(verb, "exit" | "quit") && !prompt.ends_with('#');
    let changes = VERBS.contains(&verb) && !matches!(verb, "show" | "run") && !leaves;
    Some(if changes { rest } else { "" })
}

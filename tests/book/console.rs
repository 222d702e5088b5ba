//! Console blocks of a page: commands behind `$ `, and beneath each what it shows. `[…]` stands for what is left out: alone on a
//! line for any number of lines, within a line for any characters.

/// What stands for something left out.
pub(crate) const ELISION: &str = "[…]";

/// One command and what the page shows of its output.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// Where the command stands, counted from 1.
    pub(crate) line: usize,
    pub(crate) command: String,
    pub(crate) shown: Vec<String>,
}

impl Step {
    pub(crate) fn is_elided(&self) -> bool {
        self.shown.iter().any(|line| line.contains(ELISION))
    }

    /// Whether it asks for the exit code of the command before it.
    pub(crate) fn asks_status(&self) -> bool {
        self.command == "echo $?"
    }
}

/// Every step of every console block, in order; a block that does not begin with a command is an error.
pub(crate) fn steps(text: &str) -> Result<Vec<Step>, String> {
    let mut steps: Vec<Step> = Vec::new();
    let mut fence: Option<bool> = None;
    let mut begun = false;
    for (number, line) in text.lines().enumerate().map(|(at, line)| (at + 1, line)) {
        if let Some(info) = line.trim_start().strip_prefix("```") {
            fence = if fence.is_some() { None } else { Some(info.trim() == "console") };
            begun = false;
        } else if fence == Some(true) {
            if let Some(command) = line.strip_prefix("$ ") {
                begun = true;
                steps.push(Step { line: number, command: command.to_owned(), shown: Vec::new() });
            } else if let (true, Some(step)) = (begun, steps.last_mut()) {
                step.shown.push(line.to_owned());
            } else {
                return Err(format!("line {number}: a console block begins with `$ `"));
            }
        }
    }
    Ok(steps)
}

/// Whether the output is what is shown, up to what is left out.
pub(crate) fn matches(shown: &[String], output: &[&str]) -> bool {
    let Some((first, rest)) = shown.split_first() else { return output.is_empty() };
    if first == ELISION {
        return (0..=output.len()).any(|skipped| matches(rest, &output[skipped..]));
    }
    output.split_first().is_some_and(|(line, others)| is_line(first, line) && matches(rest, others))
}

fn is_line(shown: &str, line: &str) -> bool {
    let mut parts = shown.split(ELISION);
    let Some(mut left) = line.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return left.is_empty() };
    for part in parts {
        let Some(at) = left.find(part) else { return false };
        left = &left[at + part.len()..];
    }
    left.ends_with(last)
}

/// The page with other output beneath one step.
pub(crate) fn with_output(text: &str, step: &Step, output: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let (before, after) = lines.split_at(step.line);
    let after = &after[step.shown.len()..];
    let all = before.iter().copied().chain(output.lines()).chain(after.iter().copied());
    all.map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn commands_and_what_they_show_are_told_apart() {
        let page = "x\n```console\n$ a b\none\n\n$ c\n```\n```yaml\n$ no\n```\n";
        let found = steps(page).unwrap();
        let commands: Vec<_> =
            found.iter().map(|step| (step.line, step.command.as_str())).collect();
        assert_eq!(commands, [(3, "a b"), (6, "c")]);
        assert_eq!(found[0].shown, ["one", ""]);
        assert!(steps("```console\na b\n```\n").is_err(), "no prompt");
        assert!(
            steps("```console\n$ a\n```\n```console\nout\n```\n").is_err(),
            "a block of output alone"
        );
    }

    #[test]
    fn what_is_left_out_matches_and_nothing_else() {
        let output = ["one", "two three", "four"];
        for right in [
            &["one", "two three", "four"][..],
            &["[…]"],
            &["one", "[…]"],
            &["[…]", "four", "[…]"],
            &["one", "two […]", "four"],
            &["[…]ne", "[…] […]", "f[…]r"],
        ] {
            assert!(matches(&shown(right), &output), "{right:?}");
        }
        for wrong in [
            &["one", "two three"][..],
            &[],
            &["[…]", "five", "[…]"],
            &["four", "[…]", "one"],
            &["one", "two […] three", "four"],
            &["one", "two three", "four", ""],
        ] {
            assert!(!matches(&shown(wrong), &output), "{wrong:?}");
        }
        assert!(matches(&[], &[]));
    }

    #[test]
    fn new_output_replaces_the_old_one_only() {
        let page = "```console\n$ a\nold\nold\n$ b\nkept\n```\nend\n";
        let found = steps(page).unwrap();
        assert_eq!(
            with_output(page, &found[0], "new\n"),
            "```console\n$ a\nnew\n$ b\nkept\n```\nend\n"
        );
    }
}

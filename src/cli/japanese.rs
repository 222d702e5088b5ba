//! Help in Japanese: what clap took from the descriptions of commands and flags, word for word, and its Japanese. A test asks for
//! every one of them; words that are missing here would be shown in English.

mod words;

use clap::Command;
use words::WORDS;

/// The command with its descriptions, and those of its flags and subcommands, in Japanese.
pub(super) fn japanese(command: Command) -> Command {
    let about = command.get_about().and_then(|about| of(&about.to_string()));
    let after = command.get_after_help().and_then(|after| of(&after.to_string()));
    let command = command
        .mut_args(|arg| match arg.get_help().and_then(|help| of(&help.to_string())) {
            Some(help) => arg.help(help),
            None => arg,
        })
        .mut_subcommands(japanese);
    let command = match about {
        Some(about) => command.about(about),
        None => command,
    };
    match after {
        Some(after) => command.after_help(after),
        None => command,
    }
}

/// The Japanese of a description.
fn of(english: &str) -> Option<String> {
    // The list of formats stands at the end of one description.
    if let Some(formats) = english.strip_prefix("What is printed: ") {
        let formats = formats
            .replace("markdown (a card for a pull request)", "markdown（プルリクエスト用のカード）")
            .replace("html (one page)", "html（1ファイルの報告）");
        return Some(format!("出力形式: {formats}"));
    }
    WORDS.iter().find(|(known, _)| *known == english).map(|(_, japanese)| (*japanese).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::arguments::{Arguments, VerifyArguments};
    use clap::CommandFactory;

    fn descriptions(command: &Command) -> Vec<String> {
        let own = [command.get_about(), command.get_after_help()].into_iter().flatten();
        let args = command.get_arguments().filter_map(|arg| arg.get_help());
        let mut all: Vec<String> = own.chain(args).map(ToString::to_string).collect();
        all.extend(command.get_subcommands().flat_map(descriptions));
        all
    }

    #[test]
    fn every_description_has_its_japanese() {
        let missing: Vec<String> = [Arguments::command(), VerifyArguments::command()]
            .iter()
            .flat_map(descriptions)
            .filter(|text| of(text).is_none())
            .collect();
        assert!(missing.is_empty(), "{missing:#?}");
    }

    #[test]
    fn every_word_is_somewhere_in_the_help() {
        let all: Vec<String> = [Arguments::command(), VerifyArguments::command()]
            .iter()
            .flat_map(descriptions)
            .collect();
        let feature = |text: &str| text.starts_with("Font file");
        let unused = WORDS.iter().map(|(english, _)| *english);
        let unused: Vec<_> = unused
            .filter(|text| !feature(text) && !all.iter().any(|known| known == text))
            .collect();
        assert!(unused.is_empty(), "{unused:#?}");
    }

    #[test]
    fn help_is_japanese_throughout() {
        let mut command = japanese(Arguments::command());
        let help = command.render_long_help().to_string();
        assert!(help.contains("方針の規則をすべて判定"), "{help}");
        let check =
            command.find_subcommand_mut("check").map(|check| check.render_long_help().to_string());
        assert!(check.is_some_and(|help| help.contains("出力形式: terminal")));
    }
}

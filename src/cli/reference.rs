//! Every command and flag as a page of Markdown, made of what the parser knows, so that the documentation cannot lie about it.
//! It owns the form of that page; what commands are called and take is theirs.

use std::fmt::Write;

use clap::{Arg, Command, CommandFactory};

use super::Cli;

/// Arguments that every command has; the page says so once.
const OF_ALL: [&str; 3] = ["help", "version", "color"];

/// The page: a heading, a sentence, the usage and a table of arguments for every command that does something.
pub fn reference() -> String {
    let mut root = Cli::command();
    root.build();
    let mut page = String::new();
    sections(&mut page, &root, "civitas");
    page.trim_start().to_owned()
}

/// The words of all commands, in the order of the help: `run`, `experiment`, ...
pub fn commands() -> Vec<String> {
    shown(&Cli::command()).map(|command| command.get_name().to_owned()).collect()
}

fn shown(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|command| !command.is_hide_set() && command.get_name() != "help")
}

/// The sections of a command and of those below it; one that only gathers others has none. The depth is that of the words, so that
/// the call stack is bounded.
fn sections(page: &mut String, command: &Command, words: &str) {
    for below in shown(command) {
        let words = format!("{words} {}", below.get_name());
        if !below.is_subcommand_required_set() {
            section(page, below, &words);
        }
        sections(page, below, &words);
    }
}

fn section(page: &mut String, command: &Command, words: &str) {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").split_whitespace().collect::<Vec<_>>().join(" ");
    // Writing to a string cannot fail.
    let _ = writeln!(page, "\n## {words}\n\n{about}\n\n```text\n{usage}\n```");
    let arguments: Vec<_> = command.get_arguments().filter(|one| !one.is_hide_set() && !is_of_all(one)).collect();
    if arguments.is_empty() {
        return;
    }
    let _ = writeln!(page, "\n| argument | meaning |\n|---|---|");
    for argument in arguments {
        let _ = writeln!(page, "| `{}` | {} |", written(argument), meaning(argument));
    }
}

fn is_of_all(argument: &Arg) -> bool {
    OF_ALL.contains(&argument.get_id().as_str())
}

/// How an argument is written: `--agents N`, or `SCENARIO`.
fn written(argument: &Arg) -> String {
    let takes = argument.get_action().takes_values();
    let names = argument.get_value_names().unwrap_or_default().iter().map(ToString::to_string).collect::<Vec<_>>();
    let value = if names.is_empty() { argument.get_id().to_string().to_uppercase() } else { names.join(" ") };
    let text = match (argument.get_long(), takes) {
        (Some(long), true) => format!("--{long} {value}"),
        (Some(long), false) => format!("--{long}"),
        (None, _) => value,
    };
    text.replace('|', "\\|")
}

/// What it means, with its default and the words that it takes where the sentence does not name them.
fn meaning(argument: &Arg) -> String {
    let mut text = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let mut notes = Vec::new();
    let values: Vec<_> = argument.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
    if argument.get_action().takes_values() && !values.is_empty() && !argument.is_hide_possible_values_set() {
        notes.push(format!("one of {}", values.join(", ")));
    }
    let defaults: Vec<_> = argument.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    if argument.get_action().takes_values() && !defaults.is_empty() && !argument.is_hide_default_value_set() {
        notes.push(format!("default: {}", defaults.join(", ")));
    }
    if !notes.is_empty() {
        let _ = write!(text, " [{}]", notes.join("; "));
    }
    text.replace('|', "\\|").replace('<', "&lt;")
}

//! `civitas completions`: what a shell needs to complete commands and flags. Owns the help that says where it goes; what it
//! says follows from the command line itself, so that it must not list anything here.

use std::process::ExitCode;

use clap::{Args, Command};
use clap_complete::Shell;

use super::print_line;
use crate::error::Result;

const EXAMPLES: &str = "Examples:
  civitas completions bash > ~/.local/share/bash-completion/completions/civitas
  civitas completions fish > ~/.config/fish/completions/civitas.fish
  civitas completions zsh > ~/.zfunc/_civitas     with fpath+=~/.zfunc before compinit in ~/.zshrc";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the completions of `command` for the shell.
pub(super) fn completions(args: &CompletionsArgs, mut command: Command) -> Result<ExitCode> {
    let mut text = Vec::new();
    let name = command.get_name().to_owned();
    // It is made in memory, because what writes it panics where standard output is closed.
    clap_complete::generate(args.shell, &mut command, name, &mut text);
    print_line(String::from_utf8_lossy(&text).trim_end())?;
    Ok(ExitCode::SUCCESS)
}

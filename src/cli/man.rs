//! `civitas man`: manual pages, made from the command line itself. Owns where they go; it must not say anything that the
//! help does not.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Command};
use clap_mangen::Man;

use super::print_line;
use crate::error::{Error, Result};

const EXAMPLES: &str = "Examples:
  civitas man | man -l -
  civitas man --dir ~/.local/share/man/man1      then: man civitas-run";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ManArgs {
    /// Write one page for the program and one for each of its commands into this folder, which is made where it is missing.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Prints the page of `command`, or writes those of it and all its subcommands.
pub(super) fn man(args: &ManArgs, command: Command) -> Result<ExitCode> {
    // The pages of `help` would only say what every page says.
    let command = command.disable_help_subcommand(true);
    match &args.dir {
        Some(dir) => {
            let failed = |source| Error::io(format!("cannot write manual pages into {}", dir.display()), source);
            fs::create_dir_all(dir).map_err(failed)?;
            clap_mangen::generate_to(command, dir).map_err(failed)?;
        }
        None => {
            let mut text = Vec::new();
            let made = Man::new(command).render(&mut text);
            made.map_err(|source| Error::io("cannot make the manual page", source))?;
            print_line(String::from_utf8_lossy(&text).trim_end())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

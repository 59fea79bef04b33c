//! Whether there are colours, and where: `--color` first, then `NO_COLOR` (no-color.org), then whether somebody looks. Owns the one
//! answer that all output has, that of the argument parser and of the log included; what is said must not depend on it.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::sync::OnceLock;

use clap::ColorChoice;

/// What was asked for; automatic where this is no command line.
static CHOICE: OnceLock<ColorChoice> = OnceLock::new();

/// A colour that something is said in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paint {
    /// What went wrong.
    Error,
    /// What to do about it.
    Hint,
}

/// What `--color` says among these arguments, before they are parsed: the parser's own words are coloured too. A value that
/// makes no sense is the parser's to refuse.
pub(super) fn asked(args: impl IntoIterator<Item = OsString>) -> ColorChoice {
    let mut args = args.into_iter().map(|arg| arg.to_string_lossy().into_owned());
    while let Some(arg) = args.next() {
        let value = match arg.strip_prefix("--color") {
            Some("") => args.next(),
            Some(value) => value.strip_prefix('=').map(str::to_owned),
            None if arg == "--" => break,
            None => None,
        };
        match value.as_deref() {
            Some("always") => return ColorChoice::Always,
            Some("never") => return ColorChoice::Never,
            _ => {}
        }
    }
    ColorChoice::Auto
}

/// Keeps the choice for everything that is said from now on.
pub(super) fn choose(choice: ColorChoice) {
    // The first stands: a program that calls this as a library has one command line.
    let _ = CHOICE.set(choice);
}

/// True where a stream is shown in colours.
pub(super) fn is_on(stream: &impl IsTerminal) -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
    decide(CHOICE.get().copied().unwrap_or_default(), stream.is_terminal(), set("NO_COLOR"), dumb)
}

fn decide(choice: ColorChoice, terminal: bool, no_color: bool, dumb: bool) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => terminal && !no_color && !dumb,
    }
}

/// A text in a colour, where a stream is shown in colours.
pub(super) fn paint(text: &str, paint: Paint, stream: &impl IsTerminal) -> String {
    let code = match paint {
        Paint::Error => "1;31",
        Paint::Hint => "36",
    };
    if is_on(stream) { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_wins_then_no_color_then_the_terminal() {
        for (choice, terminal, no_color, dumb, wanted) in [
            (ColorChoice::Always, false, true, true, true),
            (ColorChoice::Never, true, false, false, false),
            (ColorChoice::Auto, true, false, false, true),
            (ColorChoice::Auto, true, true, false, false),
            (ColorChoice::Auto, true, false, true, false),
            (ColorChoice::Auto, false, false, false, false),
        ] {
            assert_eq!(decide(choice, terminal, no_color, dumb), wanted, "{choice} {terminal} {no_color} {dumb}");
        }
    }

    #[test]
    fn the_flag_is_found_before_the_rest_is_parsed() {
        for (line, wanted) in [
            ("civitas run --color never", ColorChoice::Never),
            ("civitas --color=always run", ColorChoice::Always),
            ("civitas run --colour never", ColorChoice::Auto),
            ("civitas run -- --color never", ColorChoice::Auto),
            ("civitas run --color sometimes", ColorChoice::Auto),
            ("civitas --color", ColorChoice::Auto),
        ] {
            assert_eq!(asked(line.split(' ').map(OsString::from)), wanted, "{line}");
        }
    }
}

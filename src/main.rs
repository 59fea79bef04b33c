//! The `civitas` program: parses the command line, runs the command, and turns its end into an exit code. It holds no
//! logic of its own; everything it calls is in the library's `cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    civitas::cli::main()
}

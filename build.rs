//! Notes what the program is built by and which features of its machine it may use, for the headers of audits: where
//! determinism breaks, that is the first thing to compare. It must not change what is compiled.

use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // The web page is embedded: another page is another program.
    println!("cargo:rerun-if-changed=web/dist");
    // So are the examples of the API's reference.
    println!("cargo:rerun-if-changed=src/http/reference/examples");
    let of = |name| std::env::var(name).unwrap_or_else(|_| "unknown".to_owned());
    let version = Command::new(of("RUSTC")).arg("--version").output().ok();
    let version = version.and_then(|said| String::from_utf8(said.stdout).ok());
    let version = version.map_or_else(|| "rustc unknown".to_owned(), |said| said.trim().to_owned());
    println!("cargo:rustc-env=CIVITAS_COMPILER={version}, {}", of("PROFILE"));
    println!("cargo:rustc-env=CIVITAS_TARGET_FEATURES={}", of("CARGO_CFG_TARGET_FEATURE"));
}

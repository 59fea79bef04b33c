//! Notes which machine the engine is built for, for what runs say of themselves. It must not change what is compiled.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let target = std::env::var("TARGET").unwrap_or_else(|_| "unknown".to_owned());
    println!("cargo:rustc-env=CIVITAS_TARGET={target}");
}

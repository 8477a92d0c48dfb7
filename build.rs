//! Lets the linker fold identical functions where it can, which makes the program two megabytes smaller.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The option of LLD, which Rust uses by default on some platforms. GNU ld does not know it.
const OPTION: &str = "-Wl,--icf=all";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=RUSTC_LINKER");
    if links_with(OPTION) {
        println!("cargo::rustc-link-arg-bins={OPTION}");
    }
}

/// Whether an empty program can be linked with this option, by the compiler, linker and flags of this build.
fn links_with(option: &str) -> bool {
    let (Some(rustc), Some(out), Ok(target)) = (env::var_os("RUSTC"), env::var_os("OUT_DIR"), env::var("TARGET"))
    else {
        return false;
    };
    let (source, program) = (PathBuf::from(&out).join("empty.rs"), PathBuf::from(&out).join("empty"));
    if std::fs::write(&source, "fn main() {}").is_err() {
        return false;
    }
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    let mut command = Command::new(rustc);
    command.arg(&source).arg("-o").arg(program).args(["--target", &target, "-C"]).arg(format!("link-arg={option}"));
    command.args(flags.split('\u{1f}').filter(|flag| !flag.is_empty()));
    if let Some(linker) = env::var_os("RUSTC_LINKER") {
        command.arg("-C").arg(format!("linker={}", linker.to_string_lossy()));
    }
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

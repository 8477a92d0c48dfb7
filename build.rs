//! Passes options to the linker that make the program nine megabytes smaller, where an empty program links and runs
//! with them.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Folds identical functions. LLD knows it, which Rust uses by default on some platforms; GNU ld does not.
const FOLD_FUNCTIONS: &str = "-Wl,--icf=all";
/// Stores relocations as bitmaps. The program then needs a loader that knows them: glibc 2.36, musl 1.2.4 or later.
const PACK_RELOCATIONS: &str = "-Wl,-z,pack-relative-relocs";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=RUSTC_LINKER");
    for option in [FOLD_FUNCTIONS, PACK_RELOCATIONS] {
        if runs_with(option) {
            println!("cargo::rustc-link-arg-bins={option}");
        }
    }
}

/// Whether an empty program can be linked with this option, by the compiler, linker and flags of this build, and runs.
/// `false` for another platform, on which it cannot run.
fn runs_with(option: &str) -> bool {
    let (Some(rustc), Some(out), Ok(target)) = (env::var_os("RUSTC"), env::var_os("OUT_DIR"), env::var("TARGET"))
    else {
        return false;
    };
    if env::var("HOST").as_ref() != Ok(&target) {
        return false;
    }
    let (source, program) = (PathBuf::from(&out).join("empty.rs"), PathBuf::from(&out).join("empty"));
    if std::fs::write(&source, "fn main() {}").is_err() {
        return false;
    }
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    let mut command = Command::new(rustc);
    command.arg(&source).arg("-o").arg(&program).args(["--target", &target, "-C"]).arg(format!("link-arg={option}"));
    command.args(flags.split('\u{1f}').filter(|flag| !flag.is_empty()));
    if let Some(linker) = env::var_os("RUSTC_LINKER") {
        command.arg("-C").arg(format!("linker={}", linker.to_string_lossy()));
    }
    succeeds(&mut command) && succeeds(&mut Command::new(program))
}

fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

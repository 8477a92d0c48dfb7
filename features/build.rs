//! Does nothing. Without a build script, cargo ignores the build dependencies and their features.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
}

//! No code: `Cargo.toml` says which features of which dependencies the whole workspace uses.

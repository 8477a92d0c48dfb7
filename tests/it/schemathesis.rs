//! A short round of Schemathesis as admin: responses conform to the OpenAPI document. `tests/schemathesis/` runs more.

use std::process::Command;

#[test]
fn every_operation_conforms_to_the_document() {
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemathesis/play.py");
    let short = ["--roles", "admin", "--examples", "1", "--phases", "examples,coverage"];
    let program = ["--program", env!("CARGO_BIN_EXE_zhihui")];
    let output = Command::new("python3").arg(script).args(program).args(short).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}\n(`make test` puts schemathesis on the PATH)");
}

//! The analysts' notebook runs from top to bottom on a real lake.

use std::path::Path;
use std::process::Command;

use crate::journey::union;

#[test]
fn the_tour_runs_from_top_to_bottom() {
    let program = union();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("notebooks");
    let output = Command::new("python3")
        .arg(folder.join("run.py"))
        .arg(folder.join("01-tour.ipynb"))
        .env("ZHIHUI_HOME", program.home())
        .env("MPLBACKEND", "Agg")
        .current_dir(program.path(""))
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}\n(`make test` puts the notebook's packages on the PATH)");
}

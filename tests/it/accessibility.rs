//! axe-core finds nothing on the pages that leaders and staff use most, light and dark, on a phone and on a desk.

use std::process::Command;

use serde_json::Value;

use crate::journey::{AS_OF, open_activity, union};
use crate::pages::{chromium, saved};
use crate::program::{Program, Server};

/// Widths of the frames: a phone and a desk.
const WIDTHS: [u32; 2] = [375, 1280];

/// Runs axe-core over a page with everything opened, and sends what it finds to the page around its frame.
const RUN: &str = "addEventListener('load', () => setTimeout(() => {
  document.querySelectorAll('details').forEach(one => { one.open = true; });
  axe.run(document, { resultTypes: ['violations'] }).then(result => parent.postMessage({
    page: location.pathname.split('/').pop(), width: innerWidth, passes: result.passes.length,
    dark: matchMedia('(prefers-color-scheme: dark)').matches,
    found: result.violations.map(one => one.id + ': ' + one.nodes.map(node => node.html).slice(0, 3).join(' ')),
  }, '*'));
}, 500));";

/// The file of axe-core.
fn axe_core() -> Vec<u8> {
    let find = "import importlib.util, pathlib; package = importlib.util.find_spec('axe_playwright_python'); \
                print(pathlib.Path(package.origin).parent / 'axe.min.js') if package else None";
    let output = Command::new("python3").args(["-c", find]).output().expect("python3 is on the PATH");
    let path = String::from_utf8(output.stdout).unwrap();
    std::fs::read(path.trim()).unwrap_or_else(|_| {
        panic!(
            "axe-core is missing: `make tools` installs tests/axe/requirements.txt and `make test` puts it on the PATH"
        )
    })
}

/// Saves a page with axe-core in it.
fn with_axe(program: &Program, server: &Server, key: &str, path: &str, name: &str) {
    let file = saved(program, server, key, path, name);
    let page = std::fs::read_to_string(&file).unwrap();
    let scripts = "<script src='axe.min.js'></script><script src='run-axe.js'></script></body>";
    std::fs::write(&file, page.replace("</body>", scripts)).unwrap();
}

/// Runs axe-core on pages in frames of both widths and returns what each frame sent.
fn results(program: &Program, names: &[&str], is_dark: bool) -> Vec<Value> {
    let frame = |name: &&str| {
        WIDTHS
            .map(|width| format!("<iframe src='{name}' style='width:{width}px;height:900px;border:0'></iframe>"))
            .concat()
    };
    let host = format!(
        "<!doctype html><meta name=color-scheme content='light dark'><style>iframe {{ color-scheme: light dark }}</style>\
         <script>const all = []; addEventListener('message', event => {{ all.push(event.data); \
         document.title = JSON.stringify(all); }});</script>{}",
        names.iter().map(frame).collect::<String>()
    );
    let file = program.path("site").join(if is_dark { "axe-dark.html" } else { "axe-light.html" });
    std::fs::write(&file, host).unwrap();
    let scheme = format!("--blink-settings=preferredColorScheme={}", u8::from(!is_dark));
    let arguments = ["--allow-file-access-from-files", "--virtual-time-budget=60000", "--dump-dom", &scheme];
    let dom = String::from_utf8(chromium(1400, &arguments, &format!("file://{}", file.display())).stdout).unwrap();
    let title = dom.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next());
    let title = title.unwrap_or_else(|| panic!("no frame sent a result: {}", &dom[..dom.len().min(2_000)]));
    let unescaped = title.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    serde_json::from_str(&unescaped).unwrap()
}

/// Prepares a folder with axe-core and the script that runs it.
fn prepare(program: &Program) {
    let folder = program.path("site");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("axe.min.js"), axe_core()).unwrap();
    std::fs::write(folder.join("run-axe.js"), RUN).unwrap();
}

#[test]
fn axe_core_finds_nothing_light_or_dark_on_a_phone_or_a_desk() {
    let program = union();
    prepare(program);
    let key = program.json(&["key", "add", "axe", "--scope", "admin"])["key"].as_str().unwrap().to_owned();
    let server = program.serve_as_of(AS_OF);
    let item = open_activity(program);
    let body = serde_json::json!({ "item_id": item, "limit": 50 });
    let (status, list) = server.post_json("/v1/push-lists", &key, &body);
    assert_eq!(status, 201, "{list}");
    let (status, page) = server.post_form_as("/reports/links", &key, "days=7&label=axe");
    assert_eq!(status, 200, "{page}");
    let secret = page.split("/shared/").nth(1).unwrap().split('"').next().unwrap();
    let (audience, push_list) =
        (format!("/audiences?item_id={item}&limit=50"), format!("/push-lists/{}", list["id"].as_str().unwrap()));
    let (shared, shared_explore) = (format!("/shared/{secret}"), format!("/shared/{secret}/explore"));
    let pages = [
        ("/reports", "axe-memo.html"),
        ("/reports/explore", "axe-explore.html"),
        ("/reports/links", "axe-links.html"),
        (shared.as_str(), "axe-shared.html"),
        (shared_explore.as_str(), "axe-shared-explore.html"),
        (audience.as_str(), "axe-audience.html"),
        (push_list.as_str(), "axe-push-list.html"),
        ("/push-lists", "axe-push-lists.html"),
    ];
    for (path, name) in pages {
        with_axe(program, &server, &key, path, name);
    }
    let names = pages.map(|(_, name)| name);
    for is_dark in [false, true] {
        let sent = results(program, &names, is_dark);
        assert_eq!(sent.len(), names.len() * WIDTHS.len(), "not every frame sent a result: {sent:?}");
        for one in sent {
            assert_eq!(one["dark"], is_dark, "{one}");
            assert!(one["passes"].as_u64().unwrap() > 10, "axe-core looked at nothing: {one}");
            assert_eq!(one["found"], serde_json::json!([]), "{one}");
        }
    }
}

#[test]
fn axe_core_finds_text_that_is_too_pale() {
    let program = &Program::new();
    prepare(program);
    let page = "<!doctype html><html lang=zh><title>x</title><main><h1>好</h1><p style='color:#bbb;background:#fff'>太淡</p></main>\
                <script src='axe.min.js'></script><script src='run-axe.js'></script></html>";
    std::fs::write(program.path("site").join("axe-pale.html"), page).unwrap();
    let sent = results(program, &["axe-pale.html"], false);
    assert!(sent.iter().all(|one| one["found"].to_string().contains("color-contrast")), "{sent:?}");
}

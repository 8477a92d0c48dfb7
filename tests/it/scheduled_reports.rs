//! Scheduled reports of the real program: folder and mail, once a period, later if the data are stale, and what goes wrong.

use serde_json::Value;

use crate::journey::AS_OF;
use crate::mail_server::MailServer;
use crate::program::Program;

const PASSWORD: &str = "a mail password";
const SIGN_IN: [&str; 4] = ["--user", "zhihui", "--password", PASSWORD];

/// A home with members who read in October and up to a day of November.
fn home(last_day: u32, settings: &str) -> Program {
    let program = Program::new();
    let path = program.home().join("zhihui.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{text}\n{settings}")).unwrap();
    let members: String = (0..30).map(|id| format!("m{id},u1\n")).collect();
    let members = program.file("members.csv", format!("member_id,union_id\n{members}"));
    program.ok(&["ingest", &members]);
    read(&program, "2026-10-12");
    read(&program, &format!("2026-11-{last_day:02}"));
    program
}

/// All members read an article on a day, and the tables are built again.
fn read(program: &Program, day: &str) {
    let rows: String = (0..30).map(|id| format!("m{id},a1,{day}T08:00:00+08:00\n")).collect();
    let reads = program.file(&format!("reads-{day}.csv"), format!("member_id,article_id,read_at\n{rows}"));
    program.ok(&["ingest", &reads]);
    program.ok(&["build", "--as-of", AS_OF]);
}

fn schedule(rest: &str) -> String {
    format!("[[report.schedule]]\nname = \"月报\"\nevery = \"monthly\"\nowner = \"owner@example.org\"\n{rest}\n")
}

/// Sends what is due. Returns the exit code and the only report.
fn send(program: &Program) -> (i32, Value) {
    let mut command = program.command(&["--json", "report", "--scheduled", "--as-of", AS_OF]);
    let output = command.env("ZHIHUI_TEST_MAIL", PASSWORD).output().unwrap();
    let result: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("no JSON: {}", String::from_utf8_lossy(&output.stderr)));
    assert!(!String::from_utf8_lossy(&output.stderr).contains(PASSWORD));
    (output.status.code().unwrap(), result["reports"][0].clone())
}

fn doctor(program: &Program) -> String {
    let checks = program.json_and_code(&["doctor"]).1["checks"].clone();
    let found = checks.as_array().unwrap().iter().filter(|check| check["name"] == "scheduled_reports");
    found.map(|check| format!("{} {}", check["status"].as_str().unwrap(), check["message"].as_str().unwrap())).collect()
}

#[test]
fn a_report_waits_for_fresh_data_and_is_sent_once_by_encrypted_mail_and_to_a_folder() {
    let server = MailServer::start(&[&["--security", "starttls"][..], &SIGN_IN].concat());
    let rest = "formats = [\"xlsx\", \"csv\", \"html\"]\nfolder = \"out\"\nto = [\"主席 <chair@example.org>\"]";
    let program = home(9, &format!("{}{}", server.settings("starttls"), schedule(rest)));
    let out = program.home().join("out");
    std::fs::create_dir(&out).unwrap();
    for _ in 0..2 {
        let (code, waits) = send(&program);
        assert_eq!((code, waits["status"].as_str()), (0, Some("waiting")), "{waits}");
        assert!(waits["message"].as_str().unwrap().contains("data_freshness"), "{waits}");
    }
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 0);
    let told = server.mails();
    let [told] = told.as_slice() else { panic!("the owner is told once: {told:?}") };
    assert!(told["subject"].as_str().unwrap().contains("「月报」还在等数据"), "{told}");
    assert_eq!(told["to"][0], "owner@example.org");
    assert!(doctor(&program).contains("warn 月报 waiting"), "{}", doctor(&program));
    read(&program, "2026-11-19");
    let (code, sent) = send(&program);
    assert_eq!((code, sent["status"].as_str()), (0, Some("sent")), "{sent}");
    assert_eq!((sent["from"].as_str(), sent["to"].as_str()), (Some("2026-10-01"), Some("2026-11-01")));
    let mut names: Vec<String> =
        std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let expected = ["html", "xlsx", "zip"].map(|ending| format!("月报-2026-10-01-2026-10-31.{ending}"));
    assert_eq!(names, expected);
    assert_eq!(send(&program).1["status"], "already");
    let mails = server.mails();
    assert_eq!(mails.len(), 2, "{mails:?}");
    let mail = &mails[1];
    assert_eq!(
        (&mail["encrypted"], &mail["signed_in"], &mail["to"][0]),
        (&true.into(), &true.into(), &"chair@example.org".into())
    );
    assert_eq!(mail["subject"], "月报：2026-10-01 至 2026-10-31");
    assert!(mail["text"].as_str().unwrap().contains("30 名会员中"), "{mail}");
    for name in expected {
        let size = std::fs::metadata(out.join(&name)).unwrap().len();
        assert_eq!(mail["files"][&name], size, "{mail}");
    }
    assert!(doctor(&program).starts_with("ok"), "{}", doctor(&program));
    let audit = program.json(&["audit", "list"]);
    let exported = audit.as_array().unwrap().iter().find(|entry| entry["action"] == "report_exported").unwrap();
    assert_eq!(exported["detail"]["schedule"], "月报", "{exported}");
}

#[test]
fn a_refused_mail_is_sent_later_without_writing_the_folder_again() {
    let server = MailServer::start(&[&["--security", "tls", "--refuse", "gone@example.org"][..], &SIGN_IN].concat());
    let rest = "formats = [\"json\"]\nfolder = \"out\"\nto = [\"chair@example.org\", \"gone@example.org\"]";
    let program = home(19, &format!("{}{}", server.settings("tls"), schedule(rest)));
    let (code, failed) = send(&program);
    assert_eq!((code, failed["status"].as_str()), (1, Some("failed")));
    assert!(failed["message"].as_str().unwrap().contains("out; create it or mount it"), "a missing folder: {failed}");
    let out = program.home().join("out");
    std::fs::create_dir(&out).unwrap();
    let (code, failed) = send(&program);
    let message = failed["message"].as_str().unwrap();
    assert!(code == 1 && message.contains("the recipient gone@example.org: 550 5.1.1"), "{failed}");
    let subjects: Vec<Value> = server.mails().iter().map(|mail| mail["subject"].clone()).collect();
    assert_eq!(subjects, ["知会：「月报」没有发出"; 2], "the owner alone has mail, one for each cause");
    assert!(doctor(&program).contains("warn 月报 failed"), "{}", doctor(&program));
    let file = out.join("月报-2026-10-01-2026-10-31.json");
    std::fs::remove_file(&file).unwrap();
    let settings = program.home().join("zhihui.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, text.replace(", \"gone@example.org\"", "")).unwrap();
    assert_eq!(send(&program).1["status"], "sent");
    assert_eq!((server.mails().len(), file.exists()), (3, false), "the folder had it already");
    assert_eq!(server.mails()[2]["encrypted"], true);
}

#[test]
fn a_server_that_refuses_the_sign_in_or_does_not_answer_is_named() {
    let server = MailServer::start(&["--user", "zhihui", "--password", "another password"]);
    let rest = "formats = [\"json\"]\nto = [\"chair@example.org\"]";
    let settings = format!("{}{}", server.settings("none"), schedule(rest));
    let program = home(19, &settings);
    let (code, failed) = send(&program);
    let message = failed["message"].as_str().unwrap();
    assert!(code == 1 && message.contains("the sign-in as zhihui: 535"), "{failed}");
    let change = |from: &str, to: &str| {
        let path = program.home().join("zhihui.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from}");
        std::fs::write(&path, text.replace(from, to)).unwrap();
    };
    change("security = \"none\"", "security = \"starttls\"");
    assert!(send(&program).1["message"].as_str().unwrap().contains("offers no STARTTLS"));
    change("ZHIHUI_TEST_MAIL", "ZHIHUI_NO_SUCH_VARIABLE");
    assert!(send(&program).1["message"].as_str().unwrap().contains("the environment variable ZHIHUI_NO_SUCH_VARIABLE"));
    change("password_env = \"ZHIHUI_NO_SUCH_VARIABLE\"", "password_file = \"mail-password\"");
    assert!(send(&program).1["message"].as_str().unwrap().contains("mail-password"));
    std::fs::write(program.home().join("mail-password"), "x\n").unwrap();
    drop(server);
    let (_, failed) = send(&program);
    assert!(failed["message"].as_str().unwrap().contains("mail server localhost:"), "{failed}");
}

#[test]
fn the_nightly_run_sends_reports_after_publishing() {
    let rest = "formats = [\"csv\"]\nfolder = \"out\"";
    let program = home(19, &schedule(rest).replace("monthly", "weekly"));
    std::fs::create_dir(program.home().join("out")).unwrap();
    let steps = |words: &[&str]| {
        let run = program.json(&[&["run", "--as-of", AS_OF][..], words].concat());
        let step =
            |step: &Value| (step["step"].as_str().unwrap().to_owned(), step["status"].as_str().unwrap().to_owned());
        run["steps"].as_array().unwrap().iter().map(step).filter(|(name, _)| name == "reports").collect::<Vec<_>>()
    };
    assert_eq!(steps(&[]), []);
    assert_eq!(steps(&["--nightly"]), [("reports".to_owned(), "done".to_owned())]);
    assert!(program.home().join("out/月报-2026-11-09-2026-11-15.zip").exists());
    assert_eq!(steps(&["--nightly"]), [("reports".to_owned(), "skipped".to_owned())]);
}

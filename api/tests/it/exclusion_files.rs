//! Files of excluded ids as staff have them: CSV of Excel, workbooks, bad rows, and files that are refused.

use std::fmt::Write as _;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use zhihui_api::Role;

use crate::push_lists;
use crate::support::{Answer, Fixture};

struct Staff {
    fixture: Fixture,
    cookie: String,
    csrf: String,
}

impl Staff {
    async fn new() -> Self {
        let fixture = push_lists::fixture().await;
        let cookie = fixture.sign_in("staff", Role::Staff).await;
        let page = fixture.get_as("/exclusions", &cookie).await.text;
        let csrf = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        Self { fixture, cookie, csrf }
    }

    async fn upload(&self, name: &str, file: &[u8]) -> Answer {
        let mut head = String::new();
        for (field, text) in [("csrf", self.csrf.as_str()), ("name", name)] {
            write!(head, "--zhihui\r\ncontent-disposition: form-data; name=\"{field}\"\r\n\r\n{text}\r\n").unwrap();
        }
        write!(head, "--zhihui\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n").unwrap();
        let body = [head.as_bytes(), file, b"\r\n--zhihui--\r\n"].concat();
        let request = Request::post("/exclusions")
            .header(header::COOKIE, &self.cookie)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=zhihui");
        self.fixture.send(request.body(Body::from(body)).unwrap()).await
    }

    /// Uploads a file and returns what the page says about it.
    async fn says(&self, name: &str, file: &[u8]) -> String {
        let answer = self.upload(name, file).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{name}: {}", answer.text);
        let page = self.fixture.get_as(answer.header(header::LOCATION), &self.cookie).await.text;
        let notice = page.split("<p class=\"notice\" role=\"status\">").nth(1).unwrap_or_else(|| panic!("{page}"));
        notice.split('<').next().unwrap().to_owned()
    }
}

#[tokio::test]
async fn csv_of_excel_is_read_in_every_encoding_and_bad_rows_are_counted() {
    let staff = Staff::new().await;
    let rows = "姓名,会员编号,备注\r\n李明,m1,\"退休,外地\"\r\n,,\r\n王芳,'m2,\r\n赵强,m 3,\r\n李明,m1,重复\r\n";
    let gb18030 = encoding_rs::GB18030.encode(rows).0;
    for (name, file) in [
        ("utf-8.csv", rows.as_bytes().to_vec()),
        ("bom.csv", [b"\xef\xbb\xbf".as_slice(), rows.as_bytes()].concat()),
        ("gb18030.csv", gb18030.into_owned()),
    ] {
        let said = staff.says(name, &file).await;
        assert_eq!(said, format!("「{name}」已保存，共 2 人；另有 1 个编号查无此人，没有保存。"));
    }
    assert_eq!(staff.says("列表.txt", b"m1\n\nm2\n").await, "「列表.txt」已保存，共 2 人。");
}

#[tokio::test]
async fn workbooks_are_read_by_the_decoder() {
    let staff = Staff::new().await;
    // The decoder writes the value of a formula, and a number as Excel shows it.
    let said = staff.says("名单.xlsx", "PK序号,openid\n1,o1\n2,#N/A\n3,o2\n".as_bytes()).await;
    assert_eq!(said, "「名单.xlsx」已保存，共 2 人；另有 1 个编号查无此人，没有保存。");
    let refused = staff.upload("damaged.XLSX", b"no workbook").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.text.contains("Excel 文件无法读取") && !refused.text.contains("not a workbook"),
        "{}",
        refused.text
    );
}

#[tokio::test]
async fn files_without_ids_or_with_too_many_are_refused_and_the_form_keeps_its_fields() {
    let staff = Staff::new().await;
    for (file, says) in [
        (b"member_id\n".to_vec(), "没有找到编号"),
        (b"\xff\xfem\x001\x00".to_vec(), "文件无法识别"),
        ([b"m1\n".as_slice(), &[0; 8]].concat(), "文件无法识别"),
        (b"m\n".repeat(1_000_001), "编号超过 100 万个"),
    ] {
        let refused = staff.upload("list.csv", &file).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{says}");
        assert!(refused.text.contains(says) && refused.text.contains("value=\"list.csv\""), "{}", refused.text);
    }
    assert!(staff.fixture.get_as("/exclusions", &staff.cookie).await.text.contains("还没有排除名单"));
}

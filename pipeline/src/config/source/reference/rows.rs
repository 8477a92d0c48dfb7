//! Keys that say which rows a file has.

use super::{MappingExample, MappingKey};

pub(super) const KEYS: &[MappingKey] = &[
    MappingKey {
        names: &["expand"],
        zh: "把列表的每个元素变成一行；其他列重复。写一列、几个等长的列表（逐个对应），或对象列表（元素用路径，如 `lines.sku`）。列表可以是 Parquet 列表、JSON 数组，或用 `；`、`;`、`、` 隔开的文字（其他分隔符：`expand = { columns = [\"a\"], split = \"|\" }`）。空列表不产生行，计入 `filtered`；几个列表长度不同的行记为 `uneven_lists`。",
        en: "Makes a row of every element of a list; other columns are repeated. Name one column, several parallel lists, or a list of objects, whose elements have paths such as `lines.sku`. Lists are Parquet lists, JSON arrays, or texts separated by `;`, `；` or `、` (by others with `expand = { columns = [\"a\"], split = \"|\" }`). An empty list gives no row and counts as `filtered`; a row whose lists have different lengths is rejected as `uneven_lists`.",
        example: MappingExample {
            file: "orders.jsonl",
            lines: "{\"buyer\": 1, \"day\": \"2026-11-01\", \"lines\": [{\"sku\": \"tea\", \"qty\": 2}, {\"sku\": \"rice\"}]}\n{\"buyer\": 2, \"day\": \"2026-11-01\", \"lines\": []}\n",
            other: None,
            source: "name     = \"orders\"\nmatch    = \"orders.jsonl\"\ntable    = \"sign_ups\"\ncolumns  = { member_id = \"buyer\", activity_id = \"lines.sku\", tickets = \"lines.qty\", signed_up_at = \"day\" }\nconstant = { status = \"attended\" }\nexpand   = \"lines\"",
            rows: &[
                "member_id=1 activity_id=tea signed_up_at=2026-10-31T16:00:00Z status=attended tickets=2 children=0",
                "member_id=1 activity_id=rice signed_up_at=2026-10-31T16:00:00Z status=attended tickets=1 children=0",
            ],
            said: &["filtered: 1"],
        },
    },
    MappingKey {
        names: &["where"],
        zh: "只读条件都成立的行，其余计入 `filtered`。一个条件或几个条件的列表，`column` 是文件的列：`is`、`is_not`（一个或几个词）；`empty = true`、`false`；`yes = true`、`false`（1、是、true …）；`above`、`at_least`、`below`、`at_most`（数字或时间）。无法比较的值使该行被拒绝。",
        en: "Reads the rows for which all conditions hold; the others count as `filtered`. One condition or a list of them, with a `column` of the file: `is`, `is_not` (a text or several); `empty = true`, `false`; `yes = true`, `false` (1, true, yes …); `above`, `at_least`, `below`, `at_most` (a number or time). A value that cannot be compared rejects its row.",
        example: MappingExample {
            file: "log.csv",
            lines: "user,page,ts,type,seconds\n1,a,2026-11-01,view,30\n2,a,2026-11-01,open,3\n3,a,2026-11-01,scroll,60\n4,a,2026-11-01,view,soon\n",
            other: None,
            source: "name    = \"log\"\nmatch   = \"log.csv\"\ntable   = \"reads\"\ncolumns = { member_id = \"user\", article_id = \"page\", read_at = \"ts\" }\nwhere   = [{ column = \"type\", is = [\"view\", \"open\"] }, { column = \"seconds\", at_least = 10 }]",
            rows: &["member_id=1 article_id=a read_at=2026-10-31T16:00:00Z"],
            said: &["filtered: 2", "rejected: 5 - bad_number AAAA"],
        },
    },
];

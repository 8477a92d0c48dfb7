//! Keys that say which files a source reads and where the values of columns come from.

use super::{MappingExample, MappingKey};

pub(super) const KEYS: &[MappingKey] = &[
    MappingKey {
        names: &["name", "match", "table"],
        zh: "`name` 是结果里显示的名称。`match` 是文件名的样式：`*` 代表任意文字，`?` 代表一个字符，含 `/` 时与路径末尾比较，`.gz` 和 `.zst` 不计。`table` 是行要进入的表。一个文件可以由几段 `[[source]]` 读入几张表。",
        en: "`name` is shown in results. `match` is a pattern of file names: `*` is any text, `?` one character; with a `/` it is compared with the end of the path; `.gz` and `.zst` do not count. `table` is the table of the rows. Several sources may read one file into several tables.",
        example: MappingExample {
            file: "readers.csv",
            lines: "member_id,union_id\nm1,u1\n",
            other: None,
            source: "name  = \"readers\"\nmatch = \"readers*.csv\"\ntable = \"memberships\"",
            rows: &["member_id=m1 union_id=u1"],
            said: &[],
        },
    },
    MappingKey {
        names: &["format"],
        zh: "文件格式：`csv`、`tsv`、`jsonl`、`parquet`、`xlsx`、`xls` 或 `replies`（微信统计接口的回复）。默认看文件扩展名。",
        en: "The format: `csv`, `tsv`, `jsonl`, `parquet`, `xlsx`, `xls` or `replies` (replies of WeChat's statistics interfaces). By default the file's extension decides.",
        example: MappingExample {
            file: "people.dat",
            lines: "member_id\tunion_id\nm1\tu1\n",
            other: None,
            source: "name   = \"people\"\nmatch  = \"people.dat\"\ntable  = \"memberships\"\nformat = \"tsv\"",
            rows: &["member_id=m1 union_id=u1"],
            said: &[],
        },
    },
    MappingKey {
        names: &["columns"],
        zh: "每个列对应文件中的哪一列；`\"\"` 表示不读这一列。没有写的列按合同列名或常用中文表头自动识别。JSON 和 Parquet 中嵌套的值用路径，如 `user.id`；路径可以穿过列表。写了而文件没有的列会使整个文件被拒绝，并给出最接近的列名（见 `optional`）。",
        en: "The column of the file for each column; `\"\"` omits one. Columns that are not named here are found by their contract name or a usual Chinese header. Nested values of JSON and Parquet have a path such as `user.id`, which may lead through lists. A file without a column that is named here is refused, and the error names the nearest column (see `optional`).",
        example: MappingExample {
            file: "clicks.jsonl",
            lines: "{\"user\": {\"id\": 7}, \"page\": {\"id\": \"a1\", \"tags\": [{\"name\": \"x\"}]}, \"ts\": \"2026-11-01 08:00:00\"}\n",
            other: None,
            source: "name    = \"clicks\"\nmatch   = \"clicks.jsonl\"\ntable   = \"reads\"\ncolumns = { member_id = \"user.id\", article_id = \"page.id\", read_at = \"ts\" }",
            rows: &["member_id=7 article_id=a1 read_at=2026-11-01T00:00:00Z"],
            said: &[],
        },
    },
    MappingKey {
        names: &["optional"],
        zh: "`columns`、`first_of`、`cases` 或 `lookup` 中提到、但有的文件没有的列。没有时，这些列的值未知。",
        en: "Columns that `columns`, `first_of`, `cases` or `lookup` map, but that some files lack. Their values are unknown then.",
        example: MappingExample {
            file: "clicks.csv",
            lines: "user,page,ts\n7,a1,2026-11-01\n",
            other: None,
            source: "name     = \"clicks\"\nmatch    = \"clicks.csv\"\ntable    = \"reads\"\ncolumns  = { member_id = \"user\", article_id = \"page\", read_at = \"ts\", channel = \"referrer\" }\noptional = [\"channel\"]",
            rows: &["member_id=7 article_id=a1 read_at=2026-10-31T16:00:00Z"],
            said: &[],
        },
    },
    MappingKey {
        names: &["first_of"],
        zh: "几列中第一个不空的值。空白、`NULL`、`NaN`、`-`、`无` 等都算空。",
        en: "The first value of several columns that is not empty. Blanks, `NULL`, `NaN`, `-`, `无` and the like are empty.",
        example: MappingExample {
            file: "clicks.csv",
            lines: "login,cookie,page,ts\nm7,c1,a1,2026-11-01\n,c2,a1,2026-11-01\n",
            other: None,
            source: "name     = \"clicks\"\nmatch    = \"clicks.csv\"\ntable    = \"reads\"\ncolumns  = { article_id = \"page\", read_at = \"ts\" }\nfirst_of = { member_id = [\"login\", \"cookie\"] }",
            rows: &[
                "member_id=m7 article_id=a1 read_at=2026-10-31T16:00:00Z",
                "member_id=c2 article_id=a1 read_at=2026-10-31T16:00:00Z",
            ],
            said: &[],
        },
    },
    MappingKey {
        names: &["cases"],
        zh: "由其他列的条件决定的值：从上到下，第一个条件成立的 `then` 就是值；没有 `when` 的最后一项总成立。条件与 `where` 相同；无法比较的值算不成立。",
        en: "A value that follows from conditions on other columns: the `then` of the first case whose conditions all hold; a last case without `when` always holds. Conditions are those of `where`; a value that cannot be compared does not hold.",
        example: MappingExample {
            file: "guests.csv",
            lines: "user,event,day,came,called_off\n1,e1,2026-11-01,1,\n2,e1,2026-11-01,,1\n3,e1,2026-11-01,0,0\n",
            other: None,
            source: "name    = \"guests\"\nmatch   = \"guests.csv\"\ntable   = \"sign_ups\"\ncolumns = { member_id = \"user\", activity_id = \"event\", signed_up_at = \"day\" }\ncases.status = [\n  { when = { column = \"came\", yes = true }, then = \"attended\" },\n  { when = { column = \"called_off\", yes = true }, then = \"cancelled\" },\n  { then = \"registered\" },\n]",
            rows: &[
                "member_id=1 activity_id=e1 signed_up_at=2026-10-31T16:00:00Z status=attended tickets=1 children=0",
                "member_id=2 activity_id=e1 signed_up_at=2026-10-31T16:00:00Z status=cancelled tickets=1 children=0",
                "member_id=3 activity_id=e1 signed_up_at=2026-10-31T16:00:00Z status=registered tickets=1 children=0",
            ],
            said: &[],
        },
    },
    MappingKey {
        names: &["constant"],
        zh: "所有行相同的值：文字、数字、是否或时间。",
        en: "A value that is the same in all rows: a text, a number, a flag or a time.",
        example: MappingExample {
            file: "shop.csv",
            lines: "id,label\n9,Tea\n",
            other: None,
            source: "name     = \"shop\"\nmatch    = \"shop.csv\"\ntable    = \"activities\"\ncolumns  = { activity_id = \"id\", title = \"label\" }\nconstant = { kind = \"product\", price = 12.5 }",
            rows: &["activity_id=9 title=Tea price=12.5 kind=product"],
            said: &[],
        },
    },
    MappingKey {
        names: &["lookup"],
        zh: "从同一文件夹的另一个文件取值：`file` 可以是任何能读的格式，`key` 和 `value` 是其中的列（或路径），`by` 是本文件中的键。一个键有几个值时成为列表。",
        en: "Values from another file of the same folder: `file` has any readable format, `key` and `value` are columns (or paths) of it, and `by` is the column of this file with the key. Several values of one key become a list.",
        example: MappingExample {
            file: "events.csv",
            lines: "id,group\ne1,g1\ne2,g2\n",
            other: Some((
                "groups.jsonl",
                "{\"id\": \"g1\", \"topic\": {\"name\": \"chess\"}}\n{\"id\": \"g1\", \"topic\": {\"name\": \"dogs\"}}\n",
            )),
            source: "name    = \"events\"\nmatch   = \"events.csv\"\ntable   = \"activities\"\ncolumns = { activity_id = \"id\" }\nlookup  = { topics = { file = \"groups.jsonl\", key = \"id\", by = \"group\", value = \"topic.name\" } }",
            rows: &["activity_id=e1 topics=[chess, dogs]", "activity_id=e2"],
            said: &[],
        },
    },
    MappingKey {
        names: &["row_number"],
        zh: "没有编号的事件用行号作编号。`\"content\"`：内容相同的文件中的行；加长后重新送来的文件，其全部行算新行。`\"name\"`：同名文件中的行；适合不断加长的文件，不适合每天同名而内容不同的文件。`\"element\"`：`expand` 展开的列表中的第几个，从 1 起。",
        en: "The number of the row as the id of an event that has none. `\"content\"` counts the rows of a file with this content: all rows of a file that comes again with more rows are new. `\"name\"` counts the rows of files with this name: right for a file that grows, wrong for another file of the same name every day. `\"element\"` is the position in a list of `expand`, from 1.",
        example: MappingExample {
            file: "taps.csv",
            lines: "user,page,ts\n7,a1,2026-11-01 08:00:00\n7,a1,2026-11-01 08:00:00\n",
            other: None,
            source: "name       = \"taps\"\nmatch      = \"taps.csv\"\ntable      = \"reads\"\ncolumns    = { member_id = \"user\", article_id = \"page\", read_at = \"ts\" }\nrow_number = { event_id = \"name\" }",
            rows: &[
                "event_id=3f9e2e0aaabfca0a-2 member_id=7 article_id=a1 read_at=2026-11-01T00:00:00Z",
                "event_id=3f9e2e0aaabfca0a-3 member_id=7 article_id=a1 read_at=2026-11-01T00:00:00Z",
            ],
            said: &[],
        },
    },
];

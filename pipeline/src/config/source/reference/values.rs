//! Keys that say how values are written.

use super::{MappingExample, MappingKey};

pub(super) const KEYS: &[MappingKey] = &[
    MappingKey {
        names: &["values"],
        zh: "把文件的词换成合同的词；没有写的词不变。",
        en: "Translates words of the file to words of the contract. Other words stay.",
        example: MappingExample {
            file: "answers.csv",
            lines: "user,event,day,answer\n1,e1,2026-11-01,yes\n2,e1,2026-11-01,no\n",
            other: None,
            source: "name    = \"answers\"\nmatch   = \"answers.csv\"\ntable   = \"sign_ups\"\ncolumns = { member_id = \"user\", activity_id = \"event\", signed_up_at = \"day\", status = \"answer\" }\nvalues  = { status = { yes = \"registered\", no = \"cancelled\" } }",
            rows: &[
                "member_id=1 activity_id=e1 signed_up_at=2026-10-31T16:00:00Z status=registered tickets=1 children=0",
                "member_id=2 activity_id=e1 signed_up_at=2026-10-31T16:00:00Z status=cancelled tickets=1 children=0",
            ],
            said: &[],
        },
    },
    MappingKey {
        names: &["split"],
        zh: "列表列中元素的分隔符；默认 `;`、`；` 和 `、`。JSON 数组不需要分隔符。",
        en: "The separator of the elements of a list column; `;`, `；` and `、` by default. JSON arrays need none.",
        example: MappingExample {
            file: "films.csv",
            lines: "id,class\n1,Action Comedy\n",
            other: None,
            source: "name    = \"films\"\nmatch   = \"films.csv\"\ntable   = \"articles\"\ncolumns = { article_id = \"id\", topics = \"class\" }\nsplit   = { topics = \" \" }",
            rows: &["article_id=1 topics=[Action, Comedy]"],
            said: &[],
        },
    },
    MappingKey {
        names: &["time"],
        zh: "时间的写法：`unix_s`、`unix_ms`、`unix_us`、`unix_ns`（1970 年以来的秒、毫秒、微秒、纳秒，可带小数）、`auto`（默认，逐值识别）或 chrono 格式（`%f` 为小数秒）。",
        en: "How times are written: `unix_s`, `unix_ms`, `unix_us`, `unix_ns` (since 1970, with or without a fraction), `auto` (the default; found for each value) or a chrono format (`%.f` is the fraction of the second).",
        example: MappingExample {
            file: "clicks.csv",
            lines: "user,page,ts\n1,a,1793491200250000\n",
            other: None,
            source: "name    = \"clicks\"\nmatch   = \"clicks.csv\"\ntable   = \"reads\"\ncolumns = { member_id = \"user\", article_id = \"page\", read_at = \"ts\" }\ntime    = { read_at = \"unix_us\" }",
            rows: &["member_id=1 article_id=a read_at=2026-11-01T00:00:00.250Z"],
            said: &[],
        },
    },
    MappingKey {
        names: &["zone"],
        zh: "没有时区的时间属于哪个时区（IANA 名称）；默认用 `zhihui.toml` 的 `zone`。",
        en: "The zone of times without a zone, by its IANA name; by default the `zone` of `zhihui.toml`.",
        example: MappingExample {
            file: "clicks.csv",
            lines: "user,page,ts\n1,a,2026-07-01 08:00:00\n",
            other: None,
            source: "name    = \"clicks\"\nmatch   = \"clicks.csv\"\ntable   = \"reads\"\nzone    = \"Europe/Copenhagen\"\ncolumns = { member_id = \"user\", article_id = \"page\", read_at = \"ts\" }",
            rows: &["member_id=1 article_id=a read_at=2026-07-01T06:00:00Z"],
            said: &[],
        },
    },
    MappingKey {
        names: &["decimal"],
        zh: "小数点的写法：`\",\"` 时千位用 `.`、空格或 `'` 分隔；`\".\"` 时用 `,`、空格或 `'`。另一种写法的数字会被拒绝，不会读成别的数。",
        en: "The decimal mark. With `\",\"`, thousands are separated by `.`, spaces or `'`; with `\".\"`, by `,`, spaces or `'`. A number in the other notation is rejected, not read as another number.",
        example: MappingExample {
            file: "shop.csv",
            lines: "id;price\n1;1.234,50\n2;12,5\n3;12.5\n",
            other: None,
            source: "name    = \"shop\"\nmatch   = \"shop.csv\"\ntable   = \"activities\"\ncolumns = { activity_id = \"id\" }\ndecimal = { price = \",\" }",
            rows: &["activity_id=1 price=1234.5", "activity_id=2 price=12.5"],
            said: &["rejected: 4 price bad_number 12.5"],
        },
    },
    MappingKey {
        names: &["middle"],
        zh: "数字列中的范围取中间值，整数列的一半向上取整：`25-34` 是 30，`1985-1989` 是 1987。`65+` 没有中间值，可以用 `values` 换成数字。",
        en: "A range in a number column means its middle; halves are rounded up in columns of whole numbers: `25-34` is 30, `1985-1989` is 1987. `65+` has no middle; `values` can translate it.",
        example: MappingExample {
            file: "people.csv",
            lines: "id,age\n1,25-34\n2,65+\n3,41\n",
            other: None,
            source: "name      = \"people\"\nmatch     = \"people.csv\"\ntable     = \"members\"\ncolumns   = { member_id = \"id\" }\nage_as_of = 2026-07-01\nmiddle    = [\"age\"]\nvalues    = { age = { \"65+\" = \"70\" } }",
            rows: &[
                "member_id=1 birth_date=1996-01-01",
                "member_id=2 birth_date=1956-01-01",
                "member_id=3 birth_date=1985-01-01",
            ],
            said: &[],
        },
    },
    MappingKey {
        names: &["scale"],
        zh: "乘以一个数：百分数变成比例用 0.01，毫秒变成秒用 0.001，分变成元用 0.01。`values` 换成的数不再乘。也可写作 `factor`。",
        en: "A factor: 0.01 makes fractions of percentages and yuan of fen, 0.001 seconds of milliseconds. Numbers that `values` gives are not multiplied. `factor` is the same key.",
        example: MappingExample {
            file: "clicks.csv",
            lines: "user,page,ts,scroll,ms\n1,a,2026-11-01,57,1500\n",
            other: None,
            source: "name    = \"clicks\"\nmatch   = \"clicks.csv\"\ntable   = \"reads\"\ncolumns = { member_id = \"user\", article_id = \"page\", read_at = \"ts\", read_fraction = \"scroll\", dwell_seconds = \"ms\" }\nscale   = { read_fraction = 0.01, dwell_seconds = 0.001 }",
            rows: &["member_id=1 article_id=a read_at=2026-10-31T16:00:00Z dwell_seconds=1.5 read_fraction=0.57"],
            said: &[],
        },
    },
    MappingKey {
        names: &["add"],
        zh: "加上一个整数：同行人数加 1 就是票数。",
        en: "Adds a whole number: guests and one are tickets.",
        example: MappingExample {
            file: "rsvps.csv",
            lines: "user,event,day,status,guests\n1,e1,2026-11-01,registered,2\n",
            other: None,
            source: "name    = \"rsvps\"\nmatch   = \"rsvps.csv\"\ntable   = \"sign_ups\"\ncolumns = { member_id = \"user\", activity_id = \"event\", signed_up_at = \"day\", tickets = \"guests\" }\nadd     = { tickets = 1 }",
            rows: &[
                "member_id=1 activity_id=e1 signed_up_at=2026-10-31T16:00:00Z status=registered tickets=3 children=0",
            ],
            said: &[],
        },
    },
    MappingKey {
        names: &["age_as_of"],
        zh: "`age` 列在哪一天有效；没有它就不知道出生日期。",
        en: "The day for which the column `age` is valid; without it the age says nothing about the birth date.",
        example: MappingExample {
            file: "people.csv",
            lines: "id,age\n1,24\n",
            other: None,
            source: "name      = \"people\"\nmatch     = \"people.csv\"\ntable     = \"members\"\ncolumns   = { member_id = \"id\" }\nage_as_of = 1998-04-22",
            rows: &["member_id=1 birth_date=1973-10-22"],
            said: &[],
        },
    },
];

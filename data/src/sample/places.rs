//! Districts, and fictitious names of enterprises, films and people.

use super::random::{RandomStream, Weights};

/// Districts with their weights as home and as workplace.
const DISTRICTS: [(&str, f64, f64); 10] = [
    ("朝阳", 19.0, 24.0),
    ("海淀", 17.0, 26.0),
    ("丰台", 12.0, 9.0),
    ("通州", 11.0, 6.0),
    ("大兴", 10.0, 8.0),
    ("昌平", 12.0, 6.0),
    ("西城", 6.0, 9.0),
    ("东城", 4.0, 6.0),
    ("石景山", 4.0, 3.0),
    ("顺义", 5.0, 3.0),
];

/// The name of a district by its index.
pub(super) fn district(number: u8) -> &'static str {
    DISTRICTS.get(usize::from(number)).map_or("", |district| district.0)
}

/// Draws districts by population.
pub(super) struct Districts {
    home: Weights,
    work: Weights,
}

impl Districts {
    pub(super) fn new() -> Self {
        Self {
            home: Weights::new(DISTRICTS.iter().map(|district| district.1)),
            work: Weights::new(DISTRICTS.iter().map(|district| district.2)),
        }
    }

    pub(super) fn home(&self, rng: &mut RandomStream) -> u8 {
        self.home.draw(rng).unwrap_or(0) as u8
    }

    pub(super) fn work(&self, rng: &mut RandomStream) -> u8 {
        self.work.draw(rng).unwrap_or(0) as u8
    }
}

/// The name of an enterprise's union. From the 2,305th enterprise on, names repeat with a number.
pub(super) fn enterprise_name(number: usize) -> String {
    const FIRST: [&str; 24] = [
        "云杉", "启航", "北岸", "晨禾", "拓野", "星渡", "蓝桥", "合润", "知远", "青柏", "鼎立", "新澜", "万象", "明湖",
        "东篱", "瑞谷", "和风", "凌霄", "聚沙", "安澜", "清源", "正弦", "鸣谷", "百川",
    ];
    const TRADE: [&str; 16] = [
        "软件",
        "精密仪器",
        "生物医药",
        "餐饮管理",
        "物业服务",
        "新能源",
        "印刷包装",
        "物流",
        "建筑设计",
        "电子",
        "文化传媒",
        "环保科技",
        "食品",
        "检测技术",
        "信息咨询",
        "园林",
    ];
    const FORM: [&str; 6] = ["有限公司", "股份有限公司", "集团", "研究院", "服务中心", "合作社"];
    let spread = number * 1_009;
    let name = (FIRST[spread % 24], TRADE[spread / 24 % 16], FORM[spread / 384 % 6]);
    let round = number / 2_304;
    let suffix = if round == 0 { String::new() } else { format!("第{}分公司", round + 1) };
    format!("{}{}{}{suffix}工会", name.0, name.1, name.2)
}

/// The title of a fictitious film.
pub(super) fn film_title(rng: &mut RandomStream) -> String {
    let first = rng.pick(&["长河", "星际", "小镇", "山海", "春风", "无声", "远方", "少年", "灯火", "雪夜"]);
    let second = rng.pick(&["来信", "之约", "往事", "大冒险", "列车", "修理铺", "奏鸣曲", "守望者", "食堂", "地图"]);
    format!("{first}{second}")
}

/// A fictitious roster name. One in fifty has a character outside the two-byte range of GB18030.
pub(super) fn placeholder_name(number: u32) -> String {
    const SURNAMES: [&str; 12] = ["王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙"];
    let surname = if number % 50 == 7 { "䶮" } else { SURNAMES[(number % 12) as usize] };
    format!("{surname}样例{number}")
}

/// The Chinese season of a month, where January is 1.
pub(super) fn season(month: u32) -> &'static str {
    match month {
        3..=5 => "春季",
        6..=8 => "夏季",
        9..=11 => "秋季",
        _ => "冬季",
    }
}

//! Topics of the sample's articles and activities, with the interest of age bands and months.

/// Number of topics.
pub(super) const TOPICS: usize = 16;
/// Age bands of interests: below 25, 25-34, 35-44, 45-54, 55-64, 65 and above.
pub(super) const BANDS: usize = 6;

/// A topic.
pub(super) struct Topic {
    /// Name in the files.
    pub(super) name: &'static str,
    /// Themes on which members' interests differ.
    pub(super) themes: [&'static str; 3],
    /// Title patterns: `{t}` theme, `{s}` season, `{d}` district, `{n}` a small number.
    pub(super) titles: [&'static str; 4],
    /// Number of articles relative to other topics.
    pub(super) volume: f64,
    /// Interest by month from January, in percent of an average month.
    pub(super) months: [u8; 12],
    /// Interest by age band, before normalisation.
    pub(super) bands: [f64; BANDS],
    /// Interest of women relative to men.
    pub(super) women: f64,
}

const ALWAYS: [u8; 12] = [100; 12];
const WARM: [u8; 12] = [30, 40, 80, 140, 160, 110, 70, 70, 130, 160, 90, 30];
const HOLIDAYS: [u8; 12] = [110, 120, 80, 90, 110, 130, 170, 160, 90, 110, 70, 90];
const COLD: [u8; 12] = [150, 120, 90, 80, 80, 70, 70, 80, 100, 110, 130, 160];

/// The topics. Their indices are the topic numbers used in the sample.
pub(super) const ALL: [Topic; TOPICS] = [
    Topic {
        name: "亲子",
        themes: ["手工", "科学实验", "绘本"],
        titles: [
            "周末带娃去哪儿：{d}{t}活动指南",
            "{s}亲子{t}：{n} 个在家就能玩的点子",
            "家长问答：孩子对{t}没兴趣怎么办",
            "回顾第{n}期{t}亲子日",
        ],
        volume: 1.4,
        months: HOLIDAYS,
        bands: [2.0, 10.0, 24.0, 8.0, 5.0, 3.0],
        women: 1.35,
    },
    Topic {
        name: "健康",
        themes: ["颈椎", "饮食", "睡眠"],
        titles: ["{s}养生：{t}问题的 {n} 个误区", "医生谈{t}", "办公室{t}自查表，请对照", "健康大讲堂第{n}期：{t}"],
        volume: 1.3,
        months: COLD,
        bands: [4.0, 5.0, 8.0, 15.0, 22.0, 26.0],
        women: 1.25,
    },
    Topic {
        name: "观影",
        themes: ["动画片", "喜剧片", "历史片"],
        titles: [
            "本周新片：{n} 部{t}值得看",
            "观影团招募：{s}{t}专场",
            "影评：一部好的{t}好在哪里",
            "{d}影院会员优惠与{t}排片",
        ],
        volume: 1.2,
        months: HOLIDAYS,
        bands: [16.0, 14.0, 10.0, 7.0, 5.0, 4.0],
        women: 1.05,
    },
    Topic {
        name: "羽毛球",
        themes: ["双打", "器材", "训练"],
        titles: [
            "羽毛球{t}入门：{n} 个常见错误",
            "{d}球馆{t}信息汇总",
            "职工联赛第{n}轮战报：{t}看点",
            "教练问答：{t}怎么练",
        ],
        volume: 0.9,
        months: ALWAYS,
        bands: [9.0, 9.0, 8.0, 6.0, 3.0, 1.0],
        women: 0.75,
    },
    Topic {
        name: "采摘",
        themes: ["草莓", "樱桃", "葡萄"],
        titles: [
            "{s}采摘地图：{d}的{t}园",
            "{t}怎么挑，果农说了 {n} 点",
            "一日游：{d}{t}采摘与农家饭",
            "采摘回顾第{n}期：{t}丰收",
        ],
        volume: 0.8,
        months: WARM,
        bands: [3.0, 6.0, 10.0, 9.0, 9.0, 8.0],
        women: 1.2,
    },
    Topic {
        name: "读书",
        themes: ["小说", "历史", "科普"],
        titles: ["{s}书单：{n} 本{t}", "职工书屋上新：{t}", "读书会第{n}期：{t}怎么读", "{d}书店探访：{t}角落"],
        volume: 0.9,
        months: COLD,
        bands: [9.0, 7.0, 7.0, 7.0, 8.0, 9.0],
        women: 1.1,
    },
    Topic {
        name: "法律",
        themes: ["劳动合同", "工伤", "婚姻家事"],
        titles: [
            "{t}里的 {n} 个坑",
            "以案说法：一起{t}纠纷",
            "{d}职工法律援助：{t}怎么办理",
            "律师坐班第{n}期：{t}问答",
        ],
        volume: 1.0,
        months: ALWAYS,
        bands: [7.0, 9.0, 8.0, 7.0, 5.0, 4.0],
        women: 0.95,
    },
    Topic {
        name: "美食优惠",
        themes: ["火锅", "烘焙", "面馆"],
        titles: [
            "会员专享：{d}{t}优惠 {n} 家",
            "{s}吃什么：{t}推荐",
            "试吃报告：园区边上的{t}",
            "普惠商户上新第{n}批：{t}",
        ],
        volume: 1.1,
        months: COLD,
        bands: [18.0, 15.0, 9.0, 7.0, 5.0, 4.0],
        women: 1.15,
    },
    Topic {
        name: "理财反诈",
        themes: ["反诈", "理财", "养老金"],
        titles: ["警方提醒：{n} 种{t}新套路", "{t}小课堂第{n}期", "{s}{t}须知，转给家里老人", "{d}社区{t}宣传日"],
        volume: 1.0,
        months: ALWAYS,
        bands: [5.0, 8.0, 9.0, 12.0, 14.0, 14.0],
        women: 1.0,
    },
    Topic {
        name: "技能培训",
        themes: ["办公软件", "电工", "人工智能"],
        titles: ["{t}免费培训第{n}期招生", "技能补贴怎么领：{t}", "{t}从零到会的 {n} 周计划", "{d}工匠学院{t}课表"],
        volume: 1.0,
        months: [90, 80, 130, 120, 110, 100, 80, 80, 130, 120, 110, 70],
        bands: [15.0, 13.0, 8.0, 5.0, 2.0, 1.0],
        women: 0.85,
    },
    Topic {
        name: "单身联谊",
        themes: ["桌游", "飞盘", "咖啡"],
        titles: ["{s}{t}联谊会报名", "第{n}期{t}联谊回顾", "单身青年说：{t}局上的 {n} 个瞬间", "{d}{t}交友角"],
        volume: 0.7,
        months: [90, 150, 100, 100, 150, 90, 90, 140, 100, 110, 130, 90],
        bands: [16.0, 14.0, 3.0, 0.8, 0.3, 0.2],
        women: 1.0,
    },
    Topic {
        name: "退休生活",
        themes: ["书法", "太极", "合唱"],
        titles: ["退休以后学{t}，不晚", "{d}老年大学{t}班开班", "{t}队第{n}次展演", "办理退休的 {n} 个步骤，附{t}活动"],
        volume: 0.7,
        months: ALWAYS,
        bands: [0.4, 0.6, 1.0, 6.0, 20.0, 30.0],
        women: 1.1,
    },
    Topic {
        name: "驾驶",
        themes: ["科目一", "停车", "新能源车"],
        titles: ["{t}这 {n} 点最容易错", "{s}行车：{t}提醒", "{d}驾校会员价与{t}课", "车主问答第{n}期：{t}"],
        volume: 0.7,
        months: HOLIDAYS,
        bands: [12.0, 9.0, 7.0, 5.0, 3.0, 1.0],
        women: 0.7,
    },
    Topic {
        name: "音乐会",
        themes: ["民乐", "交响乐", "音乐剧"],
        titles: ["{s}音乐季：{t}专场", "听懂{t}的 {n} 个入口", "{d}剧院{t}惠民票", "职工乐团第{n}场：{t}"],
        volume: 0.7,
        months: COLD,
        bands: [7.0, 6.0, 6.0, 7.0, 8.0, 8.0],
        women: 1.3,
    },
    Topic {
        name: "徒步",
        themes: ["山野", "湖畔", "古道"],
        titles: ["{s}徒步：{d}{t}线路 {n} 条", "{t}徒步装备清单", "第{n}期{t}健步走报名", "走过{t}：一位会员的记录"],
        volume: 0.8,
        months: WARM,
        bands: [7.0, 8.0, 8.0, 10.0, 11.0, 6.0],
        women: 1.0,
    },
    Topic {
        name: "心理",
        themes: ["减压", "亲密关系", "情绪"],
        titles: ["{t}：给自己 {n} 分钟", "心理驿站第{n}期：{t}", "{s}为什么容易累？说说{t}", "{d}职工心理热线谈{t}"],
        volume: 0.8,
        months: COLD,
        bands: [13.0, 11.0, 9.0, 6.0, 4.0, 3.0],
        women: 1.35,
    },
];

/// The topic number of a name; 0 for an unknown name.
pub(super) const fn number(name: &str) -> usize {
    let mut topic = 0;
    while topic < TOPICS {
        if same(ALL[topic].name.as_bytes(), name.as_bytes()) {
            return topic;
        }
        topic += 1;
    }
    0
}

const fn same(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    let mut at = 0;
    while at < left.len() {
        if left[at] != right[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// The age band of interests for an age in years.
pub(super) fn band(age: u32) -> usize {
    match age {
        0..=24 => 0,
        25..=34 => 1,
        35..=44 => 2,
        45..=54 => 3,
        55..=64 => 4,
        _ => 5,
    }
}

//! How recommendations are made, in words for members: what is used, what is not, and how to say no.

use serde::Serialize;
use zhihui_engine::Language;

/// The explanation in one language.
#[derive(Debug, Serialize)]
pub(crate) struct Explanation {
    pub(crate) language: &'static str,
    pub(crate) title: &'static str,
    pub(crate) sections: Vec<Section>,
}

/// One question with its answer.
#[derive(Debug, Serialize)]
pub(crate) struct Section {
    pub(crate) heading: &'static str,
    pub(crate) paragraphs: Vec<String>,
}

impl Explanation {
    /// The explanation; `topics` are the sensitive topics of this home that items carry.
    pub(crate) fn new(language: Language, topics: &[String]) -> Self {
        let (language, title, texts) = match language {
            Language::Zh => ("zh", "推荐是怎么来的?", ZH),
            Language::En => ("en", "How are recommendations made?", EN),
        };
        let mut sections: Vec<Section> = texts
            .iter()
            .map(|(heading, paragraphs)| Section {
                heading,
                paragraphs: paragraphs.iter().map(|&text| text.to_owned()).collect(),
            })
            .collect();
        if let (Some(section), false) = (sections.get_mut(NOT_USED), topics.is_empty()) {
            section.paragraphs.push(match language {
                "zh" => format!("目前不用于画像的主题:{}。", topics.join("、")),
                _ => format!("Topics kept out of profiles at present: {}.", topics.join(", ")),
            });
        }
        Self { language, title, sections }
    }
}

/// Place of the section on what is not used.
const NOT_USED: usize = 2;

type Texts = &'static [(&'static str, &'static [&'static str])];

const ZH: Texts = &[
    (
        "谁来决定给我看什么?",
        &[
            "排列顺序由程序计算,不由人逐个挑选。程序估计:如果现在给您看这篇文章,您会不会在 72 小时内读;如果给您看这个活动,您会不会在 7 天内报名。可能性大的排在前面,同一主题不会占满整个列表;一小部分位置(通常一成)留给还没什么人见过的新内容,由抽签决定,响应多的新内容中签机会大。",
            "能不能报名只看活动自己的条件(年龄、地区、工会、时间、名额),不由程序的估计决定。",
        ],
    ),
    (
        "用了我的哪些信息?",
        &[
            "您读过、分享过、报名过、参加过什么;您的年龄段、所在工会、居住和工作的城区;同工会的人报了什么;什么内容最近受欢迎。时间越久的阅读影响越小。",
            "每一条推荐都写着理由,理由只说真正用到的信息。",
        ],
    ),
    (
        "不用哪些信息?",
        &[
            "不保存姓名、电话和身份证号。健康、宗教、困难帮扶等敏感主题的阅读不会变成您的兴趣标签,不用来分组,也不会写进推荐理由。",
        ],
    ),
    (
        "我不想要个性化推荐,怎么办?",
        &[
            "在公众号菜单里关闭“个性化推荐”,或告诉工会工作人员,马上生效:之后您看到的是所有人都一样的列表,程序不再按您的记录为您排序,也不会再把您选进推送受众。按您的记录算出的兴趣在下一次更新时删除,只在统计人数时还算您一个。随时可以再打开。",
        ],
    ),
    (
        "我可以看到、删除自己的信息吗?",
        &[
            "可以。您可以要一份关于您的全部记录;可以删除某一个兴趣主题,以前的阅读不会再把它算出来;也可以要求删除全部信息,删除后马上不再用于任何回答,并在 7 天内从磁盘上消失,旧文件再次导入也不会恢复。",
        ],
    ),
];

const EN: Texts = &[
    (
        "Who decides what I am shown?",
        &[
            "A program puts things in order; nobody picks them one by one. It estimates whether you would read an article within 72 hours, or sign up for an activity within 7 days, if you were shown it now. What is more likely comes first, and no single topic fills the list. A few places (usually one in ten) go to something new that hardly anybody has seen yet, drawn by lot; what more people respond to is drawn more often.",
            "Whether you may sign up depends on the activity's own conditions alone (age, district, union, time, seats), never on the estimate.",
        ],
    ),
    (
        "What does it use about me?",
        &[
            "What you read, shared, signed up for and came to; your age band, your union, the districts where you live and work; what others of your union signed up for; and what is popular at present. The longer ago you read something, the less it counts.",
            "Every recommendation says why, and says only what was really used.",
        ],
    ),
    (
        "What does it not use?",
        &[
            "Name, phone and identity number are not stored. Reading about sensitive topics such as health, religion or hardship never becomes an interest of yours, a group you are put into, or a reason.",
        ],
    ),
    (
        "What if I do not want personalised lists?",
        &[
            "Switch off personalised recommendations in the account's menu, or tell your union's staff. It holds at once: you then get the list that everybody gets, your records no longer order anything for you, and you are selected for no push. The interests worked out from your records are deleted with the next update; you only count in totals. You can switch it on again at any time.",
        ],
    ),
    (
        "Can I see and delete what is held about me?",
        &[
            "Yes. You can ask for everything held about you; you can delete a single interest, and what you read before will not bring it back; and you can ask to be erased. You are then gone from every answer at once and from the disk within 7 days, and an old file read in again does not bring you back.",
        ],
    ),
];

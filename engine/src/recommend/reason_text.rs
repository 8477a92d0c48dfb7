//! Formats reasons as sentences.

use zhihui_data::{ItemKind, snapshot::Side};

use crate::{
    answer::{Language, Reason},
    wording::grouped,
};

/// A true statement in favour of an item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum ReasonKind<'a> {
    /// The member often reads or signs up for this topic.
    Topic(&'a str),
    /// The member read or signed up for this topic before.
    TopicBefore(&'a str),
    /// It is similar to an item that the member read or took part in.
    Similar {
        title: &'a str,
        was_read: bool,
    },
    /// It is similar to the item of the request.
    Like(&'a str),
    /// Number of other members of the member's union who signed up.
    UnionMates(u32),
    NearHome(&'a str),
    NearWork(&'a str),
    OwnUnion,
    /// Popular in an age band, by its label.
    PopularInBand(&'a str),
    Popular,
    Fresh,
    Family,
    Free,
    Taste,
    /// The member's taste, as this earlier item shows most clearly.
    TasteOf {
        title: &'a str,
        was_read: bool,
    },
    /// It can be read or signed up for. True of all offered items.
    Open,
    /// The member was active recently.
    Active,
}

/// Who reads a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    /// The member, addressed in the second person.
    Member,
    /// Staff who choose an audience. The member is described in the third person.
    Staff,
}

impl From<Side> for Reader {
    fn from(side: Side) -> Self {
        match side {
            Side::Lists => Self::Member,
            Side::Audiences => Self::Staff,
        }
    }
}

impl<'a> ReasonKind<'a> {
    pub(crate) fn reason(self, kind: ItemKind, language: Language, reader: Reader) -> Reason {
        let text = match (language, reader) {
            (Language::Zh, Reader::Member) => self.zh(kind),
            (Language::En, Reader::Member) => self.en(kind),
            (Language::Zh, Reader::Staff) => self.zh_for_staff(kind),
            (Language::En, Reader::Staff) => self.en_for_staff(kind),
        };
        Reason { code: self.code().to_owned(), text }
    }

    /// The title of the earlier item that the reason names.
    pub(super) fn past_item(self) -> Option<&'a str> {
        match self {
            Self::Similar { title, .. } | Self::TasteOf { title, .. } => Some(title),
            _ => None,
        }
    }

    fn code(self) -> &'static str {
        match self {
            Self::Topic(_) | Self::TopicBefore(_) => "topic_preference",
            Self::Similar { .. } | Self::Like(_) => "similar_item",
            Self::UnionMates(_) => "union_mates",
            Self::NearHome(_) => "near_home",
            Self::NearWork(_) => "near_work",
            Self::OwnUnion => "own_union",
            Self::PopularInBand(_) => "popular_in_band",
            Self::Popular => "popular",
            Self::Fresh => "fresh",
            Self::Family => "family",
            Self::Free => "free",
            Self::Taste | Self::TasteOf { .. } => "taste",
            Self::Open => "open",
            Self::Active => "active",
        }
    }

    fn zh(self, kind: ItemKind) -> String {
        let is_article = kind == ItemKind::Article;
        match self {
            Self::Topic(topic) => format!("您近期常关注「{topic}」"),
            Self::TopicBefore(topic) => format!("您关注过「{topic}」"),
            Self::Similar { title, was_read: true } => format!("与您读过的《{title}》相近"),
            Self::Similar { title, was_read: false } => format!("与您报名过的「{title}」相近"),
            Self::Like(title) => format!("与《{title}》相近"),
            Self::UnionMates(count) => format!("您所在工会已有 {} 人报名", grouped(f64::from(count), 0)),
            Self::NearHome(district) => format!("就在您居住的{district}"),
            Self::NearWork(district) => format!("就在您工作的{district}"),
            Self::OwnUnion => "由您所在的工会主办".to_owned(),
            Self::PopularInBand(band) => match band.strip_suffix('+') {
                Some(from) => format!("{from} 岁及以上的会员喜欢"),
                None => format!("{band} 岁的会员喜欢"),
            },
            Self::Popular if is_article => "近期读的人很多".to_owned(),
            Self::Popular => "近期报名的人很多".to_owned(),
            Self::Fresh if is_article => "刚刚发布".to_owned(),
            Self::Fresh => "刚刚开放报名".to_owned(),
            Self::Family => "您曾带孩子参加活动，这次也可以带孩子".to_owned(),
            Self::Free => "免费".to_owned(),
            Self::Taste => "与您一贯的兴趣相近".to_owned(),
            Self::TasteOf { title, was_read: true } => format!("从您读过的《{title}》看，合您的兴趣"),
            Self::TasteOf { title, was_read: false } => format!("从您报名过的「{title}」看，合您的兴趣"),
            Self::Open if is_article => "现在可以阅读".to_owned(),
            Self::Open => "现在可以报名".to_owned(),
            Self::Active => "您近期比较活跃".to_owned(),
        }
    }

    fn en(self, kind: ItemKind) -> String {
        let is_article = kind == ItemKind::Article;
        match self {
            Self::Topic(topic) => format!("You often follow “{topic}”"),
            Self::TopicBefore(topic) => format!("You have followed “{topic}” before"),
            Self::Similar { title, was_read: true } => format!("Similar to “{title}”, which you read"),
            Self::Similar { title, was_read: false } => format!("Similar to “{title}”, which you signed up for"),
            Self::Like(title) => format!("Similar to “{title}”"),
            Self::UnionMates(count) => {
                format!("{} others from your union have signed up", grouped(f64::from(count), 0))
            }
            Self::NearHome(district) => format!("In {district}, where you live"),
            Self::NearWork(district) => format!("In {district}, where you work"),
            Self::OwnUnion => "Organised by your union".to_owned(),
            Self::PopularInBand(band) => match band.strip_suffix('+') {
                Some(from) => format!("Popular with members aged {from} and over"),
                None => format!("Popular with members aged {band}"),
            },
            Self::Popular if is_article => "Many people are reading it".to_owned(),
            Self::Popular => "Many people are signing up".to_owned(),
            Self::Fresh if is_article => "Just published".to_owned(),
            Self::Fresh => "Sign-up has just opened".to_owned(),
            Self::Family => "You have brought children before, and they are welcome here too".to_owned(),
            Self::Free => "Free of charge".to_owned(),
            Self::Taste => "Matches your interests".to_owned(),
            Self::TasteOf { title, was_read: true } => {
                format!("Matches your interests, based on “{title}”, which you read")
            }
            Self::TasteOf { title, was_read: false } => {
                format!("Matches your interests, based on “{title}”, which you signed up for")
            }
            Self::Open if is_article => "Available to read now".to_owned(),
            Self::Open => "Open for sign-up now".to_owned(),
            Self::Active => "You have been active recently".to_owned(),
        }
    }

    /// Reasons that do not mention the member read the same for everybody.
    fn zh_for_staff(self, kind: ItemKind) -> String {
        match self {
            Self::Topic(topic) => format!("近期常看「{topic}」"),
            Self::TopicBefore(topic) => format!("关注过「{topic}」"),
            Self::Similar { title, was_read: true } => format!("读过内容相近的《{title}》"),
            Self::Similar { title, was_read: false } => format!("报名过内容相近的「{title}」"),
            Self::UnionMates(count) => format!("所在工会已有 {} 人报名", grouped(f64::from(count), 0)),
            Self::NearHome(district) => format!("居住地也在{district}"),
            Self::NearWork(district) => format!("工作地也在{district}"),
            Self::OwnUnion => "由会员所在的工会主办".to_owned(),
            Self::Family => "曾带孩子参加活动，这次也可以带孩子".to_owned(),
            Self::Taste => "与一贯的兴趣相近".to_owned(),
            Self::TasteOf { title, was_read: true } => format!("读过《{title}》，兴趣相近"),
            Self::TasteOf { title, was_read: false } => format!("报名过「{title}」，兴趣相近"),
            Self::Active => "近期比较活跃".to_owned(),
            Self::Like(_) | Self::PopularInBand(_) | Self::Popular | Self::Fresh | Self::Free | Self::Open => {
                self.zh(kind)
            }
        }
    }

    /// Reasons that do not mention the member read the same for everybody.
    fn en_for_staff(self, kind: ItemKind) -> String {
        match self {
            Self::Topic(topic) => format!("Often follows “{topic}”"),
            Self::TopicBefore(topic) => format!("Has followed “{topic}” before"),
            Self::Similar { title, was_read: true } => format!("Has read “{title}”, which is similar"),
            Self::Similar { title, was_read: false } => format!("Has signed up for “{title}”, which is similar"),
            Self::UnionMates(count) => {
                format!("{} others from the same union have signed up", grouped(f64::from(count), 0))
            }
            Self::NearHome(district) => format!("Lives in {district} too"),
            Self::NearWork(district) => format!("Works in {district} too"),
            Self::OwnUnion => "Organised by the member’s own union".to_owned(),
            Self::Family => "Has brought children before, and they are welcome here too".to_owned(),
            Self::Taste => "Matches the member’s interests".to_owned(),
            Self::TasteOf { title, was_read: true } => format!("Has read “{title}”, which shows a similar interest"),
            Self::TasteOf { title, was_read: false } => {
                format!("Has signed up for “{title}”, which shows a similar interest")
            }
            Self::Active => "Has been active recently".to_owned(),
            Self::Like(_) | Self::PopularInBand(_) | Self::Popular | Self::Fresh | Self::Free | Self::Open => {
                self.en(kind)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_for_staff_address_nobody() {
        let kinds = [
            ReasonKind::Topic("观影"),
            ReasonKind::TopicBefore("观影"),
            ReasonKind::Similar { title: "甲", was_read: true },
            ReasonKind::Similar { title: "甲", was_read: false },
            ReasonKind::Like("甲"),
            ReasonKind::UnionMates(12),
            ReasonKind::NearHome("朝阳"),
            ReasonKind::NearWork("朝阳"),
            ReasonKind::OwnUnion,
            ReasonKind::PopularInBand("25-34"),
            ReasonKind::Popular,
            ReasonKind::Fresh,
            ReasonKind::Family,
            ReasonKind::Free,
            ReasonKind::Taste,
            ReasonKind::TasteOf { title: "甲", was_read: true },
            ReasonKind::TasteOf { title: "甲", was_read: false },
            ReasonKind::Open,
            ReasonKind::Active,
        ];
        for kind in kinds {
            let text = |language| kind.reason(ItemKind::Activity, language, Reader::Staff).text;
            let (zh, en) = (text(Language::Zh), text(Language::En).to_lowercase());
            assert!(!zh.contains(['您', '你']), "{zh}");
            assert!(
                !en.split(|letter: char| !letter.is_alphabetic()).any(|word| word == "you" || word == "your"),
                "{en}"
            );
        }
        let text = ReasonKind::Topic("观影").reason(ItemKind::Article, Language::Zh, Reader::Staff).text;
        assert_eq!(text, "近期常看「观影」");
    }
}

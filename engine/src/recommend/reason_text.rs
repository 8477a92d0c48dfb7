//! Formats reasons as sentences.

use zhihui_data::ItemKind;

use crate::answer::{Language, Reason};

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

impl<'a> ReasonKind<'a> {
    pub(crate) fn reason(self, kind: ItemKind, language: Language) -> Reason {
        let text = match language {
            Language::Zh => self.zh(kind),
            Language::En => self.en(kind),
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
            Self::UnionMates(count) => format!("您所在工会已有 {count} 人报名"),
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
            Self::UnionMates(count) => format!("{count} others from your union have signed up"),
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
}

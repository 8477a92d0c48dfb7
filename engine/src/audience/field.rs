//! The fields that rules compare, and the type of their values.

/// A field of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    AgeBand,
    Age,
    Gender,
    UnionId,
    UnionSubtree,
    HomeDistrict,
    WorkDistrict,
    JoinedAt,
    Lifecycle,
    Segment,
    Follows,
    OpenidKnown,
}

/// The type of value that a field is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueType {
    Text,
    Number,
    /// A day or an RFC 3339 instant.
    Time,
    Flag,
}

impl Field {
    const ALL: [(&'static str, Self); 12] = [
        ("age_band", Self::AgeBand),
        ("age", Self::Age),
        ("gender", Self::Gender),
        ("union_id", Self::UnionId),
        ("union_subtree", Self::UnionSubtree),
        ("home_district", Self::HomeDistrict),
        ("work_district", Self::WorkDistrict),
        ("joined_at", Self::JoinedAt),
        ("lifecycle", Self::Lifecycle),
        ("segment", Self::Segment),
        ("follows", Self::Follows),
        ("openid_known", Self::OpenidKnown),
    ];

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|&(_, field)| field)
    }

    pub(super) fn names() -> String {
        Self::ALL.map(|(name, _)| name).join(", ")
    }

    pub(super) fn value_type(self) -> ValueType {
        match self {
            Self::Age => ValueType::Number,
            Self::JoinedAt => ValueType::Time,
            Self::Follows | Self::OpenidKnown => ValueType::Flag,
            _ => ValueType::Text,
        }
    }

    /// Whether the field supports `at_least` and `at_most`.
    pub(super) fn is_ordered(self) -> bool {
        matches!(self, Self::Age | Self::AgeBand | Self::JoinedAt)
    }
}

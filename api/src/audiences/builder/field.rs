//! The fields of members that conditions compare, and the operators.

/// What a field is compared with. Decides which control the form shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Values {
    AgeBands,
    Districts,
    Genders,
    Lifecycles,
    Segments,
    /// `true` or `false`.
    Flags,
    /// Ids of unions, found by name.
    Unions,
    Numbers,
    /// Days, or RFC 3339 instants.
    Days,
}

/// A field of a member.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// Its name in rules.
    pub(crate) name: &'static str,
    pub(crate) values: Values,
}

/// All fields, in the order of the menu.
pub(crate) static FIELDS: [Field; 12] = [
    Field { name: "age_band", values: Values::AgeBands },
    Field { name: "age", values: Values::Numbers },
    Field { name: "gender", values: Values::Genders },
    Field { name: "union_subtree", values: Values::Unions },
    Field { name: "union_id", values: Values::Unions },
    Field { name: "home_district", values: Values::Districts },
    Field { name: "work_district", values: Values::Districts },
    Field { name: "joined_at", values: Values::Days },
    Field { name: "lifecycle", values: Values::Lifecycles },
    Field { name: "segment", values: Values::Segments },
    Field { name: "follows", values: Values::Flags },
    Field { name: "openid_known", values: Values::Flags },
];

impl Field {
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        FIELDS.iter().find(|field| field.name == name)
    }

    /// The operator of a new condition.
    pub(crate) fn first_operator(&self) -> Operator {
        match self.values {
            Values::Numbers | Values::Days => Operator::AtLeast,
            Values::Flags => Operator::Eq,
            _ => Operator::In,
        }
    }

    /// The operators that the form offers. `current` is always one of them.
    pub(crate) fn operators(&self, current: Operator) -> Vec<Operator> {
        let usual: &[Operator] = match self.values {
            Values::Flags => &[Operator::Eq],
            Values::Numbers | Values::Days => {
                &[Operator::AtLeast, Operator::AtMost, Operator::Eq, Operator::IsUnknown, Operator::IsKnown]
            }
            Values::AgeBands => &[
                Operator::In,
                Operator::NotIn,
                Operator::AtLeast,
                Operator::AtMost,
                Operator::IsUnknown,
                Operator::IsKnown,
            ],
            Values::Lifecycles => &[Operator::In, Operator::NotIn],
            _ => &[Operator::In, Operator::NotIn, Operator::IsUnknown, Operator::IsKnown],
        };
        let rare = Some(current).filter(|current| !usual.contains(current));
        usual.iter().copied().chain(rare).collect()
    }
}

/// How a field is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Eq,
    Ne,
    In,
    NotIn,
    AtLeast,
    AtMost,
    IsUnknown,
    /// `"is_unknown": false` in a rule.
    IsKnown,
}

impl Operator {
    pub(crate) const ALL: [Self; 8] =
        [Self::Eq, Self::Ne, Self::In, Self::NotIn, Self::AtLeast, Self::AtMost, Self::IsUnknown, Self::IsKnown];

    /// Its name in forms and, except for the last two, in rules.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::In => "in",
            Self::NotIn => "not_in",
            Self::AtLeast => "at_least",
            Self::AtMost => "at_most",
            Self::IsUnknown => "is_unknown",
            Self::IsKnown => "is_known",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operator| operator.as_str() == text)
    }

    /// Whether the operator takes a list of values.
    pub(crate) fn takes_many(self) -> bool {
        matches!(self, Self::In | Self::NotIn)
    }

    /// Whether the operator takes values at all.
    pub(crate) fn takes_values(self) -> bool {
        !matches!(self, Self::IsUnknown | Self::IsKnown)
    }
}

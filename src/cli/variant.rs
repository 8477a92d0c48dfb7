//! Variants on the command line: `NAME[=ITEM][:SHARE]`, and texts by name.

use std::str::FromStr;

/// A variant of a push list: `A`, `A:0.7`, `B=A17` or `B=A17:0.3`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Variant {
    pub(crate) name: String,
    pub(crate) item_id: Option<String>,
    pub(crate) share: Option<f64>,
}

impl FromStr for Variant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Ids may contain a colon, shares are numbers.
        let share = |(rest, share): (&str, &str)| share.parse::<f64>().ok().map(|share| (rest.to_owned(), share));
        let (rest, share) = match text.rsplit_once(':').and_then(share) {
            Some((rest, share)) => (rest, Some(share)),
            None => (text.to_owned(), None),
        };
        let (name, item_id) = match rest.split_once('=') {
            Some((name, item)) => (name.to_owned(), Some(item.to_owned())),
            None => (rest, None),
        };
        if name.contains(':') {
            return Err(format!(
                "the share in {text:?} is not a number; use NAME, NAME:0.5, NAME=ITEM or NAME=ITEM:0.5"
            ));
        }
        Ok(Self { name, item_id, share })
    }
}

/// A text for a variant: `NAME=TEXT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VariantText {
    pub(crate) name: String,
    pub(crate) text: String,
}

impl FromStr for VariantText {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, text) = text.split_once('=').ok_or("use NAME=TEXT")?;
        Ok(Self { name: name.to_owned(), text: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::{Variant, VariantText};

    #[test]
    fn variants_have_a_name_an_item_and_a_share() {
        let parsed = |text: &str| text.parse::<Variant>().map(|of| (of.name, of.item_id, of.share));
        assert_eq!(parsed("A"), Ok(("A".into(), None, None)));
        assert_eq!(parsed("甲:0.7"), Ok(("甲".into(), None, Some(0.7))));
        assert_eq!(parsed("B=A17"), Ok(("B".into(), Some("A17".into()), None)));
        assert_eq!(parsed("B=park:17:0.3"), Ok(("B".into(), Some("park:17".into()), Some(0.3))));
        assert_eq!(parsed("B=park:x"), Ok(("B".into(), Some("park:x".into()), None)));
        assert!(parsed("A:half").expect_err("no share").contains("not a number"));
        assert_eq!("A=x=y".parse(), Ok(VariantText { name: "A".into(), text: "x=y".into() }));
        assert!("A".parse::<VariantText>().is_err());
    }
}

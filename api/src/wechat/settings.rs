//! Settings of callbacks.

use zhihui_wechat::callback::CallbackReceiver;

/// Settings of callbacks. The default refuses all.
#[derive(Debug, Clone, Default)]
pub struct WechatSettings {
    /// Token and key of the account. Without one, callbacks are refused.
    pub receiver: Option<CallbackReceiver>,
    /// Addresses of the items' pages.
    pub links: Option<ItemLinks>,
}

/// The place of an item's id in the addresses of the union's pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemLinks {
    before: String,
    after: String,
}

impl ItemLinks {
    /// Parses a pattern such as `https://h5.example.org/items/{item_id}`. `None` without exactly one `{item_id}`.
    #[must_use]
    pub fn parse(pattern: &str) -> Option<Self> {
        let (before, after) = pattern.split_once("{item_id}")?;
        let is_address = before.starts_with("https://") || before.starts_with("http://");
        (is_address && !after.contains("{item_id}"))
            .then(|| Self { before: before.to_owned(), after: after.to_owned() })
    }

    /// The address of an item.
    #[must_use]
    pub fn address(&self, item_id: &str) -> String {
        format!("{}{}{}", self.before, crate::web::url::percent_encode(item_id), self.after)
    }

    /// The item of an address; further parameters and an anchor do not matter. `None` for any other address.
    #[must_use]
    pub fn item_id(&self, address: &str) -> Option<String> {
        let rest = address.strip_prefix(&self.before)?;
        let (id, rest) = rest.split_at(rest.find(['/', '?', '&', '#']).unwrap_or(rest.len()));
        let is_whole = rest.starts_with(&self.after) && (self.after.is_empty() || !id.is_empty());
        let is_end = matches!(rest.get(self.after.len()..)?.chars().next(), None | Some('?' | '&' | '#'));
        let id = crate::web::url::percent_decode(id)?;
        (is_whole && is_end && !id.is_empty()).then_some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_item_is_found_in_addresses_of_its_page_only() {
        let links = ItemLinks::parse("https://h5.example.org/items/{item_id}").expect("valid");
        assert_eq!(links.item_id(&links.address("活动 7")).as_deref(), Some("活动 7"));
        assert_eq!(links.item_id("https://h5.example.org/items/E1?from=menu#top").as_deref(), Some("E1"));
        for other in ["https://h5.example.org/items/", "https://h5.example.org/items/E1/edit", "https://evil/items/E1"]
        {
            assert_eq!(links.item_id(other), None, "{other}");
        }
        let links = ItemLinks::parse("https://h5.example.org/show?id={item_id}&v=2").expect("valid");
        assert_eq!(links.item_id("https://h5.example.org/show?id=E1&v=2").as_deref(), Some("E1"));
        assert_eq!(links.item_id("https://h5.example.org/show?id=E1"), None);
        assert!(ItemLinks::parse("https://h5.example.org/").is_none());
    }
}

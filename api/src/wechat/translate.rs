//! Translates callbacks to events of the inbox.

use zhihui_data::ids::MAX_ID_CHARS;
use zhihui_data::{Event, EventDetails, EventType};
use zhihui_wechat::callback::{CallbackEvent, CallbackMessage};

use super::settings::ItemLinks;

/// The channel of reads that begin in the account's menu.
const MENU: &str = "menu";
/// Prefix of the key of a menu item that is about an item.
const ITEM_KEY: &str = "item:";

/// The event that a callback reports, or `None` if it reports none. `now` is in seconds since 1970; no event is later.
pub(super) fn event_of(message: &CallbackMessage, links: Option<&ItemLinks>, now: i64) -> Option<Event> {
    let (kind, openid, item_id) = match &message.event {
        CallbackEvent::Subscribe { .. } => (EventType::Follow, &message.from_user_name, None),
        CallbackEvent::Unsubscribe => (EventType::Unfollow, &message.from_user_name, None),
        CallbackEvent::AuthorizationRevoked { openid, .. } => (EventType::OptOut, openid, None),
        CallbackEvent::AuthorizationCancelled { openid } => (EventType::Unfollow, openid, None),
        CallbackEvent::Click { key } => {
            (EventType::Read, &message.from_user_name, Some(key.strip_prefix(ITEM_KEY)?.to_owned()))
        }
        CallbackEvent::View { url, .. } => (EventType::Read, &message.from_user_name, Some(links?.item_id(url)?)),
        _ => return None,
    };
    let is_id =
        |text: &str| !text.is_empty() && text.chars().count() <= MAX_ID_CHARS && !text.contains(char::is_control);
    if !is_id(openid) || item_id.as_deref().is_some_and(|id| !is_id(id)) {
        return None;
    }
    let channel = item_id.is_some().then(|| MENU.to_owned());
    Some(Event {
        // The same callback, repeated, is the same event.
        event_id: Some(format!("wechat:{}", message.dedup_key())),
        kind,
        member_id: None,
        openid: Some(openid.clone()),
        item_id,
        at: message.create_time.clamp(0, now).saturating_mul(1_000_000),
        details: EventDetails { channel, ..EventDetails::default() },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(event: CallbackEvent) -> CallbackMessage {
        CallbackMessage {
            to_user_name: "gh_1".to_owned(),
            from_user_name: "o1".to_owned(),
            create_time: 100,
            msg_id: None,
            event,
        }
    }

    #[test]
    fn menus_lead_to_reads_of_items_and_nothing_else() {
        let links = ItemLinks::parse("https://h5.example.org/items/{item_id}");
        let view = |url: &str| message(CallbackEvent::View { url: url.to_owned(), menu_id: None });
        let read = event_of(&view("https://h5.example.org/items/A1"), links.as_ref(), 200).expect("valid");
        assert_eq!((read.kind, read.item_id.as_deref(), read.at), (EventType::Read, Some("A1"), 100_000_000));
        assert_eq!(read.details.channel.as_deref(), Some("menu"));
        assert_eq!(event_of(&view("https://other.example.org/items/A1"), links.as_ref(), 200), None);
        let click = |key: &str| message(CallbackEvent::Click { key: key.to_owned() });
        assert_eq!(event_of(&click("item:A2"), None, 200).expect("valid").item_id.as_deref(), Some("A2"));
        assert_eq!(event_of(&click("help"), None, 200), None);
    }

    #[test]
    fn an_event_is_never_later_than_now_and_a_repeated_callback_is_the_same_event() {
        let unsubscribe = message(CallbackEvent::Unsubscribe);
        let [first, second] = [50, 50].map(|now| event_of(&unsubscribe, None, now).expect("valid"));
        assert_eq!((first.kind, first.at), (EventType::Unfollow, 50_000_000));
        assert_eq!(first.identity(), second.identity());
    }
}

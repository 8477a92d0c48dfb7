//! Tags of followers: the only way to a part of the followers of a subscription account.

use serde_json::{Value, json};

use super::call::WechatClient;
use super::error::CallError;

/// Maximum number of openids in one call that tags or untags.
const MAX_OPENIDS: usize = 50;
/// Maximum number of pages of followers, a bound for answers without end.
const MAX_PAGES: usize = 10_000;

/// A tag of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Its number.
    pub id: i64,
    /// Its name, at most 30 bytes.
    pub name: String,
}

impl WechatClient {
    /// The tag with a name. Creates it if it is missing.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn tag_named(&self, name: &str) -> Result<Tag, CallError> {
        let answer = self.get("/cgi-bin/tags/get").await?;
        let tags = answer.get("tags").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let found = tags.iter().filter_map(tag).find(|tag| tag.name == name);
        if let Some(found) = found {
            return Ok(found);
        }
        let answer = self.call("/cgi-bin/tags/create", &json!({ "tag": { "name": name } })).await?;
        answer.get("tag").and_then(tag).ok_or_else(|| CallError::Uncertain("tags/create returned no tag".to_owned()))
    }

    /// The openids of all followers with a tag.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn tagged(&self, tag: i64) -> Result<Vec<String>, CallError> {
        let (mut openids, mut next) = (Vec::new(), String::new());
        for _ in 0..MAX_PAGES {
            let answer = self.call("/cgi-bin/user/tag/get", &json!({ "tagid": tag, "next_openid": next })).await?;
            let page = answer.pointer("/data/openid").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            openids.extend(page.iter().filter_map(Value::as_str).map(str::to_owned));
            // The last page has a `next_openid`, too.
            match answer.get("next_openid").and_then(Value::as_str) {
                Some(openid) if !page.is_empty() && !openid.is_empty() => openid.clone_into(&mut next),
                _ => break,
            }
        }
        Ok(openids)
    }

    /// Gives a tag to followers or takes it away. One call after the other: parallel calls fail with errcode 45159.
    ///
    /// # Errors
    /// [`CallError`]; the openids before it are done.
    pub async fn set_tag(&self, tag: i64, openids: &[String], has_tag: bool) -> Result<(), CallError> {
        let action = if has_tag { "batchtagging" } else { "batchuntagging" };
        for part in openids.chunks(MAX_OPENIDS) {
            let body = json!({ "openid_list": part, "tagid": tag });
            self.call(&format!("/cgi-bin/tags/members/{action}"), &body).await?;
        }
        Ok(())
    }
}

fn tag(value: &Value) -> Option<Tag> {
    Some(Tag { id: value.get("id")?.as_i64()?, name: value.get("name")?.as_str()?.to_owned() })
}

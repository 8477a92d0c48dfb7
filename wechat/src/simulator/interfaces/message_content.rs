//! The content of a mass message.

use serde_json::{Map, Value};
use sha1::{Digest, Sha1};

use crate::error_code::ErrorCode;
use crate::simulator::state::mass_sends::Content;

/// Maximum length of a text.
const MAX_TEXT_BYTES: usize = 2_048;

/// Reads the content from the keys of a request.
///
/// # Errors
/// [`ErrorCode::INVALID_MESSAGE_TYPE`], [`ErrorCode::INVALID_MEDIA_ID`], [`ErrorCode::EMPTY_TEXT`] or
/// [`ErrorCode::CONTENT_TOO_LONG`].
pub(super) fn read(msg_type: &str, keys: &Map<String, Value>) -> Result<Content, ErrorCode> {
    let text_at = |path: &[&str]| {
        let value = path.iter().skip(1).try_fold(keys.get(path[0])?, |value, key| value.get(key))?;
        value.as_str().filter(|text| !text.is_empty())
    };
    let media = match msg_type {
        "mpnews" => text_at(&["mpnews", "media_id"]),
        "voice" => text_at(&["voice", "media_id"]),
        "music" => text_at(&["music", "media_id"]),
        "image" => {
            let first = keys.get("images").and_then(|images| images.get("media_ids")?.get(0)?.as_str());
            first.filter(|id| !id.is_empty()).or_else(|| text_at(&["image", "media_id"]))
        }
        "mpvideo" | "video" => text_at(&["mpvideo", "media_id"]).or_else(|| text_at(&["video", "media_id"])),
        "wxcard" => text_at(&["wxcard", "card_id"]),
        "text" => {
            let text = text_at(&["text", "content"]).ok_or(ErrorCode::EMPTY_TEXT)?;
            if text.len() > MAX_TEXT_BYTES {
                return Err(ErrorCode::CONTENT_TOO_LONG);
            }
            Some(text)
        }
        _ => return Err(ErrorCode::INVALID_MESSAGE_TYPE),
    };
    let media = media.ok_or(ErrorCode::INVALID_MEDIA_ID)?;
    Ok(Content {
        msg_type: msg_type.to_owned(),
        digest: digest([msg_type, media]),
        title: (msg_type == "mpnews").then(|| format!("图文 {media}")),
    })
}

/// Returns a digest of texts in hexadecimal digits.
pub(super) fn digest<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hasher = Sha1::new();
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    }
    let mut text = hex::encode(hasher.finalize());
    text.truncate(32);
    text
}

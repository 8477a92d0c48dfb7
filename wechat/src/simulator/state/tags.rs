//! Tags of followers.

use super::followers::Followers;
use crate::error_code::ErrorCode;

/// Maximum number of tags of the account and of one follower.
const MAX_TAGS: usize = 100;
const MAX_TAGS_OF_USER: usize = 20;
/// Maximum length of a name.
const MAX_NAME_BYTES: usize = 30;
/// A tag with more followers cannot be deleted.
const MAX_COUNT_TO_DELETE: u64 = 100_000;
/// Ids that WeChat reserves, and the first id of other tags.
const RESERVED: std::ops::RangeInclusive<u32> = 0..=2;
const FIRST_ID: u32 = 100;
/// The tag that every account has.
const STARRED: u32 = 2;

/// One tag.
#[derive(Debug, Clone)]
pub(crate) struct Tag {
    pub(crate) id: u32,
    pub(crate) name: String,
    pub(crate) count: u64,
}

/// All tags in the order of their ids.
#[derive(Debug)]
pub(crate) struct Tags {
    list: Vec<Tag>,
    next_id: u32,
}

impl Default for Tags {
    fn default() -> Self {
        Self { list: vec![Tag { id: STARRED, name: "星标组".to_owned(), count: 0 }], next_id: FIRST_ID }
    }
}

impl Tags {
    /// Returns all tags.
    pub(crate) fn list(&self) -> &[Tag] {
        &self.list
    }

    /// Creates a tag and returns its id.
    ///
    /// # Errors
    /// [`ErrorCode::TOO_MANY_TAGS`], [`ErrorCode::INVALID_TAG_NAME`] or [`ErrorCode::TAG_NAME_TOO_LONG`].
    pub(crate) fn create(&mut self, name: &str) -> Result<u32, ErrorCode> {
        self.check_name(name, None)?;
        if self.list.iter().filter(|tag| !RESERVED.contains(&tag.id)).count() >= MAX_TAGS {
            return Err(ErrorCode::TOO_MANY_TAGS);
        }
        let id = self.next_id;
        self.next_id += 1;
        self.list.push(Tag { id, name: name.to_owned(), count: 0 });
        Ok(id)
    }

    /// Renames a tag.
    ///
    /// # Errors
    /// Those of [`Self::create`], [`ErrorCode::RESERVED_TAG`] or [`ErrorCode::INVALID_TAG_ID`].
    pub(crate) fn rename(&mut self, id: u32, name: &str) -> Result<(), ErrorCode> {
        if RESERVED.contains(&id) {
            return Err(ErrorCode::RESERVED_TAG);
        }
        self.check_name(name, Some(id))?;
        name.clone_into(&mut self.find(id)?.name);
        Ok(())
    }

    /// Deletes a tag, also from its followers.
    ///
    /// # Errors
    /// [`ErrorCode::RESERVED_TAG`], [`ErrorCode::INVALID_TAG_ID`] or [`ErrorCode::TAG_TOO_LARGE`].
    pub(crate) fn delete(&mut self, id: u32, followers: &mut Followers) -> Result<(), ErrorCode> {
        if RESERVED.contains(&id) {
            return Err(ErrorCode::RESERVED_TAG);
        }
        if self.find(id)?.count > MAX_COUNT_TO_DELETE {
            return Err(ErrorCode::TAG_TOO_LARGE);
        }
        self.list.retain(|tag| tag.id != id);
        let tagged: Vec<u32> =
            followers.iter().filter(|(_, follower)| follower.tags.contains(&id)).map(|(index, _)| index).collect();
        for index in tagged {
            followers.get_mut(index).tags.retain(|tag| *tag != id);
        }
        Ok(())
    }

    /// Gives a tag to followers. Either all get it or none.
    ///
    /// # Errors
    /// [`ErrorCode::INVALID_TAG_ID`] or [`ErrorCode::TOO_MANY_TAGS_OF_USER`].
    pub(crate) fn tag(&mut self, id: u32, indices: &[u32], followers: &mut Followers) -> Result<(), ErrorCode> {
        let tag = self.find(id)?;
        let is_full = |index: &u32| {
            let tags = &followers.get(*index).tags;
            tags.len() >= MAX_TAGS_OF_USER && !tags.contains(&id)
        };
        if indices.iter().any(is_full) {
            return Err(ErrorCode::TOO_MANY_TAGS_OF_USER);
        }
        for index in indices {
            let tags = &mut followers.get_mut(*index).tags;
            if !tags.contains(&id) {
                tags.push(id);
                tag.count += 1;
            }
        }
        Ok(())
    }

    /// Takes a tag from followers.
    ///
    /// # Errors
    /// [`ErrorCode::INVALID_TAG_ID`].
    pub(crate) fn untag(&mut self, id: u32, indices: &[u32], followers: &mut Followers) -> Result<(), ErrorCode> {
        let tag = self.find(id)?;
        for index in indices {
            let tags = &mut followers.get_mut(*index).tags;
            if let Some(place) = tags.iter().position(|tag| *tag == id) {
                tags.remove(place);
                tag.count = tag.count.saturating_sub(1);
            }
        }
        Ok(())
    }

    /// Checks that a tag exists.
    ///
    /// # Errors
    /// [`ErrorCode::INVALID_TAG_ID`].
    pub(crate) fn check(&self, id: u32) -> Result<(), ErrorCode> {
        self.list.iter().any(|tag| tag.id == id).then_some(()).ok_or(ErrorCode::INVALID_TAG_ID)
    }

    fn find(&mut self, id: u32) -> Result<&mut Tag, ErrorCode> {
        self.list.iter_mut().find(|tag| tag.id == id).ok_or(ErrorCode::INVALID_TAG_ID)
    }

    fn check_name(&self, name: &str, except: Option<u32>) -> Result<(), ErrorCode> {
        let is_used = self.list.iter().any(|tag| tag.name == name && Some(tag.id) != except);
        if name.len() > MAX_NAME_BYTES {
            Err(ErrorCode::TAG_NAME_TOO_LONG)
        } else if name.trim().is_empty() || is_used {
            Err(ErrorCode::INVALID_TAG_NAME)
        } else {
            Ok(())
        }
    }
}

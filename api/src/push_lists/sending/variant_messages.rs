//! Which message each group of a list gets: one for the whole list, or one for every variant.

use std::collections::BTreeMap;

use zhihui_engine::audience::ExperimentArm;

use super::super::batches::MIN_OPENIDS;
use super::super::error::PushListError;
use super::super::members::ListMember;
use super::super::record::PushList;
use super::begin::SendOptions;
use super::record::{AccountKind, Message, Sending};

/// The members of a list who get the same message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MessageGroup {
    /// Name of the variant; `None` in a list without variants.
    pub(super) variant: Option<String>,
    pub(super) message: Message,
    /// Ranks of the members to push to, ascending.
    pub(super) ranks: Vec<usize>,
}

/// Groups the members to push to by the message that they get. Without a message, the title is sent.
///
/// # Errors
/// [`PushListError`] if the options have a message for a variant that the list does not have, one message for all variants,
/// the same message for two of them, or a subscription account.
pub(super) fn message_groups(
    list: &PushList,
    options: &SendOptions,
    members: &[&ListMember],
) -> Result<Vec<MessageGroup>, PushListError> {
    let ranks = |variant: Option<&str>| {
        let pushed = members.iter().filter(|member| member.arm == ExperimentArm::Push);
        pushed.filter(|member| member.variant.as_deref() == variant).map(|member| member.rank).collect()
    };
    let names = || list.variants.iter().map(|variant| variant.name.clone()).collect::<Vec<_>>();
    if let Some(unknown) = options.variants.keys().find(|name| !names().contains(name)) {
        return Err(PushListError::UnknownVariant(unknown.clone(), names().join(", ")));
    }
    if list.variants.is_empty() {
        let message = options.message.clone().unwrap_or_else(|| Message::Text(list.item_title.clone()));
        return Ok(vec![MessageGroup { variant: None, message, ranks: ranks(None) }]);
    }
    if options.account == AccountKind::Subscription {
        return Err(PushListError::VariantsNeedServiceAccount);
    }
    if options.message.is_some() {
        return Err(PushListError::OneMessageForVariants(names().join(", ")));
    }
    let mut groups: Vec<MessageGroup> = Vec::with_capacity(list.variants.len());
    for variant in &list.variants {
        let given = options.variants.get(&variant.name).cloned();
        let message = given.unwrap_or_else(|| Message::Text(variant.shown_title().to_owned()));
        if let Some(same) = groups.iter().find(|group| group.message == message) {
            let first = same.variant.clone().unwrap_or_default();
            return Err(PushListError::SameMessage(first, variant.name.clone()));
        }
        groups.push(MessageGroup { variant: Some(variant.name.clone()), message, ranks: ranks(Some(&variant.name)) });
    }
    Ok(groups)
}

impl MessageGroup {
    /// Whether WeChat cannot send to the group: a variant with one member left.
    pub(super) fn has_too_few(&self) -> bool {
        self.variant.is_some() && self.ranks.len() < MIN_OPENIDS
    }
}

/// Whether the options have other messages than the sending that was begun.
pub(super) fn has_other_message(known: &Sending, options: &SendOptions) -> bool {
    let of_variants: BTreeMap<&str, &Message> =
        known.batches.iter().filter_map(|batch| Some((batch.variant.as_deref()?, batch.message.as_ref()?))).collect();
    let is_other =
        |(name, message): (&String, &Message)| of_variants.get(name.as_str()).is_none_or(|known| *known != message);
    options.message.as_ref().is_some_and(|message| *message != known.message) || options.variants.iter().any(is_other)
}

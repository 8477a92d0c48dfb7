//! Bodies of WeChat's mass message to openids.

use serde::Serialize;

use super::error::PushListError;
use super::variants::ListVariant;

/// Maximum and minimum number of openids in one request of `message/mass/send`.
pub(crate) const MAX_OPENIDS: usize = 10_000;
pub(crate) const MIN_OPENIDS: usize = 2;
/// Why a member is not sent to although the member could be reached.
pub(crate) const TOO_FEW: &str = "too_few_for_wechat";

/// The bodies for one list, in the order in which they should be sent.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct WechatBatches {
    /// The push list.
    pub(crate) push_list_id: String,
    /// Number of openids in all batches.
    pub(crate) openids: usize,
    /// Bodies of `POST /cgi-bin/message/mass/send`. Add the message itself, such as `mpnews` with its `media_id`. Empty for a
    /// list with variants, so that nobody sends the same message to all of them.
    pub(crate) batches: Vec<WechatBatch>,
    /// The bodies of each variant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) variants: Vec<VariantBatches>,
}

/// The bodies for one variant of a list.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct VariantBatches {
    /// Name of the variant.
    pub(crate) variant: String,
    /// The item that is pushed.
    pub(crate) item_id: String,
    /// The title that is sent, or the name of the material.
    pub(crate) title: String,
    /// Number of openids.
    pub(crate) openids: usize,
    /// Whether the variant has too few openids for WeChat, and therefore no body.
    pub(crate) too_few: bool,
    /// The bodies.
    pub(crate) batches: Vec<WechatBatch>,
}

/// One request body.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct WechatBatch {
    /// The openids.
    pub(crate) touser: Vec<String>,
    /// Prevents a repeated request from being sent twice within 24 hours; at most 64 bytes.
    pub(crate) clientmsgid: String,
    /// Continues if the article is a reprint that the original allows.
    pub(crate) send_ignore_reprint: u8,
}

/// Splits the openids of a list into batches of 2 to 10,000. `members_sha256` becomes part of each `clientmsgid`.
///
/// # Errors
/// [`PushListError::TooFewForWechat`] for fewer than two openids.
pub(crate) fn wechat_batches(
    list_id: &str,
    members_sha256: &str,
    openids: Vec<String>,
) -> Result<WechatBatches, PushListError> {
    let count = openids.len();
    if count < MIN_OPENIDS {
        return Err(PushListError::TooFewForWechat(count));
    }
    let batches = bodies((list_id, members_sha256), 1, openids);
    Ok(WechatBatches { push_list_id: list_id.to_owned(), openids: count, batches, variants: Vec::new() })
}

/// Like [`wechat_batches`] for each variant with its openids. The batches of the list are numbered through all variants. A
/// variant with fewer than two openids has no body.
///
/// # Errors
/// [`PushListError::TooFewForWechat`] if no variant has two openids.
pub(crate) fn variant_batches<'a>(
    list_id: &str,
    members_sha256: &str,
    variants: impl Iterator<Item = (&'a ListVariant, Vec<String>)>,
) -> Result<WechatBatches, PushListError> {
    let mut number = 1;
    let made = |(variant, openids): (&ListVariant, Vec<String>)| {
        let (count, too_few) = (openids.len(), openids.len() < MIN_OPENIDS);
        let openids = if too_few { Vec::new() } else { openids };
        let batches = bodies((list_id, members_sha256), number, openids);
        number += batches.len() as u32;
        VariantBatches {
            variant: variant.name.clone(),
            item_id: variant.item_id.clone(),
            title: variant.shown_title().to_owned(),
            openids: count,
            too_few,
            batches,
        }
    };
    let variants: Vec<VariantBatches> = variants.map(made).collect();
    let openids = variants.iter().map(|variant| variant.openids).sum();
    if variants.iter().all(|variant| variant.too_few) {
        return Err(PushListError::TooFewForWechat(openids));
    }
    let sent = variants.iter().filter(|variant| !variant.too_few).map(|variant| variant.openids).sum();
    Ok(WechatBatches { push_list_id: list_id.to_owned(), openids: sent, batches: Vec::new(), variants })
}

/// Bodies for these openids, numbered from `first`.
fn bodies((list_id, members_sha256): (&str, &str), first: u32, openids: Vec<String>) -> Vec<WechatBatch> {
    let sizes = batch_sizes(openids.len(), MAX_OPENIDS);
    let mut rest = openids.into_iter();
    let body = |(number, size)| WechatBatch {
        touser: rest.by_ref().take(size).collect(),
        clientmsgid: client_msg_id(list_id, number, members_sha256),
        send_ignore_reprint: 1,
    };
    (first..).zip(sizes).map(body).collect()
}

/// The `clientmsgid` of a batch: at most 64 bytes, and the same for a repeated request.
pub(crate) fn client_msg_id(list_id: &str, number: u32, members_sha256: &str) -> String {
    let hash = members_sha256.get(..8).unwrap_or(members_sha256);
    format!("zh-{list_id}-{number}-{hash}")
}

/// Full batches of `max` openids and a rest. A rest of one takes an openid of the batch before it, or joins it if that
/// has only two.
pub(crate) fn batch_sizes(count: usize, max: usize) -> Vec<usize> {
    let mut sizes = vec![max; count / max];
    match (count % max, sizes.last_mut()) {
        (0, _) => {}
        (rest, Some(last)) if rest < MIN_OPENIDS && *last > MIN_OPENIDS => {
            *last -= MIN_OPENIDS - rest;
            sizes.push(MIN_OPENIDS);
        }
        (rest, Some(last)) if rest < MIN_OPENIDS => *last += rest,
        (rest, _) => sizes.push(rest),
    }
    sizes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn last_batch_never_has_one_openid() {
        assert_eq!(batch_sizes(10_001, MAX_OPENIDS), [9_999, 2]);
        assert_eq!(batch_sizes(20_000, MAX_OPENIDS), [10_000, 10_000]);
        assert_eq!(batch_sizes(2, MAX_OPENIDS), [2]);
        assert_eq!(batch_sizes(5, 2), [2, 3]);
    }

    #[test]
    fn one_openid_is_refused_and_ids_differ_by_batch() {
        let openids = |count: usize| (0..count).map(|at| format!("o{at}")).collect::<Vec<_>>();
        assert!(matches!(wechat_batches("pl_1", "ab", openids(1)), Err(PushListError::TooFewForWechat(1))));
        let list = "pl_0123456789abcdef";
        let made = wechat_batches(list, &"0".repeat(64), openids(10_001)).expect("two batches");
        assert_eq!(made.batches[1].touser, ["o9999", "o10000"]);
        assert_ne!(made.batches[0].clientmsgid, made.batches[1].clientmsgid);
        assert!(made.batches.iter().all(|batch| batch.clientmsgid.len() <= 64));
    }

    proptest! {
        #[test]
        fn batches_hold_everybody_once_within_the_limits(count in 2_usize..60_000, max in 2_usize..=MAX_OPENIDS) {
            let sizes = batch_sizes(count, max);
            prop_assert_eq!(sizes.iter().sum::<usize>(), count);
            prop_assert!(sizes.iter().all(|size| (MIN_OPENIDS..=max.max(3)).contains(size)));
        }
    }
}

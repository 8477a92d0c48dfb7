//! Bodies of WeChat's mass message to openids.

use serde::Serialize;

use super::error::PushListError;

/// Maximum and minimum number of openids in one request of `message/mass/send`.
pub(crate) const MAX_OPENIDS: usize = 10_000;
pub(crate) const MIN_OPENIDS: usize = 2;

/// The bodies for one list, in the order in which they should be sent.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct WechatBatches {
    /// The push list.
    pub(crate) push_list_id: String,
    /// Number of openids in all batches.
    pub(crate) openids: usize,
    /// Bodies of `POST /cgi-bin/message/mass/send`. Add the message itself, such as `mpnews` with its `media_id`.
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
    let mut rest = openids.into_iter();
    let batches = (1..).zip(batch_sizes(count, MAX_OPENIDS)).map(|(number, size)| WechatBatch {
        touser: rest.by_ref().take(size).collect(),
        clientmsgid: client_msg_id(list_id, number, members_sha256),
        send_ignore_reprint: 1,
    });
    Ok(WechatBatches { push_list_id: list_id.to_owned(), openids: count, batches: batches.collect() })
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

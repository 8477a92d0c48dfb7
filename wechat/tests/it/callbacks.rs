//! Callbacks from sender to receiver, and requests that must be refused.

use proptest::prelude::*;
use zhihui_wechat::callback::{
    CallbackError, CallbackEvent, CallbackMessage, CallbackQuery, CallbackReceiver, CallbackSender, MAX_BODY_BYTES,
    SealedCallback,
};

const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const APP_ID: &str = "wx1234567890abcdef";

fn sender(key: Option<&str>) -> CallbackSender {
    CallbackSender::new("token1", key, APP_ID).unwrap()
}

fn receiver(key: Option<&str>) -> CallbackReceiver {
    CallbackReceiver::new("token1", key, APP_ID).unwrap()
}

fn message() -> CallbackMessage {
    CallbackMessage {
        to_user_name: "gh_1".to_owned(),
        from_user_name: "oABC".to_owned(),
        create_time: 1_700_000_000,
        msg_id: None,
        event: CallbackEvent::Unsubscribe,
    }
}

fn query(sealed: &[(&'static str, String)]) -> CallbackQuery {
    let find = |wanted: &str| sealed.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.clone());
    CallbackQuery {
        signature: find("signature"),
        msg_signature: find("msg_signature"),
        timestamp: find("timestamp"),
        nonce: find("nonce"),
        encrypt_type: find("encrypt_type"),
        echostr: find("echostr"),
    }
}

fn seal(key: Option<&str>) -> SealedCallback {
    sender(key).seal(&message().to_xml(), "gh_1", 1_700_000_001, [9; 16])
}

#[test]
fn handshake_of_the_published_example_is_answered() {
    let receiver = CallbackReceiver::new("test", None, APP_ID).unwrap();
    let mut query = CallbackQuery {
        signature: Some("f21891de399b4e33a1a93c9a7b8a8fffb5a443ff".to_owned()),
        timestamp: Some("1410685589".to_owned()),
        nonce: Some("test".to_owned()),
        echostr: Some("4375120948345356249".to_owned()),
        ..CallbackQuery::default()
    };
    assert_eq!(receiver.handshake(&query), Ok("4375120948345356249"));
    query.echostr = None;
    assert_eq!(receiver.handshake(&query), Err(CallbackError::MissingParameter("echostr")));
    query.nonce = Some("tesu".to_owned());
    assert_eq!(receiver.handshake(&query), Err(CallbackError::WrongSignature));
    query.signature = None;
    assert_eq!(receiver.handshake(&query), Err(CallbackError::MissingParameter("signature")));
}

#[test]
fn sender_and_receiver_agree_on_the_handshake() {
    let sent = sender(Some(KEY)).handshake(1_700_000_000, "42", "echo");
    assert_eq!(receiver(Some(KEY)).handshake(&query(&sent)), Ok("echo"));
}

#[test]
fn message_is_opened_plain_and_encrypted() {
    for key in [None, Some(KEY)] {
        let sealed = seal(key);
        assert_eq!(receiver(key).open(&query(&sealed.query), sealed.body.as_bytes()), Ok(message()));
    }
}

#[test]
fn plain_message_is_refused_if_a_key_is_configured() {
    let sealed = seal(None);
    let opened = receiver(Some(KEY)).open(&query(&sealed.query), sealed.body.as_bytes());
    assert_eq!(opened, Err(CallbackError::NotEncrypted));
}

#[test]
fn encrypted_message_without_a_key_names_the_missing_key() {
    let sealed = seal(Some(KEY));
    assert_eq!(receiver(None).open(&query(&sealed.query), sealed.body.as_bytes()), Err(CallbackError::NoKey));
}

#[test]
fn plain_signature_does_not_replace_the_message_signature() {
    let sealed = seal(Some(KEY));
    let mut query = query(&sealed.query);
    query.msg_signature.clone_from(&query.signature);
    let receiver = receiver(Some(KEY));
    assert_eq!(receiver.open(&query, sealed.body.as_bytes()), Err(CallbackError::WrongSignature));
    query.msg_signature = None;
    let missing = CallbackError::MissingParameter("msg_signature");
    assert_eq!(receiver.open(&query, sealed.body.as_bytes()), Err(missing));
}

#[test]
fn too_large_requests_are_refused_before_they_are_parsed() {
    let body = vec![b'<'; MAX_BODY_BYTES + 1];
    let error = receiver(None).open(&query(&seal(None).query), &body).unwrap_err();
    assert!(matches!(error, CallbackError::TooLarge { .. }));
    let long = CallbackQuery { nonce: Some("n".repeat(5_000)), ..query(&seal(None).query) };
    assert!(matches!(receiver(None).open(&long, b"<xml/>"), Err(CallbackError::TooLarge { .. })));
}

#[test]
fn text_that_is_no_utf_8_is_refused() {
    let opened = receiver(None).open(&query(&seal(None).query), b"<xml>\xff\xfe</xml>");
    assert!(matches!(opened, Err(CallbackError::InvalidXml(_))));
}

/// Returns a text with one bit of one of its ASCII characters changed, still ASCII.
fn flip(text: &str, at: usize, bit: u32) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let at = at % bytes.len();
    bytes[at] ^= 1 << (bit % 7);
    String::from_utf8(bytes).unwrap()
}

proptest! {
    #[test]
    fn any_flipped_bit_of_the_signed_parts_is_refused(part in 0..4_usize, at: usize, bit: u32) {
        let sealed = seal(Some(KEY));
        let mut query = query(&sealed.query);
        let mut body = sealed.body;
        let parts = [&mut query.msg_signature, &mut query.timestamp, &mut query.nonce];
        if let Some(value) = parts.into_iter().nth(part) {
            *value = value.as_deref().map(|text| flip(text, at, bit));
        } else {
            let start = body.find("<Encrypt><![CDATA[").unwrap() + "<Encrypt><![CDATA[".len();
            let end = body[start..].find("]]>").unwrap() + start;
            let flipped = flip(&body[start..end], at, bit);
            body.replace_range(start..end, &flipped);
        }
        prop_assert!(receiver(Some(KEY)).open(&query, body.as_bytes()).is_err());
    }

    #[test]
    fn any_body_is_opened_or_refused_without_a_panic(body: Vec<u8>) {
        let query = query(&seal(None).query);
        let _ = receiver(None).open(&query, &body);
        let _ = receiver(Some(KEY)).open(&query, &body);
    }
}

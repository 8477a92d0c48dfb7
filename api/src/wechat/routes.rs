//! `/wechat/callback`: what WeChat reports to the server of an account.
//!
//! Answers after the event is on disk, within milliseconds; WeChat waits five seconds and repeats a callback three times.

use axum::body::Bytes;
use axum::extract::State;
use zhihui_data::{ErasedIds, Event};
use zhihui_wechat::callback::{CallbackError, CallbackEvent, CallbackQuery, CallbackReceiver};

use super::revocation::{Revocation, settle_revocations};
use super::translate::event_of;
use crate::middleware::problem::{Code, Problem};
use crate::push_lists::sending::result::store_result;
use crate::service::Service;
use crate::store::inbox::append::EventReceipt;
use crate::teams::database::end_waits;
use crate::web::extract::QueryParams;

/// What WeChat takes for "received".
const RECEIVED: &str = "success";

/// Answers WeChat's check of the server: returns `echostr` if the signature is right.
#[utoipa::path(get, path = "/wechat/callback", tag = "wechat", operation_id = "check_wechat_callback",
    params(CallbackParameters), responses((status = 200, description = "`echostr`", body = String)))]
pub(crate) async fn check(
    State(service): State<Service>,
    QueryParams(query): QueryParams<CallbackQuery>,
) -> Result<String, Problem> {
    let answer = receiver(&service)?.handshake(&query).map_err(|error| refused(&error))?;
    Ok(answer.to_owned())
}

/// Takes a callback: a follower who comes or goes, a use of the menu, a withdrawn permission, or the result of a mass
/// message. A member who withdraws a permission for stored data is erased. A repeated callback changes nothing.
#[utoipa::path(post, path = "/wechat/callback", tag = "wechat", operation_id = "receive_wechat_callback",
    params(CallbackParameters), request_body(content = String, content_type = "text/xml"),
    responses((status = 200, description = "`success`", body = String)))]
pub(crate) async fn receive(
    State(service): State<Service>,
    QueryParams(query): QueryParams<CallbackQuery>,
    body: Bytes,
) -> Result<&'static str, Problem> {
    let message = receiver(&service)?.open(&query, &body).map_err(|error| refused(&error))?;
    if let CallbackEvent::MassSendFinished(result) = &message.event {
        store_result(&service, result).await?;
        return Ok(RECEIVED);
    }
    let event = event_of(&message, service.settings.wechat.links.as_ref(), service.now());
    if let Some(event) = event.filter(|event| !is_erased(&service.live.erased(), event)) {
        let writer = service.events.get();
        let writer = writer.ok_or_else(|| Problem::new(Code::NotStored, "this service stores no events"))?;
        let receipts = writer.append(vec![event.clone()]).await?;
        end_waits(&service, std::slice::from_ref(&event)).await?;
        settle_revocations(&service, std::slice::from_ref(&event)).await?;
        if let Some(revocation) = Revocation::of(&message.event) {
            revocation.carry_out(&service, receipts.contains(&EventReceipt::Accepted)).await?;
        }
    }
    Ok(RECEIVED)
}

/// The query of a callback.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters in the OpenAPI document")]
struct CallbackParameters {
    /// SHA-1 of the sorted token, timestamp and nonce.
    signature: Option<String>,
    /// The same with the encrypted message.
    msg_signature: Option<String>,
    /// Seconds since 1970.
    timestamp: Option<String>,
    /// A random text.
    nonce: Option<String>,
    /// `aes` for an encrypted message.
    encrypt_type: Option<String>,
    /// The text to return, only when WeChat checks the server.
    echostr: Option<String>,
}

fn receiver(service: &Service) -> Result<&CallbackReceiver, Problem> {
    let missing = || Problem::new(Code::NotFound, "callbacks are off; set wechat.token in zhihui.toml");
    service.settings.wechat.receiver.as_ref().ok_or_else(missing)
}

fn refused(error: &CallbackError) -> Problem {
    let detail = error.to_string();
    match error {
        CallbackError::MissingParameter(name) => Problem::invalid(name, detail),
        CallbackError::InvalidXml(_) | CallbackError::InvalidElement(_) => Problem::new(Code::InvalidBody, detail),
        CallbackError::TooLarge { .. } => Problem::new(Code::BodyTooLarge, detail),
        _ => Problem::new(Code::WrongSignature, detail),
    }
}

fn is_erased(erased: &ErasedIds, event: &Event) -> bool {
    event.openid.as_deref().is_some_and(|openid| erased.has_openid(openid))
}

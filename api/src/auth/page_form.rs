//! A form of a page: who sent it, and its fields. A form without the token of its session is refused.

use axum::Form;
use axum::body::{Body, Bytes};
use axum::extract::rejection::FormRejection;
use axum::extract::{FromRequest, FromRequestParts as _, Request};
use axum::http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use super::caller::Caller;
use super::csrf;
use crate::middleware::problem::{Code, Problem};
use crate::service::Service;
use crate::web::extract::read;

/// A URL-encoded form that was sent from a page of this service, or with a key.
pub(crate) struct PageForm<T> {
    pub(crate) caller: Caller,
    pub(crate) fields: T,
}

/// A button without other fields.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct ButtonForm {
    /// CSRF token of the page. Every form of a page has it, also those whose schema does not name it.
    #[serde(default)]
    csrf: String,
}

impl<T: DeserializeOwned> FromRequest<Service> for PageForm<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, service: &Service) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let caller = Caller::from_request_parts(&mut parts, service).await?;
        let bytes = read(Request::from_parts(parts.clone(), body), service).await?;
        let button = match parse::<ButtonForm>(&parts, &bytes).await {
            Ok(button) => button,
            Err(FormRejection::InvalidFormContentType(_)) => {
                let detail = "set the header Content-Type to application/x-www-form-urlencoded";
                return Err(Problem::new(Code::UnsupportedMediaType, detail));
            }
            Err(_) => ButtonForm::default(),
        };
        csrf::check(&caller, &parts.headers, &button.csrf)?;
        let detail = "a field is missing, repeated or of the wrong type; see /docs";
        let fields = parse(&parts, &bytes).await.map_err(|_| Problem::new(Code::InvalidBody, detail))?;
        Ok(Self { caller, fields })
    }
}

async fn parse<T: DeserializeOwned>(parts: &Parts, bytes: &Bytes) -> Result<T, FormRejection> {
    let request = Request::from_parts(parts.clone(), Body::from(bytes.clone()));
    Form::from_request(request, &()).await.map(|Form(fields)| fields)
}

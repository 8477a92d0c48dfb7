//! How recommendations are made, for whoever shows it to members.

use axum::extract::State;

use super::json::Answer;
use super::take::Spoken;
use crate::explanation::Explanation;
use crate::schema;
use crate::service::Service;

/// How recommendations are made, which data they use, and how to refuse them, in plain words.
#[utoipa::path(get, path = "/v1/explanation", tag = "members", responses((status = 200, body = schema::Explanation)))]
pub(super) async fn explanation(State(service): State<Service>, Spoken(language): Spoken) -> Answer<Explanation> {
    Answer(Explanation::new(language, &service.sensitive_topics()))
}

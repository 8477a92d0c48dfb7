//! The form that uploads an exclusion list: a file or pasted ids.

use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::http::{HeaderMap, StatusCode};
use utoipa::ToSchema;

use super::error::ExclusionError;
use super::ids::read_ids;
use super::record::ExclusionListInfo;
use super::routes::read_day;
use crate::auth::caller::Caller;
use crate::auth::csrf;
use crate::middleware::problem::{Code, Problem};
use crate::service::Service;

/// The upload form. The token must come first.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the schema; the form is read as a stream")]
pub(crate) struct ExclusionForm {
    /// CSRF token of the page.
    #[schema(required = false)]
    csrf: String,
    /// Name.
    name: String,
    /// Why these members are left out.
    #[schema(required = false)]
    purpose: String,
    /// The last day, such as `2027-03-31`.
    #[schema(required = false)]
    until: String,
    /// `true` if the list applies to every audience.
    #[schema(required = false)]
    always: String,
    /// Pasted ids.
    #[schema(required = false)]
    ids: String,
    /// A file with ids: csv, txt or xlsx.
    #[schema(format = Binary, required = false)]
    file: String,
}

/// The form as it was filled in.
#[derive(Debug, Clone, Default)]
pub(crate) struct SentForm {
    pub(crate) name: String,
    pub(crate) purpose: String,
    pub(crate) until: String,
    pub(crate) always: bool,
    /// Pasted ids.
    pub(crate) pasted: String,
    /// Name and content of the file.
    file: Option<(String, Vec<u8>)>,
}

impl SentForm {
    /// Reads the form, within the limit of the route's body.
    pub(crate) async fn read(
        service: &Service,
        caller: &Caller,
        headers: &HeaderMap,
        mut form: Multipart,
    ) -> Result<Self, Problem> {
        let mut sent = Self::default();
        let mut is_genuine = caller.is_key;
        let reading = async {
            while let Some(field) = form.next_field().await.map_err(multipart_problem)? {
                let name = field.name().unwrap_or_default().to_owned();
                if name == csrf::FIELD {
                    csrf::check(caller, headers, &field.text().await.map_err(multipart_problem)?)?;
                    is_genuine = true;
                    continue;
                }
                if !is_genuine {
                    return Err(csrf::refusal());
                }
                sent.take(&name, field).await?;
            }
            if is_genuine { Ok(sent) } else { Err(csrf::refusal()) }
        };
        let slow = || Problem::new(Code::SlowRequest, "the file took too long to arrive; send it again");
        tokio::time::timeout(service.settings.server.request_timeout, reading).await.map_err(|_| slow())?
    }

    async fn take(&mut self, name: &str, field: Field<'_>) -> Result<(), Problem> {
        if name == "file" {
            let name = field.file_name().unwrap_or_default().to_owned();
            let bytes = field.bytes().await.map_err(multipart_problem)?;
            self.file = (!name.is_empty()).then(|| (name, bytes.to_vec()));
            return Ok(());
        }
        let text = field.text().await.map_err(multipart_problem)?;
        match name {
            "name" => self.name = text,
            "purpose" => self.purpose = text,
            "until" => self.until = text,
            "always" => self.always = text == "true",
            "ids" => self.pasted = text,
            _ => {}
        }
        Ok(())
    }

    /// What the form says about the list.
    pub(crate) fn info(&self) -> Result<ExclusionListInfo, ExclusionError> {
        let filled = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let until = filled(&self.until).map(|until| read_day(&until)).transpose()?;
        Ok(ExclusionListInfo { name: self.name.clone(), purpose: filled(&self.purpose), always: self.always, until })
    }

    /// The ids of the file and the pasted ones. Reads a workbook, so call it where blocking is allowed.
    pub(crate) fn ids(&self, service: &Service) -> Result<Vec<String>, ExclusionError> {
        let mut ids = if self.pasted.trim().is_empty() { Vec::new() } else { read_ids(self.pasted.as_bytes())? };
        if let Some((name, bytes)) = &self.file {
            ids.extend(service.exclusion_ids(name, bytes)?);
        }
        match ids.len() {
            0 => Err(ExclusionError::Empty),
            count if count > super::ids::MAX_IDS => Err(ExclusionError::TooMany),
            _ => Ok(ids),
        }
    }
}

impl Service {
    /// Reads the ids of a file: a workbook by the end of its name, otherwise text. Blocks.
    ///
    /// # Errors
    /// [`ExclusionError`] if the file cannot be read or has no or too many ids.
    pub fn exclusion_ids(&self, file_name: &str, bytes: &[u8]) -> Result<Vec<String>, ExclusionError> {
        let name = file_name.to_lowercase();
        if !name.ends_with(".xlsx") && !name.ends_with(".xls") {
            return read_ids(bytes);
        }
        let reader = self.ports.workbook_reader.as_ref().ok_or(ExclusionError::NoWorkbooks)?;
        let text = reader.read(bytes).map_err(|error| ExclusionError::BadWorkbook(error.to_string()))?;
        read_ids(&text)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "used with map_err")]
fn multipart_problem(error: MultipartError) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Problem::new(Code::BodyTooLarge, "the file is too large for an exclusion list; split it");
    }
    Problem::new(Code::InvalidBody, "the form ended early or is not multipart/form-data in UTF-8; send it again")
}

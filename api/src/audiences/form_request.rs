//! Loads the form of a request, and does what its button says.

use axum::http::Uri;

use super::builder::edit::Edit;
use super::builder::moves::Move;
use super::builder::node::Node;
use super::builder::node_key::NodeKey;
use super::drafts::AudienceDrafts;
use super::form::{AudienceForm, FormRequest};
use super::saved::SavedAudiences;
use crate::auth::caller::Caller;
use crate::middleware::problem::{Code, Problem};
use crate::service::Service;
use crate::store::error::StoreError;
use crate::web::locale::Locale;

/// Longest URL of a form in bytes. Proxies and browsers pass on 8 KiB.
pub(crate) const MAX_URL: usize = 6_000;

/// What the page shows after a button besides the form.
#[derive(Debug, Clone, Default)]
pub(crate) struct EditResult {
    /// The condition or group to go to.
    pub(crate) focus: Option<NodeKey>,
    /// How it was moved.
    pub(crate) moved: Option<Move>,
    /// Name of the picker that searches, and the text.
    pub(crate) search: Option<(String, String)>,
    /// Whether tables of unions contain all unions.
    pub(crate) all_unions: bool,
}

impl AudienceForm {
    /// The form of a URL, from the database if the URL names a draft.
    pub(crate) async fn load(service: &Service, caller: &Caller, uri: &Uri) -> Result<Self, Problem> {
        Ok(load(service, caller, FormRequest::from_uri(uri)?).await?.form)
    }

    /// Stores the form as a draft if its URL is too long; otherwise it needs none.
    pub(crate) async fn keep(&mut self, service: &Service, caller: &Caller) -> Result<(), Problem> {
        let draft = self.draft.take();
        if self.url("/audiences", None).len() > MAX_URL {
            let drafts = AudienceDrafts::new(&service.store);
            let stored = drafts.store((draft.as_deref(), &caller.name), &self.pairs(), service.now()).await;
            self.draft = Some(stored.map_err(StoreError::write_problem)?);
        }
        Ok(())
    }
}

/// Replaces the form by its draft, or its rule by that of a saved audience, if the request names one and sends neither.
pub(crate) async fn load(service: &Service, caller: &Caller, mut request: FormRequest) -> Result<FormRequest, Problem> {
    if let Some(id) = request.form.saved.as_deref().filter(|_| !request.has_fields && !request.has_rule) {
        let audience = SavedAudiences::new(&service.store).get(id, caller.union_id.as_deref()).await?;
        request.form.rule = Node::from_json(&audience.rule).unwrap_or_else(Node::everybody);
    }
    let Some(id) = request.form.draft.as_deref().filter(|_| !request.has_fields) else { return Ok(request) };
    let stored = AudienceDrafts::new(&service.store).load(id, &caller.name).await.map_err(StoreError::read_problem)?;
    let detail = "this draft is not yours or was removed after 30 days; choose the audience again";
    let pairs =
        stored.ok_or_else(|| Problem::new(Code::NotFound, detail).worded(Locale::both(|t| t.error_unknown_draft())))?;
    let form = AudienceForm { draft: Some(id.to_owned()), ..FormRequest::from_pairs(&pairs).form };
    Ok(FormRequest { form, ..request })
}

/// Does what the button of a request says.
pub(crate) fn apply(request: &mut FormRequest) -> EditResult {
    let all_unions = request.all_unions;
    let form = &mut request.form;
    let focus = |focus| EditResult { focus, all_unions, ..EditResult::default() };
    match request.edit.clone() {
        None => focus(None),
        Some(Edit::Add(key, what)) => focus(form.rule.add(&key, &what)),
        Some(Edit::Remove(key)) => focus(form.rule.remove(&key)),
        // A move that is not possible any more leaves the condition where it is.
        Some(Edit::Move(key, to)) => {
            let moved = form.rule.shift(&key, to);
            EditResult { moved: moved.is_some().then_some(to), ..focus(moved.or(Some(key))) }
        }
        Some(Edit::Find(picker)) => {
            let text = request.searches.iter().find(|(name, _)| *name == picker).map(|(_, text)| text.clone());
            focus(node_of(&picker).map(|(key, _)| key)).with_search(picker, text.unwrap_or_default())
        }
        Some(Edit::Pick(picker, value)) => match (node_of(&picker), picker.as_str()) {
            (Some((key, name)), _) => {
                form.rule.pick(&key, name, &value);
                focus(Some(key))
            }
            (None, field) if form.variants.add(field, &value) => focus(None),
            (None, "item_id") => {
                (form.item_id, form.topic) = (Some(value), None);
                form.selection.clear();
                focus(None)
            }
            (None, "topic") => {
                (form.item_id, form.topic) = (None, Some(value));
                form.selection.clear();
                focus(None)
            }
            _ => focus(None),
        },
        Some(Edit::Drop(picker, value)) => match (node_of(&picker), picker.as_str()) {
            (Some((key, name)), _) => {
                form.rule.drop_value(&key, name, &value);
                focus(Some(key))
            }
            (None, field) if form.variants.add(field, "") => focus(None),
            (None, "item_id") => {
                form.item_id = None;
                form.selection.clear();
                focus(None)
            }
            (None, "topic") => {
                form.topic = None;
                focus(None)
            }
            _ => focus(None),
        },
    }
}

impl EditResult {
    fn with_search(self, picker: String, text: String) -> Self {
        Self { search: Some((picker, text)), ..self }
    }
}

/// The node and the field of a picker inside the rule.
fn node_of(picker: &str) -> Option<(NodeKey, &str)> {
    let (key, name) = picker.split_once('.')?;
    Some((NodeKey::parse(key)?, name))
}

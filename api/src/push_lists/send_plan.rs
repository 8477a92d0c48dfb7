//! What a list is sent for, and what its members are checked for before that.

use super::error::PushListError;
use super::record::PushList;
use super::sent_item::SentItem;
use super::state::ListStep;
use super::variants::ListVariant;
use crate::exclusions::applied::exclusions_at_sending;
use crate::live::audience_query::AudienceQuery;
use crate::middleware::problem::Problem;
use crate::service::Service;

/// The item of a list, and the query whose exclusions and caps its members must pass.
#[derive(Debug, Clone)]
pub(crate) struct SendPlan {
    pub(crate) item: SentItem,
    pub(crate) query: AudienceQuery,
}

impl SendPlan {
    /// The plan of a list that may be sent.
    pub(crate) async fn of(service: &Service, list: &PushList, chosen: Option<&str>) -> Result<Self, Problem> {
        if list.state.after(ListStep::Export).is_none() {
            return Err(PushListError::WrongState { state: list.state, step: ListStep::Export }.into());
        }
        let live = service.live.current()?;
        let item = SentItem::of(list, chosen, live.engine.as_ref(), service.now())?;
        let exclusions = exclusions_at_sending(service, list, &item.id).await?;
        let variants = list.variants.iter().map(ListVariant::to_query).collect();
        let query = AudienceQuery { item_id: Some(item.id.clone()), exclusions, variants, ..AudienceQuery::default() };
        Ok(Self { item, query })
    }
}

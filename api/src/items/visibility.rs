//! Which counts a caller may see on the item pages.

use zhihui_engine::report::MinGroupSize;

use super::reach_cache::Visibility;
use crate::auth::caller::Caller;
use crate::auth::role::Role;

impl Visibility {
    pub(crate) fn new(caller: &Caller, fewest: MinGroupSize) -> Self {
        let hides_few = caller.role == Role::Leader || caller.union_id.is_some();
        Self { union: caller.union_id.clone(), hides_few: hides_few.then_some(fewest) }
    }
}

//! The items of a request with variants: a member must be able to join all of them, because only a hash decides which of
//! them the member gets.

use std::collections::HashMap;

use super::{
    AudienceError, AudienceRequest, AudienceRow, Selection, Target, Variant, VariantSplit,
    funnel::Funnel,
    selection::{OtherItem, QuotaMember, RankedMember, ResolvedTarget, VariantItems},
};
use crate::{Engine, Ineligible, Overlay, eligibility::ItemTerms};

/// The reason under which the funnel counts members who cannot join the item of another variant.
const EXCLUSION: &str = "variant_item";

impl Engine {
    /// Finds the items of the variants of a request.
    ///
    /// # Errors
    /// [`AudienceError`] if an item is unknown or not offered now.
    pub(super) fn variant_items(&self, request: &AudienceRequest) -> Result<VariantItems, AudienceError> {
        let mut found = VariantItems { target_share: 0.0, others: Vec::new() };
        for variant in &request.variants {
            let Some(id) = request.other_item(variant.item_id.as_deref()) else {
                found.target_share += variant.share;
                continue;
            };
            let row = self.item_row(id).ok_or_else(|| AudienceError::UnknownItem(id.to_owned()))?;
            let terms = ItemTerms::of(self.snapshot(), row);
            let not_offered =
                |why: Ineligible| AudienceError::VariantNotOffered { item: id.to_owned(), why: why.code() };
            terms.is_offered(request.now).map_err(not_offered)?;
            match found.others.iter_mut().find(|other| other.row() == row) {
                Some(other) => other.share += variant.share,
                None => found.others.push(OtherItem { terms, share: variant.share }),
            }
        }
        if request.variants.is_empty() {
            found.target_share = 1.0;
        }
        Ok(found)
    }

    /// The target, if it is an item, and the items of the variants.
    pub(super) fn pushed_items(&self, request: &AudienceRequest, target: ResolvedTarget) -> Vec<usize> {
        let ResolvedTarget::Item(target) = target else { return Vec::new() };
        let of_variants = request.variants.iter().filter_map(|variant| self.item_row(variant.item_id.as_deref()?));
        let mut items = vec![target];
        items.extend(of_variants.filter(|&item| item != target));
        items
    }

    /// Checks that a member can join the items of all variants.
    pub(super) fn check_variants(
        &self,
        overlay: &Overlay,
        items: &VariantItems,
        row: usize,
        now: i64,
    ) -> Result<(), &'static str> {
        let can_join = |other: &OtherItem| {
            self.is_eligible(overlay, &other.terms, row, now).is_ok()
                && self.is_new_in_audience(overlay.member(row), &other.terms).is_ok()
        };
        if items.others.iter().all(can_join) { Ok(()) } else { Err(EXCLUSION) }
    }

    /// Leaves out the members for whom the seats of another item are not enough, in the order of invitation. Of the members
    /// kept, only the share of its variants is expected to take seats of an item. Returns the probability of each member
    /// for each of the other items.
    pub(super) fn within_other_quotas(
        &self,
        overlay: &Overlay,
        (request, target): (&AudienceRequest, ResolvedTarget),
        items: &VariantItems,
        kept: &mut Vec<QuotaMember>,
        funnel: &mut Funnel,
    ) -> Vec<HashMap<u32, f64>> {
        let mut probabilities = Vec::with_capacity(items.others.len());
        for other in &items.others {
            let rows: Vec<u32> = kept.iter().map(|kept| kept.member.row).collect();
            let ranked = self.rank(overlay, ResolvedTarget::Item(other.row()), &rows, request.now);
            let of_other: HashMap<u32, f64> = ranked.iter().map(|member| (member.row, member.probability)).collect();
            let in_order: Vec<RankedMember> = kept
                .iter()
                .map(|kept| RankedMember {
                    probability: of_other.get(&kept.member.row).copied().unwrap_or_default(),
                    ..kept.member
                })
                .collect();
            // The hold-outs are those of the request, whatever the item.
            let (terms, selection) = ((target, Some(&other.terms)), (Selection::Likeliest, other.share));
            let quota = self.within_quota_of_share(overlay, request, terms, selection, &in_order);
            let before = kept.len();
            let mut fits = quota.kept.iter().map(|kept| kept.member.row).peekable();
            kept.retain(|kept| fits.next_if_eq(&kept.member.row).is_some());
            funnel.exclude(EXCLUSION, before - kept.len());
            probabilities.push(of_other);
        }
        probabilities
    }

    /// Gives every member a variant, and the probability for its item. Without a list, the members are not divided yet: a
    /// probability is then the mean over the items of the variants.
    pub(super) fn assign_variants(
        &self,
        request: &AudienceRequest,
        items: &VariantItems,
        probabilities: &[HashMap<u32, f64>],
        rows: &mut [AudienceRow],
    ) {
        if request.variants.is_empty() {
            return;
        }
        let of = |place: usize, member: usize| probabilities[place].get(&(member as u32)).copied().unwrap_or_default();
        if request.list.is_empty() {
            for row in rows {
                let of_others = (0..items.others.len()).map(|place| items.others[place].share * of(place, row.member));
                row.probability = items.target_share * row.probability + of_others.sum::<f64>();
            }
            return;
        }
        let split = VariantSplit::new(&request.salt, &request.list, &request.variants);
        let other_of = |id: &Option<String>| {
            let item = self.item_row(request.other_item(id.as_deref())?)?;
            items.others.iter().position(|other| other.row() == item)
        };
        let places: Vec<Option<usize>> = request.variants.iter().map(|variant| other_of(&variant.item_id)).collect();
        for row in rows {
            let variant = split.variant_of(&self.snapshot().members.id[row.member]);
            row.variant = Some(variant);
            if let Some(place) = places[variant] {
                row.probability = of(place, row.member);
            }
        }
    }
}

impl AudienceRequest {
    /// The variants that the members are divided among, each with its item.
    pub(super) fn list_variants(&self) -> Vec<Variant> {
        let (Target::Item(target) | Target::Topic(target)) = &self.target;
        let of_list = self.variants.iter().filter(|_| !self.list.is_empty());
        let with_item = |variant: &Variant| Variant {
            item_id: Some(variant.item_id.clone().unwrap_or_else(|| target.clone())),
            ..variant.clone()
        };
        of_list.map(with_item).collect()
    }

    /// The item of a variant, if it is not the target.
    fn other_item<'a>(&self, item_id: Option<&'a str>) -> Option<&'a str> {
        item_id.filter(|id| !matches!(&self.target, Target::Item(target) if target == id))
    }
}

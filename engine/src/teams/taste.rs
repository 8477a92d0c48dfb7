//! How similar the interests of two members are.

use crate::{
    Engine, Overlay,
    scoring::{Profile, dot},
};

/// A member's interests in numbers that can be compared.
#[derive(Debug, Default)]
pub(super) struct Interests {
    /// The member's vector in the factor model. Empty without one.
    vector: Vec<f32>,
    /// Log lift of the preference for each topic; 0 for unknown and sensitive topics. Empty without evidence.
    lifts: Vec<f32>,
}

/// What a member likes.
#[derive(Debug, Default)]
pub(super) struct Taste {
    pub(super) interests: Interests,
    profile: Profile,
}

impl Interests {
    /// Similarity from 0 to 1: of the vectors, or else of the topics. 0.5 if neither is known of both.
    pub(super) fn similarity(&self, other: &Self) -> f32 {
        let cosine = cosine(&self.vector, &other.vector).or_else(|| cosine(&self.lifts, &other.lifts));
        0.5 + 0.5 * cosine.unwrap_or(0.0)
    }
}

impl Taste {
    pub(super) fn of(engine: &Engine, overlay: &Overlay, row: usize) -> Self {
        let mut profile = Profile::default();
        let state = overlay.member(row);
        profile.load_evidence(engine, state);
        let snapshot = engine.snapshot();
        let vector = match (state.live.and_then(|live| live.vector(engine, Some(row))), &snapshot.model.factors) {
            (Some(vector), _) => vector.to_vec(),
            (None, Some(factors)) => {
                let rank = factors.rank as usize;
                factors.members[row * rank..(row + 1) * rank].to_vec()
            }
            (None, None) => Vec::new(),
        };
        let lift = |topic: u32| {
            if profile.deleted.contains(&topic) { 0.0 } else { engine.topic_lift(&profile, topic) }
        };
        let n_topics = if profile.evidence_total > 0.0 { snapshot.topics.len() as u32 } else { 0 };
        let lifts = (0..n_topics).map(lift).collect();
        Self { interests: Interests { vector, lifts }, profile }
    }

    /// The member's share of attention for the topics of an item. `None` if it has no topic that may be compared, or
    /// nothing is known.
    pub(super) fn share_of(&self, engine: &Engine, item: usize) -> Option<f32> {
        let topics = engine.snapshot().items.topics.row(item).iter();
        let known = topics.filter(|topic| !self.profile.deleted.contains(topic));
        known.filter_map(|&topic| engine.preference(&self.profile, topic)).reduce(|sum, share| sum + share)
    }

    /// Whether the member's own evidence for a topic is above that of all members.
    pub(super) fn likes(&self, engine: &Engine, topic: u32) -> bool {
        !self.profile.deleted.contains(&topic)
            && self.profile.evidence_for(topic) > 0.0
            && engine.topic_lift(&self.profile, topic) > 0.0
    }

    /// Whether the member deleted a topic.
    pub(super) fn has_deleted(&self, topic: u32) -> bool {
        self.profile.deleted.contains(&topic)
    }
}

fn cosine(left: &[f32], right: &[f32]) -> Option<f32> {
    if left.len() != right.len() {
        return None;
    }
    let norms = dot(left, left) * dot(right, right);
    let cosine = dot(left, right) / norms.sqrt();
    (norms > 0.0 && cosine.is_finite()).then_some(cosine.clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::cosine;

    #[test]
    fn cosine_needs_two_vectors_of_one_length_that_are_not_zero() {
        assert_eq!(cosine(&[1.0, 0.0], &[2.0, 0.0]), Some(1.0));
        assert_eq!(cosine(&[1.0, 0.0], &[-1.0, 0.0]), Some(-1.0));
        for (left, right) in [(&[][..], &[][..]), (&[0.0, 0.0][..], &[1.0, 0.0][..]), (&[1.0][..], &[1.0, 0.0][..])] {
            assert_eq!(cosine(left, right), None, "{left:?} {right:?}");
        }
    }
}

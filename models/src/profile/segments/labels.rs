//! Matches the segments of two runs, so that labels are stable.

/// Largest distance of matching centres: a quarter of the largest possible distance (√2).
const MAX_DISTANCE: f32 = 0.354;

/// Assigns each centre the label of the matching previous centre, nearest pairs first, or a new label.
///
/// Returns the labels and the next unused label.
pub(super) fn match_labels(
    centres: &[Vec<f32>],
    previous_centres: &[&[f32]],
    previous_labels: &[u32],
    first_new: u32,
) -> (Vec<u32>, u32) {
    let mut pairs: Vec<(f32, usize, usize)> = Vec::new();
    for (at, centre) in centres.iter().enumerate() {
        for (before, previous) in previous_centres.iter().enumerate() {
            let distance = centre.iter().zip(*previous).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt();
            if distance <= MAX_DISTANCE {
                pairs.push((distance, before, at));
            }
        }
    }
    pairs.sort_by(|left, right| left.0.total_cmp(&right.0).then((left.1, left.2).cmp(&(right.1, right.2))));
    let mut labels: Vec<Option<u32>> = vec![None; centres.len()];
    let mut taken = vec![false; previous_centres.len()];
    for (_, before, at) in pairs {
        if labels[at].is_none() && !taken[before] {
            labels[at] = Some(previous_labels[before]);
            taken[before] = true;
        }
    }
    let mut next = first_new;
    let mut fresh = || {
        next += 1;
        next - 1
    };
    let labels = labels.into_iter().map(|label| label.unwrap_or_else(&mut fresh)).collect();
    (labels, next)
}

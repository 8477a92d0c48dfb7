//! Binds texts that are derived from several columns to the columns of a table.

use std::sync::Arc;

use super::super::shape::{Derived, NumberText, Shape};
use super::{Origin, Plan};
use crate::config::Source;

impl Plan {
    /// Binds the derived texts of a shape to the columns that they are for.
    pub(super) fn bind_shape(
        &self,
        shape: &mut Shape,
        source: &Source,
        origins: &mut [Option<Origin>],
        (names, slots): (&[String], &[usize]),
    ) {
        shape.bind_lists(source, names, slots);
        for (at, column) in self.table.columns().iter().enumerate() {
            let mut derived = shape.place(column.name);
            let input = match (&origins[at], derived) {
                (_, Some(place)) => Some(slots.len() + place),
                (Some(Origin::Slot(slot)), None) => Some(*slot),
                // A look-up of numbers becomes a derived text itself.
                (Some(Origin::Lookup(..)), None) => Some(slots.len() + shape.derived.len()),
                _ => None,
            };
            if let Some(number) = input.and_then(|input| NumberText::of(source, column.name, column.kind, input)) {
                if let Some(Origin::Lookup(slot, values)) = &origins[at] {
                    shape.derived.push((column.name.to_owned(), Derived::Lookup(*slot, Arc::clone(values))));
                }
                derived = Some(shape.derived.len());
                shape.derived.push((column.name.to_owned(), Derived::Number(number)));
            }
            if let Some(place) = derived {
                origins[at] = Some(Origin::Slot(slots.len() + place));
            }
        }
    }
}

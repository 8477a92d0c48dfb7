//! Structures and lists of Parquet columns as text.

use arrow::array::{Array, ArrayRef, AsArray, GenericListArray, OffsetSizeTrait, StringArray, StringBuilder};
use arrow::datatypes::DataType;

use super::super::super::error::FileError;
use super::super::super::list_mark::LIST_MARK;
use super::text;

/// Adds the paths of all fields that are not structures themselves.
pub(super) fn add_paths(path: &str, kind: &DataType, paths: &mut Vec<String>) {
    match kind {
        DataType::Struct(fields) => {
            fields.iter().for_each(|field| add_paths(&format!("{path}.{}", field.name()), field.data_type(), paths));
        }
        DataType::List(element) | DataType::LargeList(element) if has_fields(element.data_type()) => {
            add_paths(path, element.data_type(), paths);
        }
        _ if paths.iter().any(|known| known == path) => {}
        _ => paths.push(path.to_owned()),
    }
}

fn has_fields(kind: &DataType) -> bool {
    match kind {
        DataType::Struct(_) => true,
        DataType::List(element) | DataType::LargeList(element) => has_fields(element.data_type()),
        _ => false,
    }
}

/// The texts at a path in a column. The path goes through lists. With `is_expanded`, lists keep all elements.
pub(super) fn text_at(column: &ArrayRef, path: &str, is_expanded: bool) -> Result<StringArray, FileError> {
    match column.data_type() {
        DataType::List(_) if is_expanded || !path.is_empty() => {
            let lists = column.as_list::<i32>();
            joined(lists, &text_at(lists.values(), path, false)?, is_expanded)
        }
        DataType::LargeList(_) if is_expanded || !path.is_empty() => {
            let lists = column.as_list::<i64>();
            joined(lists, &text_at(lists.values(), path, false)?, is_expanded)
        }
        DataType::Struct(_) if !path.is_empty() => {
            let (name, rest) = path.split_once('.').unwrap_or((path, ""));
            let structure = column.as_struct();
            let Some(field) = structure.column_by_name(name) else { return Ok(StringArray::new_null(column.len())) };
            let texts = text_at(field, rest, is_expanded)?;
            let value = |row: usize| (structure.is_valid(row) && texts.is_valid(row)).then(|| texts.value(row));
            Ok((0..texts.len()).map(value).collect())
        }
        _ => text(column),
    }
}

/// Joins the elements of lists. With `is_expanded`, begins each element with [`LIST_MARK`], so that empty ones count.
pub(super) fn joined<O: OffsetSizeTrait>(
    lists: &GenericListArray<O>,
    elements: &StringArray,
    is_expanded: bool,
) -> Result<StringArray, FileError> {
    let mut texts = StringBuilder::with_capacity(lists.len(), elements.value_data().len());
    let mut joined = String::new();
    for (row, range) in lists.offsets().windows(2).enumerate() {
        if lists.is_null(row) {
            texts.append_null();
            continue;
        }
        joined.clear();
        for element in range[0].as_usize()..range[1].as_usize() {
            let text = elements.is_valid(element).then(|| elements.value(element));
            if is_expanded {
                joined.push(LIST_MARK);
                // Lists within the list.
                joined.push_str(&text.unwrap_or_default().replace(LIST_MARK, ";"));
            } else if let Some(text) = text {
                if !joined.is_empty() {
                    joined.push(LIST_MARK);
                }
                joined.push_str(text);
            }
        }
        texts.append_value(&joined);
    }
    Ok(texts.finish())
}

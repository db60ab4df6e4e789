//! Record batches as JSON objects: text, numbers, booleans, lists and structs of them.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;
use serde_json::{Map, Value, json};

/// # Errors
/// A column of a type that has no JSON form; it is named.
pub fn rows_of(batch: &RecordBatch) -> Result<Vec<Map<String, Value>>, String> {
    let mut rows = vec![Map::new(); batch.num_rows()];
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        let values = values_of(column.as_ref()).map_err(|kind| {
            format!(
                "column '{}' is of type {kind}, which is not read; convert it to text or numbers",
                field.name()
            )
        })?;
        for (fields, value) in rows.iter_mut().zip(values) {
            fields.insert(field.name().clone(), value);
        }
    }
    Ok(rows)
}

fn values_of(array: &dyn Array) -> Result<Vec<Value>, String> {
    if let DataType::Dictionary(..) = array.data_type() {
        let dictionary = array.as_any_dictionary();
        let words = values_of(dictionary.values().as_ref())?;
        let keys = dictionary.normalized_keys();
        let value = |(row, key): (usize, usize)| match array.is_null(row) {
            true => Value::Null,
            false => words.get(key).cloned().unwrap_or_default(),
        };
        return Ok(keys.into_iter().enumerate().map(value).collect());
    }
    (0..array.len()).map(|row| value_of(array, row)).collect()
}

/// The name of the type where there is no JSON form.
fn value_of(array: &dyn Array, row: usize) -> Result<Value, String> {
    if array.is_null(row) {
        return Ok(Value::Null);
    }
    macro_rules! number {
        ($kind:ty) => {
            json!(array.as_primitive::<$kind>().value(row))
        };
    }
    Ok(match array.data_type() {
        DataType::Null => Value::Null,
        DataType::Boolean => json!(array.as_boolean().value(row)),
        DataType::Int8 => number!(Int8Type),
        DataType::Int16 => number!(Int16Type),
        DataType::Int32 => number!(Int32Type),
        DataType::Int64 => number!(Int64Type),
        DataType::UInt8 => number!(UInt8Type),
        DataType::UInt16 => number!(UInt16Type),
        DataType::UInt32 => number!(UInt32Type),
        DataType::UInt64 => number!(UInt64Type),
        // Through the shortest text, so that 0.1 stays 0.1.
        DataType::Float32 => {
            let value = array.as_primitive::<Float32Type>().value(row);
            value
                .to_string()
                .parse::<f64>()
                .map_or(Value::Null, |value| json!(value))
        }
        DataType::Float64 => number!(Float64Type),
        DataType::Utf8 => json!(array.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => json!(array.as_string::<i64>().value(row)),
        DataType::Utf8View => json!(array.as_string_view().value(row)),
        DataType::List(_) => list_of(array.as_list::<i32>().value(row).as_ref())?,
        DataType::LargeList(_) => list_of(array.as_list::<i64>().value(row).as_ref())?,
        DataType::FixedSizeList(..) => list_of(array.as_fixed_size_list().value(row).as_ref())?,
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns();
            let mut object = Map::new();
            for (field, column) in fields.iter().zip(columns) {
                object.insert(field.name().clone(), value_of(column.as_ref(), row)?);
            }
            Value::Object(object)
        }
        DataType::Dictionary(..) => {
            let one = array.slice(row, 1);
            values_of(one.as_ref())?.pop().unwrap_or_default()
        }
        other => return Err(other.to_string()),
    })
}

fn list_of(items: &dyn Array) -> Result<Value, String> {
    let items = (0..items.len()).map(|index| value_of(items, index));
    items
        .collect::<Result<Vec<Value>, String>>()
        .map(Value::Array)
}

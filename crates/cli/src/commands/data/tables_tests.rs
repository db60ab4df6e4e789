//! Tables that this test writes, read back; and damaged ones.

use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::builder::{Int64Builder, ListBuilder};
use arrow_array::{ArrayRef, Date32Array, Float32Array, Int64Array, StringArray, StructArray};
use arrow_ipc::writer::{FileWriter, StreamWriter};
use arrow_schema::{DataType, Field};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use super::*;

fn batch() -> RecordBatch {
    let vector = StructArray::from(vec![(
        Arc::new(Field::new("energy", DataType::Int64, false)),
        Arc::new(Int64Array::from(vec![3, 9])) as ArrayRef,
    )]);
    let mut tags = ListBuilder::new(Int64Builder::new());
    tags.append_value([Some(1), None]);
    tags.append_null();
    RecordBatch::try_from_iter([
        (
            "text",
            Arc::new(StringArray::from(vec!["夜の雨", "sun"])) as ArrayRef,
        ),
        ("vector", Arc::new(vector)),
        ("weight", Arc::new(Float32Array::from(vec![0.1, 2.5]))),
        ("tags", Arc::new(tags.finish())),
    ])
    .unwrap()
}

fn expected() -> Vec<Value> {
    vec![
        serde_json::json!({"text": "夜の雨", "vector": {"energy": 3}, "weight": 0.1, "tags": [1, null]}),
        serde_json::json!({"text": "sun", "vector": {"energy": 9}, "weight": 2.5, "tags": null}),
    ]
}

fn values(file: &SourceFile) -> Vec<Value> {
    file.rows
        .iter()
        .map(|row| Value::Object(row.fields.clone()))
        .collect()
}

fn parquet_file(dir: &Path, compression: Compression, batch: &RecordBatch) -> PathBuf {
    let path = dir.join("a.parquet");
    let properties = WriterProperties::builder()
        .set_compression(compression)
        .build();
    let file = File::create(&path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    path
}

#[test]
fn parquet_and_arrow_give_the_rows_that_were_written() {
    let dir = tempfile::tempdir().unwrap();
    let batch = batch();
    for compression in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::ZSTD(Default::default()),
    ] {
        let path = parquet_file(dir.path(), compression, &batch);
        let file = read_parquet(&path, "a.parquet").unwrap();
        assert_eq!(values(&file), expected(), "{compression:?}");
        assert_eq!(file.rows[1].row, 2);
    }
    let path = dir.path().join("a.arrow");
    let mut writer = StreamWriter::try_new(File::create(&path).unwrap(), &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    assert_eq!(values(&read_arrow(&path, "a.arrow").unwrap()), expected());
    let mut writer = FileWriter::try_new(File::create(&path).unwrap(), &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    assert_eq!(values(&read_arrow(&path, "a.arrow").unwrap()), expected());
}

#[test]
fn damaged_and_foreign_tables_are_refused_without_a_panic() {
    let dir = tempfile::tempdir().unwrap();
    let path = parquet_file(dir.path(), Compression::SNAPPY, &batch());
    let good = std::fs::read(&path).unwrap();
    let mut draws = gradus_analysis::Draws::new(5);
    for _ in 0..200 {
        let mut damaged = good.clone();
        for _ in 0..3 {
            let place = draws.index(damaged.len());
            damaged[place] = draws.index(256) as u8;
        }
        std::fs::write(&path, &damaged).unwrap();
        // Some damage leaves a readable table; none may end the program.
        let _ = read_parquet(&path, "a.parquet");
    }
    std::fs::write(&path, b"PAR1 this is none PAR1").unwrap();
    let error = read_parquet(&path, "a.parquet").unwrap_err().to_string();
    assert!(
        error.contains("can't be read") && error.contains("a.parquet"),
        "{error}"
    );
    let arrow = dir.path().join("a.arrow");
    std::fs::write(&arrow, b"ARROW1 this is none either").unwrap();
    assert!(read_arrow(&arrow, "a.arrow").is_err());
    let dates = Arc::new(Date32Array::from(vec![1])) as ArrayRef;
    let dates = RecordBatch::try_from_iter([("day", dates)]).unwrap();
    let path = parquet_file(dir.path(), Compression::UNCOMPRESSED, &dates);
    let error = read_parquet(&path, "a.parquet").unwrap_err().to_string();
    assert!(error.contains("column 'day'"), "{error}");
}

#[test]
fn csv_has_numbers_under_the_target_and_text_elsewhere() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.csv");
    let read = |text: &str| {
        std::fs::write(&path, text).unwrap();
        read_csv(&path, "a.csv", "vector").map_err(|error| error.to_string())
    };
    let file =
        read("id,text,vector.energy,vector.warmth\n1,\"rain, at\nnight\",3,2.5\n2,sun,9,0\n")
            .unwrap();
    let first = serde_json::json!({"id": "1", "text": "rain, at\nnight", "vector": {"energy": 3, "warmth": 2.5}});
    assert_eq!(values(&file)[0], first);
    assert_eq!((file.rows[0].row, file.rows[1].row), (2, 4));
    let error = read("text,vector.energy\na,3\nb,much\n").unwrap_err();
    assert!(
        error.starts_with("line 3: 'vector.energy' must be a number"),
        "{error}"
    );
    let error = read("text,vector.energy\na,3,4\n").unwrap_err();
    assert!(error.starts_with("line 2: the line has 3 cells"), "{error}");
    assert!(read("a,a\n1,2\n").unwrap_err().contains("repeated"));
    assert!(
        read("vector,vector.a\n1,2\n")
            .unwrap_err()
            .contains("exclude each other")
    );
    assert!(read("a,b\n").unwrap_err().contains("no rows"));
    assert!(read("").is_err());
}

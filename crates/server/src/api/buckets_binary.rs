//! Buckets of many series as columns of numbers that a page draws from without reading JSON.
//!
//! Little-endian: length of the header u32, the header (JSON, padded with spaces so that what follows
//! begins at a multiple of 8 bytes), then for each series one column after another, 64-bit floats.
//! Steps and counts are floats too; where there is no number, NaN.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::buckets::Found;

pub const CONTENT_TYPE: &str = "application/vnd.gradus.buckets";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BucketColumn {
    FirstSteps,
    LastSteps,
    FirstXs,
    LastXs,
    Counts,
    NanCounts,
    Mins,
    Maxs,
    Means,
    Lasts,
}

pub const ALL_COLUMNS: [BucketColumn; 10] = [
    BucketColumn::FirstSteps,
    BucketColumn::LastSteps,
    BucketColumn::FirstXs,
    BucketColumn::LastXs,
    BucketColumn::Counts,
    BucketColumn::NanCounts,
    BucketColumn::Mins,
    BucketColumn::Maxs,
    BucketColumn::Means,
    BucketColumn::Lasts,
];

#[derive(Serialize)]
struct Header<'a> {
    columns: &'a [BucketColumn],
    missing_runs: &'a [String],
    series: Vec<Place<'a>>,
}

#[derive(Serialize)]
struct Place<'a> {
    run: &'a str,
    key: &'a str,
    width: u64,
    /// Buckets, and so numbers of each column.
    n: usize,
    /// Of the first column, in bytes after the header.
    offset: usize,
}

pub fn encoded(
    found: &[Found],
    missing_runs: &[String],
    columns: &[BucketColumn],
) -> serde_json::Result<Vec<u8>> {
    let mut offset = 0;
    let series = found.iter().map(|one| {
        let place = Place {
            run: &one.run,
            key: &one.key,
            width: one.width,
            n: one.points.len(),
            offset,
        };
        offset += 8 * columns.len() * one.points.len();
        place
    });
    let header = Header {
        columns,
        missing_runs,
        series: series.collect(),
    };
    let mut header = serde_json::to_vec(&header)?;
    while (4 + header.len()) % 8 != 0 {
        header.push(b' ');
    }
    let mut out = Vec::with_capacity(4 + header.len() + offset);
    out.extend_from_slice(&(header.len() as u32).to_le_bytes());
    out.append(&mut header);
    for one in found {
        for column in columns {
            for point in &one.points {
                out.extend_from_slice(&point.number(*column).to_le_bytes());
            }
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::super::buckets::Point;
    use super::*;
    use gradus_store::Bucket;

    #[test]
    fn columns_lie_where_the_header_says() {
        let bucket = |step: i64, min: Option<f64>| Bucket {
            first_step: step,
            last_step: step + 4,
            count: 5,
            nan_count: if min.is_some() { 0 } else { 5 },
            min,
            max: min,
            sum: 0.0,
            last: f64::INFINITY,
        };
        let found = |run: &str, buckets: Vec<Bucket>| Found {
            run: run.into(),
            key: "loss".into(),
            width: 5,
            points: buckets.into_iter().map(Point::of_steps).collect(),
        };
        let all = [
            found("a", vec![bucket(0, Some(0.5)), bucket(5, None)]),
            found("b", vec![bucket(7, Some(-1.0))]),
        ];
        let columns = [
            BucketColumn::LastSteps,
            BucketColumn::Mins,
            BucketColumn::Lasts,
        ];
        let bytes = encoded(&all, &["gone".to_owned()], &columns).unwrap();
        let length = u32::from_le_bytes(bytes[..4].try_into().unwrap()) as usize;
        assert_eq!((4 + length) % 8, 0);
        let header: serde_json::Value = serde_json::from_slice(&bytes[4..4 + length]).unwrap();
        assert_eq!(header["missing_runs"], serde_json::json!(["gone"]));
        assert_eq!(
            header["columns"],
            serde_json::json!(["last_steps", "mins", "lasts"])
        );
        let body = &bytes[4 + length..];
        let numbers = |place: usize| -> Vec<f64> {
            let series = &header["series"][place];
            let (offset, n) = (
                series["offset"].as_u64().unwrap(),
                series["n"].as_u64().unwrap(),
            );
            let end = offset + 8 * n * columns.len() as u64;
            let own = &body[offset as usize..end as usize];
            let words = own.as_chunks::<8>().0;
            words.iter().map(|word| f64::from_le_bytes(*word)).collect()
        };
        let first = numbers(0);
        assert_eq!(first[..3], [4.0, 9.0, 0.5]);
        assert!(first[3].is_nan());
        assert_eq!(first[4..], [f64::INFINITY, f64::INFINITY]);
        assert_eq!(numbers(1), [11.0, -1.0, f64::INFINITY]);
        assert_eq!(body.len(), 8 * 9);
    }
}

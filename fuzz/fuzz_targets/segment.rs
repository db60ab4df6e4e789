//! A segment of unknown origin: footer, pages, lines, series.

#![no_main]

use std::path::PathBuf;

use gradus_store::segment::Segment;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(segment) = Segment::open(Box::new(data.to_vec()), PathBuf::from("fuzzed.seg")) {
        let _ = segment.lines(0..10_000, &(i64::MIN..=i64::MAX), |_, _, _| {});
        for column in segment.footer.columns.iter().take(20) {
            let _ = segment.values(&column.name, 0..10_000);
            let _ = segment.last_value(column, 10_000);
        }
    }
});

//! A `file_stream` body of a stranger, and every line in it; what was read must be written and read
//! again as the same.

#![no_main]

use gradus_wire::Json;
use gradus_wire::file_stream::{
    FileStreamLimits, FileStreamRequest, console_line, flattened, history_row,
};
use gradus_wire::json;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(request) = FileStreamRequest::decode(data, &FileStreamLimits::default()) else {
        return;
    };
    for line in request.chunks.iter().flat_map(|chunk| &chunk.lines) {
        let _ = console_line(line);
        let Ok(row) = history_row(line) else {
            continue;
        };
        let _ = flattened(&row.values);
        let values = Json::Object(row.values);
        let again = json::parse("the line", &values.to_line());
        assert_eq!(again.as_ref(), Ok(&values));
    }
});

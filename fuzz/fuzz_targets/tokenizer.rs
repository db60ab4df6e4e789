//! A `tokenizer.json`, and a text through it both ways.

#![no_main]

use gradus_engine::files::Tokenizer;
use gradus_engine::files::tokenizer::SpecialNames;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(tokenizer) = Tokenizer::from_json(bytes, SpecialNames::default()) {
        for special in [false, true] {
            if let Ok(tokens) = tokenizer.encode("an 12 <s> \u{e9}\n", special) {
                let _ = tokenizer.decode(&tokens);
            }
        }
    }
});

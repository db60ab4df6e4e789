//! A `.wandb` file of a stranger: framing, records, replay, console.

#![no_main]

use gradus_wire::console::{Console, Emulation};
use gradus_wire::offline::{OfflineRun, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(file) = read(data) {
        let run = OfflineRun::replay(file.events);
        for emulation in [Emulation::Official, Emulation::Erasing] {
            let _ = Console::lines_of(&run.output, emulation);
        }
        for artifact in &run.artifacts {
            let _ = artifact.manifest.digest();
        }
    }
});

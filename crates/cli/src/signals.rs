//! Ctrl-C and SIGTERM: the first asks for an orderly end, the second ends at once.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result};
use signal_hook::consts::{SIGINT, SIGTERM};

/// A flag that the signals set.
pub fn stop_flag() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // In this order: the flag is still unset when the first signal looks at it.
        signal_hook::flag::register_conditional_default(signal, stop.clone())
            .context("catching signals")?;
        signal_hook::flag::register(signal, stop.clone()).context("catching signals")?;
    }
    Ok(stop)
}

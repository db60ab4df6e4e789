//! Evidence is verified by what knows how rows are scored, which is not the server.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

type Verify = dyn Fn(&[u8]) -> Result<Value, String> + Send + Sync;

/// Verifies an evidence file: what was found, or why it could not be read at all.
#[derive(Clone)]
pub struct Verifier {
    verify: Arc<Verify>,
    /// It scores every row again: one at a time is enough.
    working: Arc<Mutex<()>>,
}

impl Verifier {
    pub fn new(verify: impl Fn(&[u8]) -> Result<Value, String> + Send + Sync + 'static) -> Self {
        Self {
            verify: Arc::new(verify),
            working: Arc::default(),
        }
    }

    pub fn verify(&self, evidence: &[u8]) -> Result<Value, String> {
        let _working = self.working.lock().unwrap_or_else(PoisonError::into_inner);
        (self.verify)(evidence)
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier")
    }
}

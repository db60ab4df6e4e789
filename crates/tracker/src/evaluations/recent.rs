//! What was read lately, by the hash of what it was read from, so that it can't be out of date.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Values with weights; the one that was not asked for longest makes way.
pub struct Recent<T> {
    kept: Mutex<VecDeque<(String, Arc<T>, u64)>>,
    most_weight: u64,
}

impl<T> Recent<T> {
    pub fn new(most_weight: u64) -> Self {
        Self {
            kept: Mutex::default(),
            most_weight,
        }
    }

    pub fn get(&self, key: &str) -> Option<Arc<T>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.iter().position(|(known, ..)| known == key)?;
        let found = kept.remove(place)?;
        let value = found.1.clone();
        kept.push_back(found);
        Some(value)
    }

    /// What is heavier than everything together may be is not kept.
    pub fn put(&self, key: String, value: Arc<T>, weight: u64) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(known, ..)| *known != key);
        kept.push_back((key, value, weight));
        let mut total: u64 = kept.iter().map(|(.., weight)| weight).sum();
        while total > self.most_weight
            && let Some((.., weight)) = kept.pop_front()
        {
            total -= weight;
        }
    }

    /// # Errors
    /// What making it fails with; nothing is kept then.
    pub fn get_or_make<E>(
        &self,
        key: &str,
        make: impl FnOnce() -> Result<(T, u64), E>,
    ) -> Result<Arc<T>, E> {
        if let Some(known) = self.get(key) {
            return Ok(known);
        }
        let (value, weight) = make()?;
        let value = Arc::new(value);
        self.put(key.to_owned(), value.clone(), weight);
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_last_stays() {
        let recent = Recent::new(10);
        for (key, weight) in [("a", 4), ("b", 4)] {
            recent.put(key.to_owned(), Arc::new(key), weight);
        }
        assert!(recent.get("a").is_some());
        recent.put("c".to_owned(), Arc::new("c"), 4);
        assert_eq!(recent.get("b"), None, "b was not asked for longest");
        assert!(recent.get("a").is_some() && recent.get("c").is_some());
        recent.put("d".to_owned(), Arc::new("d"), 11);
        assert_eq!(recent.get("d"), None);
        let made: Result<_, ()> = recent.get_or_make("e", || Ok(("e", 1)));
        assert_eq!(made.as_deref(), Ok(&"e"));
        assert!(recent.get_or_make("f", || Err(())).is_err());
        assert_eq!(recent.get("f"), None);
    }
}

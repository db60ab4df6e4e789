//! Time as an argument: whoever needs to know what time it is asks a [`Clock`].

/// Milliseconds since 1970 in UTC.
pub type UnixMillis = i64;

/// The wall clock. Nothing may rely on it never going back.
pub trait Clock: Send + Sync {
    fn now_unix_ms(&self) -> UnixMillis;
}

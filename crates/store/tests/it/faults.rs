//! A disk that fills up, fails and loses what was not synced.

//! What every route needs: who asks, whether they may, bodies within limits, answers.

pub mod address;
pub mod answer;
pub mod auth;
pub mod body;
pub mod guesses;

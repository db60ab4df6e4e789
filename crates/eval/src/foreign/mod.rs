//! Reading what other programs left behind, so that their runs can be looked at again. Pure: text
//! in, typed values or a complaint with its line out.

pub mod predictions;
pub mod submissions;

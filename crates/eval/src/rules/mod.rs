//! Rules as versioned data: tables that derive names from numbers ([`derive`]),
//! catalogues whose parts are chosen and scored ([`composition`]), and the keyword
//! baseline that answers from words alone ([`keywords`]).

pub mod composition;
pub mod derive;
pub mod keywords;

pub use composition::Catalogue;
pub use derive::{DerivationTable, Derivations};
pub use keywords::{KeywordRules, RuleAnswerer};

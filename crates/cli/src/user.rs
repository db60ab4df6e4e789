//! Who works on this machine.

/// The name that the first user of a store gets.
pub fn user_of_this_machine() -> String {
    let name = std::env::var("USER").or_else(|_| std::env::var("USERNAME"));
    let name = name.unwrap_or_default();
    let is_sound = |letter: &char| letter.is_ascii_alphanumeric() || "-_.".contains(*letter);
    let name: String = name.chars().filter(is_sound).collect();
    match name.as_str() {
        "" | "root" => "local".to_owned(),
        name => name.to_owned(),
    }
}

//! A release without the web app would show an empty page to everybody who opens it.

use std::path::Path;

fn main() {
    let index = Path::new("../../ui/dist/index.html");
    println!("cargo::rerun-if-changed=../../ui/dist");
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    if is_release && !index.is_file() {
        println!("cargo::error=the web app is not built; run `cargo xtask ui` first");
    }
}

//! Pages of a small made-up folder: escaping, completeness, and the whole page as a golden file.

use super::*;
use crate::pack::tests::sample_files;

fn page() -> Page {
    Page::of(&Material::read(&sample_files()).unwrap()).unwrap()
}

/// Set `UPDATE_GOLDEN=1` to write the file anew after looking at the difference.
#[track_caller]
fn is_golden(name: &str, text: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    assert!(
        text == golden,
        "{} differs; look at it, then UPDATE_GOLDEN=1",
        path.display()
    );
}

#[test]
fn the_page_is_the_golden_one() {
    let page = page();
    is_golden("report.html", &html::render(&page));
    is_golden("report.md", &markdown::render(&page));
}

#[test]
fn nothing_that_a_row_says_becomes_markup() {
    let text = html::render(&page());
    assert!(text.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(!text.contains("<script"));
    let markdown = markdown::render(&page());
    assert!(
        markdown.contains("<script>alert(1)</script>\n```"),
        "fenced, byte for byte"
    );
}

#[test]
fn the_page_fetches_nothing() {
    let text = html::render(&page());
    for word in ["src=", "@import", "url(", "<link", "<iframe"] {
        assert!(!text.contains(word), "{word}");
    }
    let addresses = text.matches("http").count();
    let namespaces = text.matches("xmlns=\"http://www.w3.org/2000/svg\"").count();
    let policies = text.matches("http-equiv=").count();
    assert_eq!(addresses, namespaces + policies);
}

#[test]
fn every_section_is_there_and_numbers_carry_their_rows() {
    let page = page();
    let ids: Vec<&str> = page.sections.iter().map(|section| section.id).collect();
    assert_eq!(
        ids,
        [
            "goal",
            "conclusion",
            "setup",
            "results",
            "metrics",
            "dimensions",
            "training",
            "failures",
            "cycles",
            "cost",
            "sources"
        ]
    );
    let text = markdown::render(&page);
    assert!(text.contains("1.5 \\[1, 2\\] 2/2"), "{text}");
}

#[test]
fn numbers_are_rounded_away_from_zero_and_undefined_is_a_dash() {
    assert_eq!(number(None), "–");
    assert_eq!(number(Some(0.0625)), "0.063");
    assert_eq!(number(Some(-2.5)), "−2.5");
    assert_eq!(number(Some(1200.0)), "1200");
    assert_eq!(number(Some(0.000_02)), "2.0e-5");
    assert_eq!(number(Some(-0.0)), "0");
}

#[test]
fn an_empty_folder_is_refused() {
    let error = Page::of(&Material::default()).unwrap_err().to_string();
    assert!(error.contains("gradus eval"), "{error}");
}

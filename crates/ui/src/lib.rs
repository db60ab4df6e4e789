//! The built web app (`ui/dist`), embedded. Development builds read it from the folder where it was
//! built, so that a page can be changed without compiling; without it they have a notice to show.

use std::borrow::Cow;

use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../../ui/dist"]
#[cfg_attr(debug_assertions, allow_missing = true)]
struct Built;

/// A release that is compiled while the app is built anew must not end up without its page.
#[cfg(not(debug_assertions))]
const _: &[u8] = include_bytes!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../ui/dist/index.html"
));

/// One file of the web app.
#[derive(Debug, Clone)]
pub struct Asset {
    pub content: Cow<'static, [u8]>,
    pub content_type: &'static str,
    /// The content is compressed with gzip (RFC 1952).
    pub is_gzip: bool,
    /// SHA-256 of the content, in hexadecimal digits.
    pub hash: String,
    /// The name holds a hash of the content, so what was fetched once never changes.
    pub is_immutable: bool,
}

/// The file at a path such as `assets/index-1a2b3c4d.js`, compressed where there is such a copy and
/// the client takes it.
pub fn asset(path: &str, takes_gzip: bool) -> Option<Asset> {
    let content_type = content_type(path)?;
    let compressed = takes_gzip
        .then(|| Built::get(&format!("{path}.gz")))
        .flatten();
    let is_gzip = compressed.is_some();
    let file = compressed.or_else(|| Built::get(path))?;
    let hash = file.metadata.sha256_hash();
    Some(Asset {
        content: file.data,
        content_type,
        is_gzip,
        hash: hash.iter().map(|byte| format!("{byte:02x}")).collect(),
        is_immutable: path.starts_with("assets/"),
    })
}

/// The page that every address of the web app begins with. `base` is the path below which the
/// server answers, with a slash at its end; addresses in the page are relative to it.
pub fn page(base: &str) -> Option<String> {
    let file = Built::get("index.html")?;
    let html = String::from_utf8_lossy(&file.data);
    Some(with_base(&html, base))
}

/// What is shown where the web app is not built.
pub const NOTICE: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>gradus</title>\
<body style=\"font-family:system-ui;max-width:40rem;margin:4rem auto;padding:0 1rem\"><h1>gradus is up</h1>\
<p>The server answers; its web app is not built. In the repository: <code>cargo xtask ui</code>, \
then open this page again.</p></body></html>";

/// As `ui/index.html` has it.
const BASE: &str = "<base href=\"/\" />";

fn with_base(html: &str, base: &str) -> String {
    let mut escaped = String::with_capacity(base.len());
    for character in base.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            other => escaped.push(other),
        }
    }
    html.replacen(BASE, &format!("<base href=\"{escaped}\">"), 1)
}

/// `None` for what is no file of a web app.
fn content_type(path: &str) -> Option<&'static str> {
    let (_, extension) = path.rsplit_once('.')?;
    Some(match extension {
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "ico" => "image/x-icon",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "txt" => "text/plain; charset=utf-8",
        "wasm" => "application/wasm",
        "webmanifest" => "application/manifest+json",
        "woff2" => "font/woff2",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_is_the_server_s_and_can_not_leave_its_place() {
        let html = format!("<html><head>{BASE}<title>x</title></head></html>");
        let html = html.as_str();
        assert_eq!(
            with_base(html, "/gradus/"),
            "<html><head><base href=\"/gradus/\"><title>x</title></head></html>"
        );
        let hostile = with_base(html, "/\"><script>alert(1)</script>/");
        assert!(!hostile.contains("<script>"), "{hostile}");
    }

    #[test]
    fn what_is_built_is_there_with_its_scripts() {
        let built = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ui/dist/index.html");
        assert_eq!(page("/").is_some(), std::path::Path::new(built).is_file());
        let Some(page) = page("/") else { return };
        let scripts = page.split('"').filter(|text| text.ends_with(".js"));
        let missing: Vec<&str> = scripts
            .filter(|path| asset(path.trim_start_matches(['.', '/']), true).is_none())
            .collect();
        assert_eq!(missing, Vec::<&str>::new());
    }

    /// The source of the page is there also where it is not built.
    #[test]
    fn the_page_has_a_base_to_be_replaced() {
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ui/index.html");
        let html = std::fs::read_to_string(source).unwrap_or_default();
        assert!(html.contains(BASE), "{source}");
    }

    #[test]
    fn paths_that_are_no_files_are_nobodys() {
        for path in ["", "me/trials", "assets/", "../Cargo.toml", "a.b/c"] {
            assert!(asset(path, true).is_none(), "{path}");
        }
    }
}

//! `cargo xtask ui`: the web app, built into `ui/dist`, from where it is embedded; and its tests.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process::{execute, output};
use crate::served::Served;

const MINUTE: Duration = Duration::from_secs(60);
const OLDEST_NODE: u32 = 20;

/// Builds what is not built of the present sources.
pub fn build() -> Result<()> {
    install()?;
    let wanted = fingerprint(&sources()?)?;
    let stamp = folder().join("dist").join(".built-of");
    if std::fs::read_to_string(&stamp).is_ok_and(|built| built == wanted) {
        return Ok(());
    }
    execute(
        "building the web app",
        10 * MINUTE,
        &mut npm(&["run", "build"]),
    )?;
    std::fs::write(&stamp, wanted).with_context(|| format!("writing {}", stamp.display()))
}

/// Types, style and unit tests.
pub fn check() -> Result<()> {
    install()?;
    execute("npm run check", 10 * MINUTE, &mut npm(&["run", "check"]))
}

/// The pages in a real browser against `gradus` as it is built for tests.
pub fn browser(arguments: &[&str]) -> Result<()> {
    build()?;
    let chromium = chromium()?;
    let gradus = crate::target_dir().join("debug").join("gradus");
    let served = Served::start(&gradus, "ui", &[])?;
    fill(&gradus, &served, &[])?;
    let mut command = npm(&["run", "browser", "--"]);
    command
        .args(arguments)
        .env("CHROMIUM", chromium)
        .env("GRADUS", &gradus)
        .env("GRADUS_UI_URL", &served.url);
    execute("the pages in a browser", 20 * MINUTE, &mut command)
}

/// The data that the browser tests look at, by the API, by `gradus` itself and by the wandb client: `parts` of
/// `fill.mjs`, all where none is named.
pub fn fill(gradus: &Path, served: &Served, parts: &[&str]) -> Result<()> {
    let mut fill = Command::new("node");
    fill.arg("tests/data/fill.mjs")
        .args(parts)
        .current_dir(folder())
        .env("GRADUS", gradus)
        .env("GRADUS_UI_URL", &served.url)
        .env("GRADUS_UI_FOLDER", served.folder())
        .env("PYTHON", crate::wandb::client()?.python_path())
        .env("WANDB_API_KEY", &served.key);
    execute("filling the server", 10 * MINUTE, &mut fill)
}

/// `npm run bench` against a server that is filled; what it prints last is the result.
pub fn bench(served: &Served, parts: &[&str]) -> Result<Value> {
    install()?;
    let mut command = npm(&["run", "--silent", "bench", "--"]);
    command
        .args(parts)
        .env("CHROMIUM", chromium()?)
        .env("GRADUS_UI_URL", &served.url)
        .env_remove("GRADUS_UI_DIST");
    let told = output("measuring the pages", 30 * MINUTE, &mut command)?;
    // Before it stands what npm says of the first installation.
    let json = told.find("\n{").map_or(told.as_str(), |at| &told[at..]);
    serde_json::from_str(json).context("what was measured")
}

/// The packages of `package-lock.json`, once.
fn install() -> Result<()> {
    check_node()?;
    let wanted = fingerprint(&[folder().join("package-lock.json")])?;
    let stamp = folder().join("node_modules").join(".installed-of");
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let quiet = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
    execute("npm ci", 15 * MINUTE, &mut npm(&quiet))?;
    std::fs::write(&stamp, wanted).with_context(|| format!("writing {}", stamp.display()))
}

fn check_node() -> Result<()> {
    let help = format!(
        "the web app is built with Node {OLDEST_NODE} or newer and npm; install them (Debian: \
         `apt install nodejs npm`) and try again"
    );
    let mut asked = Command::new("node");
    let version = output("node --version", MINUTE, asked.arg("--version")).context(help.clone())?;
    let major = version.trim().trim_start_matches('v').split('.').next();
    let major: u32 = major.and_then(|text| text.parse().ok()).unwrap_or(0);
    if major < OLDEST_NODE {
        bail!("this is Node {}; {help}", version.trim());
    }
    Ok(())
}

/// The system's browser; one is installed where that is allowed.
fn chromium() -> Result<PathBuf> {
    if let Some(found) = std::env::var_os("CHROMIUM") {
        return Ok(found.into());
    }
    if let Some(found) = in_path() {
        return Ok(found);
    }
    eprintln!("no chromium here; installing Debian's");
    let mut update = Command::new("apt-get");
    let mut install = Command::new("apt-get");
    install.args(["install", "-y", "-q", "--no-install-recommends", "chromium"]);
    execute("apt-get update", 5 * MINUTE, update.args(["update", "-q"]))
        .and_then(|()| execute("apt-get install chromium", 15 * MINUTE, &mut install))
        .context("install chromium, or say with CHROMIUM where one is")?;
    in_path().context("chromium was installed and is not in PATH")
}

fn in_path() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let places = names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    places.into_iter().find(|place| place.is_file())
}

fn folder() -> PathBuf {
    crate::root().join("ui")
}

fn npm(arguments: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command.args(arguments).current_dir(folder());
    command
}

/// Everything that the built app is made of.
fn sources() -> Result<Vec<PathBuf>> {
    let mut found = vec![crate::root().join("docs").join("openapi.json")];
    let mut folders = vec![folder()];
    while let Some(folder) = folders.pop() {
        let entries =
            std::fs::read_dir(&folder).with_context(|| format!("listing {}", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default();
            let is_made = ["node_modules", "dist", "tests"]
                .iter()
                .any(|made| name == *made);
            match path.is_dir() {
                _ if is_made => {}
                true => folders.push(path),
                false => found.push(path),
            }
        }
    }
    found.sort();
    Ok(found)
}

fn fingerprint(files: &[PathBuf]) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    let root = crate::root();
    for file in files {
        let content = std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
        let name: &Path = file.strip_prefix(&root).unwrap_or(file);
        (name, content).hash(&mut hasher);
    }
    Ok(format!("{:016x}\n", hasher.finish()))
}

//! Serves the files of `static/` from the binary, under names that change with their content, so that browsers cache
//! them. Every page uses it; it writes nothing.

use std::collections::HashMap;
use std::sync::LazyLock;

use rust_embed::Embed;

use super::routes;

#[derive(Embed)]
#[folder = "static/"]
struct AssetFiles;

/// Path in `static/` by name in an address, and the other way round.
struct AssetNames {
    by_path: HashMap<String, String>,
    by_name: HashMap<String, String>,
}

static NAMES: LazyLock<AssetNames> = LazyLock::new(|| {
    let by_path: HashMap<String, String> = AssetFiles::iter()
        .filter_map(|path| {
            let file = AssetFiles::get(&path)?;
            let hash: String =
                data_encoding::HEXLOWER.encode(file.metadata.sha256_hash().first_chunk::<4>()?);
            let name = match path.rsplit_once('.') {
                Some((stem, kind)) => format!("{stem}.{hash}.{kind}"),
                None => format!("{path}.{hash}"),
            };
            Some((path.into_owned(), name))
        })
        .collect();
    let by_name = by_path.iter().map(|(path, name)| (name.clone(), path.clone())).collect();
    AssetNames { by_path, by_name }
});

/// The address of a file in `static/`.
pub fn url(path: &str) -> String {
    routes::asset(NAMES.by_path.get(path).map_or(path, String::as_str))
}

static ICONS: LazyLock<String> = LazyLock::new(|| url("icons.svg"));

/// The address of the sprite that holds every icon.
pub fn icons() -> &'static str {
    &ICONS
}

/// A file of `static/`.
pub struct StaticFile {
    /// Its content.
    pub content: Vec<u8>,
    /// What it is, as the header says it.
    pub content_type: &'static str,
    /// It was asked for by the name that changes with its content.
    pub is_hashed: bool,
}

/// The file that an address names.
pub fn find(name: &str) -> Option<StaticFile> {
    let hashed = NAMES.by_name.get(name).map(String::as_str);
    let path = hashed.unwrap_or(name);
    let content = AssetFiles::get(path)?.data.into_owned();
    Some(StaticFile { content, content_type: content_type(path), is_hashed: hashed.is_some() })
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, kind)| kind) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

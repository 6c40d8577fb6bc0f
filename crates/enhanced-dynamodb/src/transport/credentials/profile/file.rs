//! The format of the shared files, by the rules of the AWS SDKs and Tools Reference Guide ("Format of the config
//! file"): sections in brackets, `name = value`, comments, indented lines that continue the value above.

use std::collections::HashMap;

use zeroize::Zeroizing;

/// A profile's settings, names in lower case.
pub(super) type Properties = HashMap<String, Zeroizing<String>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileKind {
    /// Profiles are `[profile name]`, except `[default]`.
    Config,
    /// Profiles are `[name]`.
    Credentials,
}

/// What is wrong with a line. Its text is not shown: it may be a secret.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FileError {
    pub(super) line: usize,
    pub(super) what: &'static str,
}

/// Which section a line belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    /// Before the first one.
    None,
    /// The profile that is wanted.
    Wanted,
    /// The one that is wanted, as `[profile default]`: it replaces `[default]`.
    WantedByPrefix,
    Other,
}

/// The settings of one profile; `None` if the file does not have it. A profile that stands there several times is
/// one, and a name that stands there several times has its last value.
pub(super) fn profile(text: &str, kind: FileKind, wanted: &str) -> Result<Option<Properties>, FileError> {
    let mut section = Section::None;
    let mut plain: Option<Properties> = None;
    let mut prefixed: Option<Properties> = None;
    // The property that an indented line would continue.
    let mut last: Option<String> = None;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (at, line) in text.lines().enumerate() {
        let error = |what| FileError { line: at + 1, what };
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if line.starts_with('[') {
            section = self::section(line, kind, wanted).ok_or_else(|| error("a section has no ]"))?;
            last = None;
            match section {
                Section::Wanted => drop(plain.get_or_insert_default()),
                Section::WantedByPrefix => drop(prefixed.get_or_insert_default()),
                Section::None | Section::Other => {}
            }
            continue;
        }
        let properties = match section {
            Section::None => return Err(error("a setting stands before the first section")),
            Section::Wanted => plain.get_or_insert_default(),
            Section::WantedByPrefix => prefixed.get_or_insert_default(),
            Section::Other => &mut Properties::new(),
        };
        if line.starts_with([' ', '\t']) {
            let Some(name) = &last else { return Err(error("an indented line has no setting above it to continue")) };
            if let Some(value) = properties.get_mut(name) {
                value.push('\n');
                value.push_str(trimmed);
            }
            continue;
        }
        let Some((name, value)) = line.split_once('=') else { return Err(error("neither a section nor name = value")) };
        let name = name.trim().to_lowercase();
        if name.is_empty() {
            return Err(error("a setting has no name"));
        }
        properties.insert(name.clone(), Zeroizing::new(without_comment(value).trim().to_owned()));
        last = Some(name);
    }
    Ok(prefixed.or(plain))
}

/// The section that begins with this line; `None` if its bracket does not close.
fn section(line: &str, kind: FileKind, wanted: &str) -> Option<Section> {
    let (name, _comment) = line.strip_prefix('[')?.split_once(']')?;
    let name = name.trim();
    let prefixed = name.strip_prefix("profile").filter(|rest| rest.starts_with([' ', '\t'])).map(str::trim);
    Some(match (kind, prefixed) {
        (FileKind::Config, Some(name)) if name == wanted => Section::WantedByPrefix,
        (FileKind::Config, None) if name == "default" && wanted == "default" => Section::Wanted,
        (FileKind::Credentials, None) if name == wanted => Section::Wanted,
        (FileKind::Config | FileKind::Credentials, _) => Section::Other,
    })
}

/// A value without the comment behind it: a `#` or `;` with white space before it.
fn without_comment(value: &str) -> &str {
    let end = value.as_bytes().windows(2).position(|pair| matches!(pair, [b' ' | b'\t', b'#' | b';']));
    &value[..end.unwrap_or(value.len())]
}

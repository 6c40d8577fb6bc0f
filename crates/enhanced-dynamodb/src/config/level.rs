//! Which log lines are wanted, as `RUST_LOG` says it for this library.

/// The least weighty line that is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Everything.
    #[default]
    Info,
    /// What went wrong, and what was slow or sent again.
    Warn,
    /// What went wrong.
    Error,
    /// Nothing.
    Off,
}

impl Level {
    /// The level that a list of directives (`info,enhanced_dynamodb=warn`) has for this library; nothing if it has none.
    /// The list is for others too, so that what is not understood of it is nobody's error here.
    pub(crate) fn for_this_library(directives: &str) -> Option<Level> {
        let mut found: Option<(usize, Level)> = None;
        for directive in directives.split(',') {
            let (target, level) = match directive.trim().split_once('=') {
                Some((target, level)) => (target.trim(), level.trim()),
                None => ("", directive.trim()),
            };
            let ours = target.is_empty() || target == "enhanced_dynamodb";
            let Some(level) = Level::named(level).filter(|_| ours) else { continue };
            // The most exact one counts; of two equals the last.
            if found.is_none_or(|(length, _)| length <= target.len()) {
                found = Some((target.len(), level));
            }
        }
        found.map(|(_, level)| level)
    }

    fn named(name: &str) -> Option<Level> {
        match name.to_ascii_lowercase().as_str() {
            "off" => Some(Level::Off),
            "error" => Some(Level::Error),
            "warn" => Some(Level::Warn),
            "info" | "debug" | "trace" => Some(Level::Info),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Level;

    #[test]
    fn the_most_exact_directive_counts() {
        let of = Level::for_this_library;
        assert_eq!(of("warn"), Some(Level::Warn));
        assert_eq!(of("error,enhanced_dynamodb=debug"), Some(Level::Info));
        assert_eq!(of("enhanced_dynamodb=off, info"), Some(Level::Off));
        assert_eq!(of("hyper=error,Error"), Some(Level::Error));
        assert_eq!(of("hyper=trace,[span{field=1}]=debug"), None);
        assert_eq!(of(""), None);
        assert!(Level::Info < Level::Warn && Level::Warn < Level::Error && Level::Error < Level::Off);
    }
}

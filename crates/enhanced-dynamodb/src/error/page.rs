//! `docs/errors.md` explains every error: compared with the code.

use super::ErrorKind;

const DOCUMENT: &str = include_str!("../../../../docs/errors.md");

/// The cells of the rows of all tables whose head is this.
fn rows(head: &str) -> Vec<Vec<&'static str>> {
    let mut rows = Vec::new();
    let mut lines = DOCUMENT.lines();
    while let Some(line) = lines.next() {
        if line != head {
            continue;
        }
        rows.extend(
            lines
                .by_ref()
                .skip(1)
                .take_while(|line| line.starts_with('|'))
                .map(|line| line.trim_matches('|').split(" | ").map(|cell| cell.trim()).collect::<Vec<_>>()),
        );
    }
    rows
}

fn bare(name: &str) -> &str {
    name.trim_matches('`')
}

#[test]
fn every_error_kind_is_explained_once_under_its_code() {
    let explained = rows("| Code | Kind | What happened | What to do |");
    for kind in ErrorKind::ALL {
        let name = format!("{kind:?}");
        let found: Vec<_> = explained.iter().filter(|row| bare(row[1]) == name).collect();
        assert_eq!(found.len(), 1, "docs/errors.md has {} rows for {name}", found.len());
        assert_eq!(bare(found[0][0]), kind.code(), "the code of {name}");
        assert!(found[0].len() == 4 && found[0][2..].iter().all(|cell| cell.len() > 5), "{:?}", found[0]);
    }
    assert_eq!(explained.len(), ErrorKind::ALL.len(), "a row names no kind");
}

#[test]
fn every_other_name_is_the_error_that_the_page_says() {
    let others = rows("| Seen | The same as |");
    assert!(!others.is_empty());
    for row in others {
        for seen in row[0].split(", ").map(bare) {
            let kind = ErrorKind::from_code(seen);
            assert_eq!(kind.code(), bare(row[1]), "{seen}");
        }
    }
}

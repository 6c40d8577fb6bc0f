//! Reads update expressions: their sections, and what applying one twice would do.

use super::fragment::wire_type;
use super::placeholders::Placeholders;
use super::token::{Token, Tokens};
use crate::execute::ReplayClass;

/// A section of an update expression, begun by its keyword. An expression has each at most once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Set,
    Remove,
    Add,
    Delete,
}

impl Section {
    pub(crate) const ALL: [Section; 4] = [Section::Set, Section::Remove, Section::Add, Section::Delete];

    pub(crate) fn keyword(self) -> &'static str {
        match self {
            Section::Set => "SET",
            Section::Remove => "REMOVE",
            Section::Add => "ADD",
            Section::Delete => "DELETE",
        }
    }

    /// The section that a word begins. The four words are reserved, so no attribute goes by them bare.
    fn of(word: &str) -> Option<Section> {
        Section::ALL.into_iter().find(|section| section.keyword().eq_ignore_ascii_case(word))
    }
}

/// The sections of a text and what stands in each; nothing if the text does not begin with one.
pub(crate) fn sections(text: &str) -> Option<Vec<(Section, &str)>> {
    let mut starts: Vec<(Section, usize, usize)> = Vec::new();
    let mut tokens = Tokens::new(text);
    let mut before = tokens.position();
    while let Some(token) = tokens.next() {
        let section = match token {
            Token::Word(word) => Section::of(word),
            Token::Name(_) | Token::Value(_) | Token::Number(_) | Token::Sign(_) => None,
        };
        match section {
            Some(section) => starts.push((section, before, tokens.position())),
            None if starts.is_empty() => return None,
            None => {}
        }
        before = tokens.position();
    }
    let ends = starts.iter().skip(1).map(|(_, before, _)| *before).chain([text.len()]);
    starts.iter().zip(ends).map(|(&(section, _, from), to)| Some((section, text.get(from..to)?.trim()))).collect()
}

/// What applying this update twice would do.
///
/// Idempotent only if every clause is one of: SET of a path to a literal, or to `if_not_exists` of the same path and a
/// literal; REMOVE of a path; ADD or DELETE of a set; and no path has a list index. Whatever is not understood is not
/// idempotent.
pub(crate) fn update_replay_class(expression: &str, placeholders: &Placeholders<'_>) -> ReplayClass {
    match (Reader { tokens: Tokens::new(expression), placeholders }).idempotent() {
        Some(()) => ReplayClass::Idempotent,
        None => ReplayClass::NonIdempotent,
    }
}

/// Reads what is idempotent and ends with nothing at the first thing that is not, or is not understood.
struct Reader<'t, 'p> {
    tokens: Tokens<'t>,
    placeholders: &'p Placeholders<'p>,
}

/// A path without list indexes: where it begins, and how many names it has.
#[derive(Clone, Copy)]
struct Path<'t> {
    start: Tokens<'t>,
    levels: usize,
}

impl<'t> Reader<'t, '_> {
    fn idempotent(mut self) -> Option<()> {
        let mut seen = [false; 4];
        while let Some(token) = self.tokens.next() {
            let Token::Word(word) = token else { return None };
            let section = Section::of(word)?;
            let seen = seen.get_mut(section as usize)?;
            if std::mem::replace(seen, true) {
                return None;
            }
            self.action(section)?;
            while self.tokens.take_sign(',') {
                self.action(section)?;
            }
        }
        seen.contains(&true).then_some(())
    }

    fn action(&mut self, section: Section) -> Option<()> {
        let path = self.path()?;
        match section {
            Section::Set => {
                self.sign('=')?;
                if self.tokens.peek() == Some(Token::Word("if_not_exists")) {
                    self.tokens.next();
                    self.sign('(')?;
                    let tested = self.path()?;
                    self.same_path(path, tested)?;
                    self.sign(',')?;
                    self.literal()?;
                    self.sign(')')
                } else {
                    self.literal().map(drop)
                }
            }
            Section::Remove => Some(()),
            Section::Add | Section::Delete => {
                let value = self.literal()?;
                matches!(wire_type(value), b"SS" | b"NS" | b"BS").then_some(())
            }
        }
    }

    fn sign(&mut self, sign: char) -> Option<()> {
        self.tokens.take_sign(sign).then_some(())
    }

    fn literal(&mut self) -> Option<&[u8]> {
        match self.tokens.next()? {
            Token::Value(placeholder) => self.placeholders.resolve_value(placeholder),
            Token::Word(_) | Token::Name(_) | Token::Number(_) | Token::Sign(_) => None,
        }
    }

    fn path(&mut self) -> Option<Path<'t>> {
        let start = self.tokens;
        let mut levels = 1;
        self.name(self.tokens.peek()?)?;
        self.tokens.next();
        while self.tokens.take_sign('.') {
            let token = self.tokens.next()?;
            self.name(token)?;
            levels += 1;
        }
        match self.tokens.peek() {
            Some(Token::Sign('[')) => None,
            _ => Some(Path { start, levels }),
        }
    }

    /// The attribute name that a token is.
    fn name(&self, token: Token<'t>) -> Option<&str>
    where
        Self: 't,
    {
        match token {
            Token::Word(word) if Section::of(word).is_none() => Some(word),
            Token::Name(placeholder) => self.placeholders.resolve_name(placeholder),
            Token::Word(_) | Token::Value(_) | Token::Number(_) | Token::Sign(_) => None,
        }
    }

    fn same_path(&self, mut one: Path<'t>, mut other: Path<'t>) -> Option<()> {
        if one.levels != other.levels {
            return None;
        }
        for _ in 0..one.levels {
            if self.name(one.start.next()?)? != self.name(other.start.next()?)? {
                return None;
            }
            // The dots between the names.
            one.start.next();
            other.start.next();
        }
        Some(())
    }
}

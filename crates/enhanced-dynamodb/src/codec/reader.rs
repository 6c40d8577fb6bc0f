//! A pull reader over JSON bytes: the parts of a response around the items, and the strings inside them.

use std::borrow::Cow;
use std::ops::Range;

use super::DecodeError;
use super::text::find_quote_or_backslash;

type Result<T> = std::result::Result<T, DecodeError>;

/// A position in a JSON text.
pub(crate) struct Reader<'de> {
    pub(super) text: &'de str,
    pub(super) at: usize,
    /// How many maps, lists and sets of attribute values are open around the position.
    pub(super) level: u8,
}

/// Where a walk over an object or an array stands.
pub(crate) struct Members {
    first: bool,
}

impl<'de> Reader<'de> {
    /// # Errors
    /// If the bytes are not UTF-8.
    pub(crate) fn new(bytes: &'de [u8]) -> Result<Self> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Reader { text, at: 0, level: 0 }),
            Err(error) => Err(DecodeError::new(format!("the response is not UTF-8 at byte {}", error.valid_up_to()))),
        }
    }

    #[inline]
    pub(super) fn bytes(&self) -> &'de [u8] {
        self.text.as_bytes()
    }

    /// The next byte that is not white space; 0 at the end.
    #[inline]
    pub(super) fn peek(&mut self) -> u8 {
        let bytes = self.bytes();
        while let Some(&byte) = bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return byte;
            }
            self.at += 1;
        }
        0
    }

    #[inline]
    pub(super) fn eat(&mut self, byte: u8) -> Result<()> {
        if self.peek() == byte {
            self.at += 1;
            Ok(())
        } else {
            self.unexpected(&format!("`{}`", byte as char))
        }
    }

    #[cold]
    pub(super) fn unexpected<T>(&self, wanted: &str) -> Result<T> {
        Err(DecodeError::new(match self.text[self.at..].chars().next() {
            Some(found) => {
                format!("malformed response: expected {wanted} at byte {}, found `{}`", self.at, found.escape_default())
            }
            None => format!("malformed response: expected {wanted}, but the text ends at byte {}", self.at),
        }))
    }

    /// # Errors
    /// If anything but white space follows.
    pub(crate) fn end(&mut self) -> Result<()> {
        if self.peek() == 0 && self.at == self.text.len() { Ok(()) } else { self.unexpected("the end of the text") }
    }

    /// Enters an object.
    #[inline]
    pub(crate) fn object(&mut self) -> Result<Members> {
        self.eat(b'{')?;
        Ok(Members { first: true })
    }

    /// Enters an array.
    #[inline]
    pub(crate) fn array(&mut self) -> Result<Members> {
        self.eat(b'[')?;
        Ok(Members { first: true })
    }

    /// Enters an array, or passes over `null`.
    pub(crate) fn optional_array(&mut self) -> Result<Option<Members>> {
        if self.null() { Ok(None) } else { self.array().map(Some) }
    }

    /// Passes over `null` if it stands here.
    pub(crate) fn null(&mut self) -> bool {
        self.peek();
        let found = self.text[self.at..].starts_with("null");
        if found {
            self.at += 4;
        }
        found
    }

    /// A string, or nothing for `null`.
    pub(crate) fn optional_string(&mut self) -> Result<Option<String>> {
        if self.null() { Ok(None) } else { Ok(Some(self.string()?.into_owned())) }
    }

    /// A string: borrowed unless it holds an escape.
    #[inline]
    pub(crate) fn string(&mut self) -> Result<Cow<'de, str>> {
        self.eat(b'"')?;
        let bytes = self.bytes();
        let start = self.at;
        match find_quote_or_backslash(bytes, start) {
            Some(at) if bytes[at] == b'"' => {
                self.at = at + 1;
                Ok(Cow::Borrowed(&self.text[start..at]))
            }
            Some(at) => self.string_with_escapes(start, at),
            None => self.ends_in_string(),
        }
    }

    /// Passes over a string without looking at what its escapes mean.
    fn skip_string(&mut self) -> Result<()> {
        let bytes = self.bytes();
        let mut at = self.at + 1;
        while let Some(found) = find_quote_or_backslash(bytes, at) {
            at = found;
            if bytes[at] == b'"' {
                self.at = at + 1;
                return Ok(());
            }
            at += 2;
        }
        self.ends_in_string()
    }

    #[cold]
    fn ends_in_string<T>(&mut self) -> Result<T> {
        self.at = self.text.len();
        self.unexpected("the end of a string")
    }

    #[cold]
    fn string_with_escapes(&mut self, start: usize, mut at: usize) -> Result<Cow<'de, str>> {
        let bytes = self.bytes();
        let mut out = String::from(&self.text[start..at]);
        loop {
            let Some(found) = find_quote_or_backslash(bytes, at) else { return self.ends_in_string() };
            out.push_str(&self.text[at..found]);
            at = found;
            if bytes[at] == b'"' {
                self.at = at + 1;
                return Ok(Cow::Owned(out));
            }
            let Some(&escape) = bytes.get(at + 1) else { return self.ends_in_string() };
            self.at = at;
            at += 2;
            match escape {
                b'n' => out.push('\n'),
                b't' => out.push('\t'),
                b'r' => out.push('\r'),
                b'b' => out.push('\u{8}'),
                b'f' => out.push('\u{c}'),
                b'"' | b'\\' | b'/' => out.push(escape as char),
                b'u' => {
                    let (character, next) = self.unicode_escape(at)?;
                    out.push(character);
                    at = next;
                }
                _ => return self.unexpected("a JSON escape"),
            }
        }
    }

    /// The character of a `\u` escape whose digits begin at `at`, and where the text goes on.
    fn unicode_escape(&self, at: usize) -> Result<(char, usize)> {
        let unit = |at: usize| {
            let digits = self.text.get(at..at + 4).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
            digits.and_then(|digits| u32::from_str_radix(digits, 16).ok())
        };
        let Some(first) = unit(at) else { return self.unexpected("four hexadecimal digits") };
        if !(0xD800..0xDC00).contains(&first) {
            return match char::from_u32(first) {
                Some(character) => Ok((character, at + 4)),
                None => self.unexpected("a character, not half a surrogate pair"),
            };
        }
        let second = if self.text.get(at + 4..at + 6) == Some("\\u") { unit(at + 6) } else { None };
        match second.filter(|second| (0xDC00..0xE000).contains(second)) {
            Some(second) => match char::from_u32(0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00)) {
                Some(character) => Ok((character, at + 10)),
                None => self.unexpected("a surrogate pair"),
            },
            None => self.unexpected("the second half of a surrogate pair"),
        }
    }

    /// `true` or `false`.
    pub(crate) fn bool(&mut self) -> Result<bool> {
        self.peek();
        let rest = &self.text[self.at..];
        if rest.starts_with("true") {
            self.at += 4;
            Ok(true)
        } else if rest.starts_with("false") {
            self.at += 5;
            Ok(false)
        } else {
            self.unexpected("`true` or `false`")
        }
    }

    /// A JSON number.
    pub(crate) fn number<T: std::str::FromStr>(&mut self) -> Result<T> {
        self.peek();
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| !matches!(c, '0'..='9' | '-' | '+' | '.' | 'e' | 'E')).unwrap_or(rest.len());
        match rest[..end].parse() {
            Ok(number) => {
                self.at += end;
                Ok(number)
            }
            Err(_) => self.unexpected("a number"),
        }
    }

    /// Passes over one value of any kind and depth, without recursion.
    pub(crate) fn skip_value(&mut self) -> Result<()> {
        let mut depth = 0usize;
        loop {
            match self.peek() {
                b'"' => self.skip_string()?,
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                    continue;
                }
                b'}' | b']' if depth > 0 => {
                    depth -= 1;
                    self.at += 1;
                }
                b',' | b':' if depth > 0 => {
                    self.at += 1;
                    continue;
                }
                b'0'..=b'9' | b'-' | b't' | b'f' | b'n' => {
                    let bytes = self.bytes();
                    while bytes
                        .get(self.at)
                        .is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'+' | b'.'))
                    {
                        self.at += 1;
                    }
                }
                _ => return self.unexpected("a value"),
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// Where the reader stands; see [`rewind`](Reader::rewind).
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// Goes back to a place where the reader stood before.
    pub(crate) fn rewind(&mut self, position: usize) {
        debug_assert!(position <= self.at, "a reader rewinds to where it has been");
        self.at = position;
    }

    /// Passes over one value and says where it stands in the text.
    pub(crate) fn raw_value(&mut self) -> Result<Range<usize>> {
        self.peek();
        let start = self.at;
        self.skip_value()?;
        Ok(start..self.at)
    }
}

impl Members {
    /// The next member's name, or nothing at the end of the object. The member's value is read next.
    #[inline]
    pub(crate) fn next_key<'de>(&mut self, reader: &mut Reader<'de>) -> Result<Option<Cow<'de, str>>> {
        if !self.next(reader)? {
            return Ok(None);
        }
        let key = reader.string()?;
        reader.eat(b':')?;
        Ok(Some(key))
    }

    /// Whether there is another member; its name is read next.
    #[inline]
    pub(super) fn next(&mut self, reader: &mut Reader<'_>) -> Result<bool> {
        self.advance(reader, b'}', "`,` or `}`")
    }

    /// Whether there is another element; it is read next.
    #[inline]
    pub(crate) fn next_element(&mut self, reader: &mut Reader<'_>) -> Result<bool> {
        self.advance(reader, b']', "`,` or `]`")
    }

    #[inline]
    fn advance(&mut self, reader: &mut Reader<'_>, end: u8, wanted: &str) -> Result<bool> {
        match reader.peek() {
            byte if byte == end => {
                reader.at += 1;
                return Ok(false);
            }
            b',' if !self.first => reader.at += 1,
            _ if self.first => {}
            _ => return reader.unexpected(wanted),
        }
        self.first = false;
        Ok(true)
    }
}

/// The names of an object's members, and where their values stand.
pub(crate) fn members(json: &[u8]) -> Result<Vec<(String, Range<usize>)>> {
    let mut members = Vec::new();
    let mut reader = Reader::new(json)?;
    let mut object = reader.object()?;
    while let Some(name) = object.next_key(&mut reader)? {
        members.push((name.into_owned(), reader.raw_value()?));
    }
    Ok(members)
}

/// Where the value of an object's first member of this name stands.
pub(crate) fn member(json: &[u8], name: &str) -> Result<Option<Range<usize>>> {
    let mut reader = Reader::new(json)?;
    let mut object = reader.object()?;
    while let Some(found) = object.next_key(&mut reader)? {
        let at = reader.raw_value()?;
        if found == name {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

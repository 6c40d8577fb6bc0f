//! The words of the service's expression syntax.

/// One word or sign of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// A keyword, a function, or an attribute name.
    Word(&'a str),
    /// `#name`, with its `#`.
    Name(&'a str),
    /// `:value`, with its `:`.
    Value(&'a str),
    /// Digits.
    Number(&'a str),
    /// Any other character.
    Sign(char),
}

/// The tokens of a text, from a place in it on.
#[derive(Clone, Copy)]
pub(crate) struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Tokens { text, at: 0 }
    }

    /// Where the next token, or white space before it, begins.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// The next token, which is not taken.
    pub(crate) fn peek(mut self) -> Option<Token<'a>> {
        self.next()
    }

    /// Takes the next token if it is this sign.
    pub(crate) fn take_sign(&mut self, sign: char) -> bool {
        let mut after = *self;
        let found = after.next() == Some(Token::Sign(sign));
        if found {
            *self = after;
        }
        found
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let rest = self.text.get(self.at..)?;
        let trimmed = rest.trim_start();
        let first = trimmed.chars().next()?;
        let start = self.at + (rest.len() - trimmed.len());
        let word_end = |skip: usize| {
            let tail = trimmed.get(skip..).unwrap_or_default();
            skip + tail.bytes().take_while(|&byte| byte.is_ascii_alphanumeric() || byte == b'_').count()
        };
        let (length, kind): (usize, fn(&'a str) -> Token<'a>) = match first {
            '#' if word_end(1) > 1 => (word_end(1), Token::Name),
            ':' if word_end(1) > 1 => (word_end(1), Token::Value),
            '0'..='9' => (word_end(0), Token::Number),
            _ if first.is_ascii_alphabetic() || first == '_' => (word_end(0), Token::Word),
            other => {
                self.at = start + other.len_utf8();
                return Some(Token::Sign(other));
            }
        };
        self.at = start + length;
        trimmed.get(..length).map(kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_falls_into_the_services_tokens() {
        let tokens: Vec<_> = Tokens::new("SET #a.b[10]=:v_1 - 2x # :é").collect();
        assert_eq!(
            tokens,
            [
                Token::Word("SET"),
                Token::Name("#a"),
                Token::Sign('.'),
                Token::Word("b"),
                Token::Sign('['),
                Token::Number("10"),
                Token::Sign(']'),
                Token::Sign('='),
                Token::Value(":v_1"),
                Token::Sign('-'),
                Token::Number("2x"),
                Token::Sign('#'),
                Token::Sign(':'),
                Token::Sign('é'),
            ]
        );
    }
}

//! An error as one line for a person on call.

use std::fmt::{self, Write};
use std::time::Duration;

use super::{Error, ErrorKind};

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = &*self.0;
        let mut line = Line { out: f, last: ' ', in_break: false };
        if let Some(operation) = &error.operation {
            line.write_str(operation)?;
            if let Some(table) = &error.table {
                write!(line, " on table {table}")?;
            }
            line.write_str(": ")?;
        }
        line.write_str(&error.code)?;
        if !error.message.is_empty() {
            let more = error.attempts > 0 || error.kind == ErrorKind::DeadlineExceeded || !error.throttling.is_empty();
            let message = error.message.trim_end();
            write!(line, ": {}", if more { message.strip_suffix('.').unwrap_or(message) } else { message })?;
        }
        for reason in &error.throttling {
            write!(line, " [{}", reason.reason)?;
            if let Some(arn) = &reason.resource_arn {
                write!(line, " of {arn}")?;
            }
            line.write_str("]")?;
        }
        // How long is the whole matter of a deadline, even if it left no time for an attempt.
        if error.attempts > 0 || error.kind == ErrorKind::DeadlineExceeded {
            write!(line, " ({} attempt{} in ", error.attempts, if error.attempts == 1 { "" } else { "s" })?;
            write_elapsed(&mut line, error.elapsed)?;
            if let Some(id) = &error.request_id {
                write!(line, ", request {id}")?;
            }
            line.write_str(")")?;
        }
        if !error.advice.is_empty() {
            let after = if matches!(line.last, '.' | '!' | '?') { " " } else { ". " };
            write!(line, "{after}{}", error.advice)?;
        }
        Ok(())
    }
}

fn write_elapsed(line: &mut Line<'_, '_>, elapsed: Duration) -> fmt::Result {
    if elapsed >= Duration::from_secs(10) {
        write!(line, "{:.1} s", elapsed.as_secs_f64())
    } else {
        write!(line, "{} ms", elapsed.as_millis())
    }
}

/// Text on its way out, without its line breaks and other control characters: names and messages come from users and
/// from the network, and an error is one line of a log.
struct Line<'a, 'b> {
    out: &'a mut fmt::Formatter<'b>,
    last: char,
    /// After a break, until the next text.
    in_break: bool,
}

impl fmt::Write for Line<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|character| self.write_char(character))
    }

    fn write_char(&mut self, character: char) -> fmt::Result {
        if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}') {
            self.in_break = true;
            return Ok(());
        }
        if std::mem::take(&mut self.in_break) {
            if character == ' ' {
                self.in_break = true;
                return Ok(());
            }
            if self.last != ' ' {
                self.out.write_char(' ')?;
            }
        }
        self.last = character;
        self.out.write_char(character)
    }
}

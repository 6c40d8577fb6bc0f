//! Command line: words, and flags that each take a value.

use crate::error::Result;
use std::str::FromStr;

/// What stood after the sub-command.
#[derive(Debug, Default)]
pub(crate) struct Args {
    words: std::collections::VecDeque<String>,
    flags: Vec<(String, String)>,
}

impl Args {
    /// Sorts the command line into words and `--flag value` pairs.
    ///
    /// # Errors
    ///
    /// A flag without a value.
    pub(crate) fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self> {
        let mut args = Self::default();
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            match argument.strip_prefix("--") {
                Some(flag) => {
                    let value = arguments.next().ok_or_else(|| format!("--{flag} needs a value"))?;
                    args.flags.push((flag.to_owned(), value));
                }
                None => args.words.push_back(argument),
            }
        }
        Ok(args)
    }

    /// Takes the next word; `what` names it in the error if there is none.
    pub(crate) fn word(&mut self, what: &str) -> Result<String> {
        self.words.pop_front().ok_or_else(|| format!("{what} is missing").into())
    }

    /// Takes the value of `--name`, if it was given.
    ///
    /// # Errors
    ///
    /// The value does not parse, or the flag was given twice.
    pub(crate) fn flag<T: FromStr>(&mut self, name: &str) -> Result<Option<T>> {
        let mut values = self.flags.extract_if(.., |(flag, _)| flag == name).map(|(_, value)| value);
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(format!("--{name} is given twice").into());
        }
        value.parse().map(Some).map_err(|_| format!("--{name} {value}: not a value for it").into())
    }

    /// Takes the value of `--name`, or `default`; zero is an error, because nothing can be measured zero times.
    pub(crate) fn count(&mut self, name: &str, default: usize) -> Result<usize> {
        match self.flag(name)?.unwrap_or(default) {
            0 => Err(format!("--{name} must be at least 1").into()),
            count => Ok(count),
        }
    }

    /// Ends the reading of the command line.
    ///
    /// # Errors
    ///
    /// Something was left that nobody took.
    pub(crate) fn finish(self) -> Result<()> {
        match (self.words.front(), self.flags.first()) {
            (Some(word), _) => Err(format!("unexpected `{word}`").into()),
            (None, Some((flag, _))) => Err(format!("no flag --{flag} here").into()),
            (None, None) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn args(line: &str) -> Args {
        Args::parse(line.split_whitespace().map(str::to_owned)).unwrap()
    }

    #[test]
    fn words_and_flags_are_taken_in_any_order() {
        let mut args = args("--rounds 3 sdk --requests 200 get");
        assert_eq!(args.word("contestant").unwrap(), "sdk");
        assert_eq!(args.count("rounds", 7).unwrap(), 3);
        assert_eq!(args.flag::<u64>("requests").unwrap(), Some(200));
        assert_eq!(args.word("operation").unwrap(), "get");
        args.finish().unwrap();
    }

    #[test]
    fn a_flag_that_is_absent_has_its_default() {
        assert_eq!(args("").count("rounds", 7).unwrap(), 7);
    }

    #[test]
    fn what_nobody_took_is_an_error() {
        assert_eq!(args("--round 3").finish().unwrap_err().to_string(), "no flag --round here");
        assert_eq!(args("now").finish().unwrap_err().to_string(), "unexpected `now`");
    }

    #[test]
    fn a_flag_without_value_or_with_a_bad_one_is_an_error() {
        assert!(Args::parse(["--rounds".to_owned()]).is_err());
        assert!(args("--rounds many").flag::<usize>("rounds").is_err());
        assert!(args("--rounds -1").flag::<usize>("rounds").is_err());
        assert!(args("--rounds 0").count("rounds", 7).is_err());
        assert!(args("--rounds 1 --rounds 2").flag::<usize>("rounds").is_err());
    }
}

//! What was throttled, and why: counted by table, limit and resource.

use crate::error::Error;

/// Attempts that the service throttled for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Throttles {
    /// The table: the one that the service named, else the call's.
    pub table: Option<String>,
    /// The service's words, such as `TableReadProvisionedThroughputExceeded`; the error's code where it gave no reason.
    pub reason: String,
    /// The ARN of the table or index that had no throughput left, where the service named it.
    pub resource_arn: Option<String>,
    /// How many attempts.
    pub count: u64,
}

/// What an error that is a throttle was throttled for; `table` is the call's.
pub(crate) fn throttles_of(error: &Error, table: Option<&str>) -> Vec<Throttles> {
    let found = |reason: &str, arn: Option<&str>| Throttles {
        table: arn.and_then(table_of_arn).or(table.map(table_name)).map(str::to_owned),
        reason: reason.to_owned(),
        resource_arn: arn.map(str::to_owned),
        count: 1,
    };
    match error.throttling_reasons() {
        [] => vec![found(error.code(), None)],
        reasons => reasons.iter().map(|reason| found(&reason.reason, reason.resource_arn.as_deref())).collect(),
    }
}

/// Adds to a list of at most `most` different reasons; what is beyond is not told apart.
pub(crate) fn add(list: &mut Vec<Throttles>, more: &[Throttles], most: usize) {
    for new in more {
        let room = list.len() < most;
        let same = |old: &&mut Throttles| {
            (&old.table, &old.reason, &old.resource_arn) == (&new.table, &new.reason, &new.resource_arn)
        };
        match list.iter_mut().find(same) {
            Some(old) => old.count += new.count,
            None if room => list.push(new.clone()),
            None => {}
        }
    }
}

/// A table as a call names it, by name or ARN, as its name.
pub(crate) fn table_name(table: &str) -> &str {
    table_of_arn(table).unwrap_or(table)
}

/// `arn:aws:dynamodb:…:table/Messages/index/by-parent` → `Messages`.
fn table_of_arn(arn: &str) -> Option<&str> {
    let (_, resource) = arn.split_once(":table/").filter(|(start, _)| start.starts_with("arn:"))?;
    resource.split('/').next()
}

#[cfg(test)]
mod tests {
    use super::{add, table_name, throttles_of};
    use crate::error::{Error, ErrorKind, ThrottlingReason};

    const INDEX: &str = "arn:aws:dynamodb:us-east-1:123456789012:table/Messages/index/by-parent";

    #[test]
    fn the_table_is_the_one_that_the_service_names() {
        let reason = ThrottlingReason::parse("IndexReadProvisionedThroughputExceeded", Some(INDEX.to_owned()));
        let error = Error::new(ErrorKind::Throttling, "").with_throttling(vec![reason]);
        let found = throttles_of(&error, Some("Other"));
        assert_eq!((found[0].table.as_deref(), found[0].resource_arn.as_deref()), (Some("Messages"), Some(INDEX)));
        let bare = throttles_of(&Error::new(ErrorKind::RequestLimitExceeded, ""), Some(INDEX));
        assert_eq!((bare[0].table.as_deref(), &*bare[0].reason), (Some("Messages"), "RequestLimitExceeded"));
        assert_eq!((table_name("Messages"), table_name("a:table/b")), ("Messages", "a:table/b"));
    }

    #[test]
    fn equal_reasons_are_counted_together_and_the_list_is_bounded() {
        let throttled = |table| throttles_of(&Error::new(ErrorKind::Throttling, ""), Some(table));
        let mut list = Vec::new();
        for table in ["A", "A", "B", "C"] {
            add(&mut list, &throttled(table), 2);
        }
        let counts: Vec<_> = list.iter().map(|one| (one.table.as_deref(), one.count)).collect();
        assert_eq!(counts, [(Some("A"), 2), (Some("B"), 1)]);
    }
}

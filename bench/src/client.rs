//! One contestant making one call over and over, in a process of its own: what `cpu` starts for each figure.

use crate::ours::Ours;
use crate::{
    args::Args,
    contestant::{Answer, Calls, Contestant, Operation},
    data::Message,
    error::{Error, Result},
    floor::Floor,
    processes,
    sdk::Sdk,
};
use std::{hint::black_box, process::Stdio, str::FromStr, time::Duration};

/// The hidden sub-command by which this program starts itself as a client.
pub(crate) const SUB_COMMAND: &str = "client";

/// One figure to be measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Task<'a> {
    pub(crate) contestant: Contestant,
    pub(crate) operation: Operation,
    /// Host and port of the canned server.
    pub(crate) address: &'a str,
    pub(crate) requests: usize,
}

impl Task<'_> {
    /// Starts the client, waits for it, and returns its time on the processor per request, user and system.
    pub(crate) fn measure(self) -> Result<Duration> {
        let output = processes::this_program()?
            // Whoever has variables of AWS set measures the same thing.
            .env_clear()
            .args([SUB_COMMAND, self.contestant.name(), self.operation.name(), "--address", self.address])
            .args(["--requests", &self.requests.to_string()])
            .stderr(Stdio::inherit())
            .output()?;
        let (contestant, operation) = (self.contestant.name(), self.operation.name());
        if !output.status.success() {
            return Err(format!("{contestant} {operation}: the client failed ({})", output.status).into());
        }
        let nanoseconds = String::from_utf8(output.stdout)?.trim().parse()?;
        Ok(Duration::from_nanos(nanoseconds))
    }
}

/// Makes the calls and prints the nanoseconds of one.
pub(crate) fn run(mut args: Args) -> Result<()> {
    let contestant = Contestant::from_str(&args.word("contestant")?)?;
    let operation = Operation::from_str(&args.word("operation")?)?;
    let address: String = args.flag("address")?.ok_or("--address is missing")?;
    let requests = args.count("requests", operation.requests_a_round())?;
    args.finish()?;

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let taken = runtime.block_on(async {
        match contestant {
            Contestant::Floor => measure(Floor::connect(&address).await?, operation, requests).await,
            Contestant::Sdk => measure(Sdk::connect(&address).await?, operation, requests).await,
            Contestant::Ours => measure(Ours::connect(&address).await?, operation, requests).await,
        }
    })?;
    println!("{}", taken.as_nanos() / requests as u128);
    Ok(())
}

/// Processor time of all the requests, after a tenth as many that warm up and whose answers are looked at.
async fn measure(mut client: impl Calls, operation: Operation, requests: usize) -> Result<Duration> {
    for _ in 0..requests.div_ceil(10) {
        check(operation, client.call(operation).await?)?;
    }
    let before = processes::cpu_time_of_this_process()?;
    for _ in 0..requests {
        black_box(client.call(operation).await?);
    }
    Ok(processes::cpu_time_of_this_process()? - before)
}

/// A client that is fast because it brings the wrong answer shall not win.
fn check(operation: Operation, answer: Answer) -> Result<()> {
    let right = match (operation, &answer) {
        (_, Answer::Bytes(count)) => *count > 0,
        (Operation::GetItem, Answer::Item(item)) => item.as_ref() == Some(&Message::large()?),
        (Operation::Query, Answer::Page(items)) => *items == Message::page()?,
        (Operation::PutItem | Operation::BatchWriteItem, Answer::Written) => true,
        (_, Answer::Item(_) | Answer::Page(_) | Answer::Written) => false,
    };
    right.then_some(()).ok_or_else(|| Error::from(format!("{}: the answer is wrong: {answer:?}", operation.name())))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_wrong_answer_is_an_error() {
        let mut page = Message::page().unwrap();
        check(Operation::Query, Answer::Page(page.clone())).unwrap();
        page.pop();
        assert!(check(Operation::Query, Answer::Page(page)).is_err());
        assert!(check(Operation::GetItem, Answer::Item(None)).is_err());
        assert!(check(Operation::PutItem, Answer::Item(None)).is_err());
        assert!(check(Operation::PutItem, Answer::Bytes(0)).is_err());
    }
}

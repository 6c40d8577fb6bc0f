//! Many callers of one client at the same time: what each of them waits.

use crate::{
    data::{self, ID, Message, TABLE},
    error::Result,
};
use enhanced_dynamodb::{Client, Credentials, Options};
use std::time::{Duration, Instant};

/// What a run of calls came to.
#[derive(Debug)]
pub(crate) struct Load {
    /// How long each call took, the shortest first.
    times: Vec<Duration>,
    elapsed: Duration,
}

impl Load {
    /// Calls a second.
    pub(crate) fn throughput(&self) -> f64 {
        self.times.len() as f64 / self.elapsed.as_secs_f64()
    }

    /// The time within which so many of 1,000 calls were answered, in microseconds.
    pub(crate) fn microseconds(&self, per_mille: usize) -> f64 {
        let index = (self.times.len() * per_mille).div_ceil(1_000).saturating_sub(1);
        self.times.get(index).map_or(0.0, |time| time.as_secs_f64() * 1e6)
    }
}

/// Options of a client of the canned server.
pub(crate) fn options(address: &str) -> Options {
    Client::builder()
        .endpoint_url(format!("http://{address}"))
        .region(data::REGION)
        .credentials(Credentials::new(data::ACCESS_KEY_ID, data::SECRET_ACCESS_KEY))
}

/// So many callers read one item over and over, `requests` times together.
///
/// # Errors
///
/// A call fails or brings the wrong item.
pub(crate) async fn run(client: &Client, callers: usize, requests: usize) -> Result<Load> {
    let right = Message::large()?;
    let begun = Instant::now();
    let tasks: Vec<_> = (0..callers)
        .map(|caller| {
            let (client, right) = (client.clone(), right.clone());
            let share = requests / callers + usize::from(caller < requests % callers);
            tokio::spawn(async move {
                let mut times = Vec::with_capacity(share);
                for _ in 0..share {
                    let called = Instant::now();
                    let found: Option<Message> = client.get(TABLE).key("id", ID).item().await?;
                    times.push(called.elapsed());
                    if found.as_ref() != Some(&right) {
                        return Err(format!("the answer is wrong: {found:?}").into());
                    }
                }
                Result::Ok(times)
            })
        })
        .collect();
    let mut times = Vec::with_capacity(requests);
    for task in tasks {
        times.extend(task.await??);
    }
    let elapsed = begun.elapsed();
    times.sort_unstable();
    Ok(Load { times, elapsed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_call_that_so_many_were_not_slower_than() {
        let load = Load { times: (1..=200).map(Duration::from_micros).collect(), elapsed: Duration::from_secs(2) };
        assert_eq!(load.microseconds(500).round(), 100.0);
        assert_eq!(load.microseconds(990).round(), 198.0);
        assert_eq!(load.microseconds(1_000).round(), 200.0);
        assert_eq!(load.throughput(), 100.0);
    }
}

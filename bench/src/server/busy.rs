//! The server of a store: one thread that never sleeps.
//!
//! To wake a server that sleeps on another core costs its client some microseconds a request, as much as half of what
//! the client does itself; a server on another machine costs it none of that.

use super::answers::{Answers, Inbox};
use crate::error::Result;
use std::{
    net::TcpListener as StdListener,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::yield_now,
};

/// Answers every request after this time.
pub(super) fn serve(listener: StdListener, answers: &Answers, after: Duration) -> Result<()> {
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        // As long as a task is to have a turn, the runtime looks for events without waiting for them.
        tokio::spawn(async {
            loop {
                yield_now().await;
            }
        });
        let listener = TcpListener::from_std(listener)?;
        loop {
            let (stream, _) = listener.accept().await?;
            let answers = answers.clone();
            tokio::spawn(async move {
                // A client that goes away in the middle of a request says so itself.
                let _ = answer_all(stream, answers, after).await;
            });
        }
    })
}

async fn answer_all(mut stream: TcpStream, mut answers: Answers, after: Duration) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut inbox = Inbox::default();
    loop {
        let Some(request) = inbox.request()? else {
            match stream.read(inbox.room()).await? {
                0 => return Ok(()),
                count => inbox.arrived(count),
            }
            continue;
        };
        let due = Instant::now() + after;
        while Instant::now() < due {
            yield_now().await;
        }
        stream.write_all(answers.answer_to(&request)).await?;
        let length = request.length;
        inbox.remove(length);
    }
}

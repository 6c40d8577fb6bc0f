//! The API on this machine: an HTTP server that makes of each request the event that a function URL would send, and an
//! engine in the process.
//!
//! ```text
//! cargo run -p lambda-api --features local -- --port 3000
//! ```

mod event;

use std::convert::Infallible;
use std::error::Error;
use std::path::PathBuf;

use enhanced_dynamodb::table::{AttributeType, IndexDefinition};
use enhanced_dynamodb::{Client, ErrorKind};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use lambda_http::http::{self, StatusCode};
use tokio::net::{TcpListener, TcpStream};

use crate::{Api, Config};

/// What the command line says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Arguments {
    /// `--port`: where to listen on loopback.
    pub port: u16,
    /// `--data`: a file that keeps the items; in memory without it.
    pub data: Option<PathBuf>,
}

impl Arguments {
    /// Reads the command line; `None` if it says nothing of a port, as on Lambda.
    ///
    /// # Errors
    /// If an argument is not known, or has no value.
    pub fn read(
        arguments: impl IntoIterator<Item = String>,
    ) -> Result<Option<Arguments>, Box<dyn Error + Send + Sync>> {
        let (mut port, mut data) = (None, None);
        let mut arguments = arguments.into_iter();
        while let Some(name) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{name} needs a value"));
            match name.as_str() {
                "--port" => port = Some(value()?.parse().map_err(|error| format!("--port: {error}"))?),
                "--data" => data = Some(PathBuf::from(value()?)),
                other => return Err(format!("{other} is not known; there are --port PORT and --data FILE").into()),
            }
        }
        match port {
            Some(port) => Ok(Some(Arguments { port, data })),
            None if data.is_some() => Err("--data needs --port".into()),
            None => Ok(None),
        }
    }
}

/// An API whose tables are in this process, made if they do not exist.
///
/// # Errors
/// If the engine cannot be started, or a variable is not understood.
pub async fn api(arguments: &Arguments) -> Result<Api, Box<dyn Error + Send + Sync>> {
    let config = Config::from_variables(|name| match (std::env::var(name), name) {
        (Ok(value), _) => Some(value),
        (Err(_), "TABLE_NAME") => Some("Items".to_owned()),
        (Err(_), "TREE_TABLE_NAME") => Some("Messages".to_owned()),
        (Err(_), _) => None,
    })?;
    let db = match &arguments.data {
        Some(file) => Client::embedded_at(file).await?,
        None => Client::embedded().await?,
    };
    for table in [&config.table, &config.tree_table] {
        let index = IndexDefinition::new("parent-index").partition_key("parent", AttributeType::String);
        let made = db.create_table(table).partition_key("id", AttributeType::String).global_index(index).send().await;
        match made {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::ResourceInUse => {}
            Err(error) => return Err(error.into()),
        }
        db.wait_until_active(table).send().await?;
    }
    Ok(Api::new(db, config))
}

/// Serves the API until the process ends.
///
/// # Errors
/// If no connection can be accepted any more.
pub async fn serve(listener: TcpListener, api: Api) -> std::io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(connection(stream, api.clone()));
    }
}

async fn connection(stream: TcpStream, api: Api) {
    let service = service_fn(|request| answer(&api, request));
    // An error here is a caller that went away, as it may.
    let _ended = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(api: &Api, request: http::Request<Incoming>) -> Result<http::Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let Ok(body) = body.collect().await else { return Ok(refused("the body did not arrive")) };
    let event = event::function_url(&head, &body.to_bytes());
    Ok(match lambda_http::request::from_str(&event) {
        Ok(request) => api.handle(request).await.map(|body| Full::new(Bytes::copy_from_slice(&body))),
        Err(error) => refused(&format!("the request makes no event: {error}")),
    })
}

fn refused(why: &str) -> http::Response<Full<Bytes>> {
    let mut response = http::Response::new(Full::new(Bytes::from(format!("{why}\n"))));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}

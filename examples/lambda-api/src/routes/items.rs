//! Items: listed, made, read, replaced, deleted.
//!
//! An item has an `id` and a `version`, which counts its writes: a `PUT` says in its body which version it was made from,
//! and does not overwrite another one.

use enhanced_dynamodb::operation::WriteOutput;
use enhanced_dynamodb::{AttributeValue, ErrorKind, Item, attr};
use lambda_http::http::{HeaderValue, StatusCode, header};
use lambda_http::{Body, Request, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use super::keys::Table;
use crate::api::Api;
use crate::failure::Failure;
use crate::json;

/// The attribute that counts an item's writes.
const VERSION: &str = "version";

const PAGE: u64 = 20;
const LARGEST_PAGE: u64 = 100;

pub(crate) async fn list(api: &Api, request: &Request) -> Result<Response<Body>, Failure> {
    let expected = "a whole number from 1 to 100";
    let limit: u64 = json::parameter(request, "limit", expected)?.unwrap_or(PAGE);
    if !(1..=LARGEST_PAGE).contains(&limit) {
        return Err(Failure::bad_request(format!("The parameter limit must be {expected}.")));
    }
    let mut scan = api.db.scan(&api.config.table).limit(limit);
    if let Some(key) = &api.config.cursor_key {
        scan = scan.cursor_key(&key.0);
    }
    if let Some(cursor) = json::parameter::<String>(request, "cursor", "a cursor of an earlier page")? {
        scan = scan.cursor(cursor);
    }
    let page = scan.send::<Item>().await?;
    json::answer(StatusCode::OK, &json!({ "items": page.items, "cursor": page.cursor() }))
}

pub(crate) async fn create(api: &Api, request: &Request) -> Result<Response<Body>, Failure> {
    let mut item = json::item(request)?;
    let id = Table::Items.id_of(&api.config, &item)?.to_owned();
    // A new item has no version yet; its first write gives it one.
    item.remove(VERSION);
    let put = api.db.put(&api.config.table, &item).version(VERSION).condition(attr("id").not_exists());
    match put.send().await {
        Ok(output) => set_version(&mut item, &output),
        Err(error) if error.kind() == ErrorKind::ConditionalCheckFailed => {
            return Err(Failure::conflict("An item with this id exists."));
        }
        Err(error) => return Err(error.into()),
    }
    let mut response = json::answer(StatusCode::CREATED, &item)?;
    let location = format!("{}/items/{}", base(api), utf8_percent_encode(&id, NON_ALPHANUMERIC));
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

pub(crate) async fn read(api: &Api, id: &str) -> Result<Response<Body>, Failure> {
    match api.db.get(&api.config.table).key("id", id).item::<Item>().await? {
        Some(item) => json::answer(StatusCode::OK, &item),
        None => Err(no_item()),
    }
}

pub(crate) async fn replace(api: &Api, id: &str, request: &Request) -> Result<Response<Body>, Failure> {
    let mut item = json::item(request)?;
    if item.get("id").is_some_and(|own| own.as_s() != Some(id)) {
        return Err(Failure::bad_request("The id of the item is not that of the path."));
    }
    if item.get_n(VERSION).and_then(|version| version.to_u64()).is_none_or(|version| version == u64::MAX) {
        return Err(Failure::bad_request("The item needs the version that it was made from, a whole number."));
    }
    item.insert("id", id);
    Table::Items.id_of(&api.config, &item)?;
    match api.db.put(&api.config.table, &item).version(VERSION).send().await {
        Ok(output) => {
            set_version(&mut item, &output);
            json::answer(StatusCode::OK, &item)
        }
        Err(error) if error.kind() == ErrorKind::ConditionalCheckFailed => match error.item::<Item>()? {
            Some(stored) => Err(stale(stored.get(VERSION))),
            None => Err(no_item()),
        },
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn delete(api: &Api, id: &str) -> Result<Response<Body>, Failure> {
    match api.db.delete(&api.config.table).key("id", id).condition(attr("id").exists()).send().await {
        Ok(_) => Ok(json::empty(StatusCode::NO_CONTENT)),
        Err(error) if error.kind() == ErrorKind::ConditionalCheckFailed => Err(no_item()),
        Err(error) => Err(error.into()),
    }
}

/// The item as it was written.
fn set_version(item: &mut Item, written: &WriteOutput) {
    if let Some(version) = written.version() {
        item.insert(VERSION, version);
    }
}

fn no_item() -> Failure {
    Failure::not_found("There is no item with this id.")
}

fn stale(stored: Option<&AttributeValue>) -> Failure {
    let failure = Failure::conflict("The item has been changed in the meantime: read it, and decide again.");
    match serde_json::to_value(stored) {
        Ok(version) => failure.with_details("version", version),
        Err(_) => failure,
    }
}

/// What stands before the paths in URLs.
fn base(api: &Api) -> String {
    match api.config.base_path.trim_matches('/') {
        "" => String::new(),
        base => format!("/{base}"),
    }
}

//! What is otherwise in a table than in its definition.

use super::definition::Definition;
use super::describe::{IndexDescription, KeyRole, KeySchemaElement, Projection, TableDescription};
use super::index::IndexDefinition;
use super::ttl::{TimeToLive, TimeToLiveStatus};
use crate::error::Error;

/// Each difference of a table that exists, as a sentence's part.
///
/// Compared are keys and their types, billing mode, indexes and stream. Capacity, tags, class and protection are not:
/// they are run by operators and by the service's own scaling.
///
/// # Errors
/// If an attribute of the definition has two types.
pub(super) fn differences(asked: &Definition, found: &TableDescription) -> Result<Vec<String>, Error> {
    let types = asked.attribute_types()?;
    let asked_type = |name: &str| types.iter().find(|(known, _)| known == name).map(|(_, ty)| ty.as_str());
    let found_type = |name: &str| found.attribute_type(name);
    let asked_key = |schema: &[KeySchemaElement]| key_text(schema, asked_type);
    let found_key = |schema: &[KeySchemaElement]| key_text(schema, found_type);

    let mut differences = Vec::new();
    let mut compare = |what: &str, is: &str, should_be: &str| {
        if is != should_be {
            differences.push(format!("{what} is {is} instead of {should_be}"));
        }
    };
    compare("the key", &found_key(&found.key_schema), &asked_key(&asked.keys.schema));
    compare("the billing mode", found.billing_mode(), asked.billing_mode());
    let stream = asked.stream.map_or("none", super::definition::StreamView::as_str);
    compare("the stream", found.stream_view().unwrap_or("none"), stream);
    for (scope, other_scope, asked_indexes, found_indexes, other_indexes) in [
        ("global", "local", &asked.global, &found.global_secondary_indexes, &found.local_secondary_indexes),
        ("local", "global", &asked.local, &found.local_secondary_indexes, &found.global_secondary_indexes),
    ] {
        for index in asked_indexes {
            let what = format!("the index {}", index.name);
            match (named(found_indexes, &index.name), named(other_indexes, &index.name)) {
                (Some(is), _) => {
                    let key = found_key(&is.key_schema);
                    compare(&format!("the key of {what}"), &key, &asked_key(&index.keys.schema));
                    let projection = projection_text(&is.projection);
                    compare(&format!("the projection of {what}"), &projection, &projection_text(&index.projection));
                }
                (None, Some(_)) => compare(&what, other_scope, scope),
                (None, None) => {
                    compare(&what, "missing", &format!("{scope} with the key {}", asked_key(&index.keys.schema)))
                }
            }
        }
    }
    let all_asked = || asked.global.iter().chain(&asked.local);
    for index in found.global_secondary_indexes.iter().chain(&found.local_secondary_indexes) {
        if !all_asked().any(|asked: &IndexDefinition| asked.name == index.index_name) {
            differences.push(format!("there is an index {} that was not asked for", index.index_name));
        }
    }
    Ok(differences)
}

/// What is otherwise in a table's time to live; `None` also where it is off and shall be on, which can be done.
pub(super) fn time_to_live_difference(asked: Option<&str>, found: &TimeToLive) -> Option<String> {
    let attribute = found.attribute_name.as_deref().unwrap_or("an attribute unknown");
    match (asked, &found.status) {
        (Some(asked), TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling) => {
            (asked != attribute).then(|| format!("the time to live is by {attribute} instead of {asked}"))
        }
        (None, TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling) => {
            Some(format!("the time to live is by {attribute} instead of off"))
        }
        (Some(asked), TimeToLiveStatus::Disabling) => {
            Some(format!("the time to live by {attribute} is being turned off instead of by {asked}"))
        }
        (Some(asked), TimeToLiveStatus::Other(state)) => {
            Some(format!("the time to live is {state} instead of by {asked}"))
        }
        (Some(_), TimeToLiveStatus::Disabled)
        | (None, TimeToLiveStatus::Disabled | TimeToLiveStatus::Disabling | TimeToLiveStatus::Other(_)) => None,
    }
}

fn named<'a>(indexes: &'a [IndexDescription], name: &str) -> Option<&'a IndexDescription> {
    indexes.iter().find(|index| index.index_name == name)
}

/// `stream (S) and sort at (N)`
fn key_text<'a>(schema: &[KeySchemaElement], type_of: impl Fn(&str) -> Option<&'a str>) -> String {
    let part = |role: KeyRole| {
        let attributes = schema.iter().filter(|element| element.key_type == role);
        let attributes = attributes.map(|element| {
            format!("{} ({})", element.attribute_name, type_of(&element.attribute_name).unwrap_or("type unknown"))
        });
        attributes.collect::<Vec<_>>().join(" + ")
    };
    match (part(KeyRole::Partition), part(KeyRole::Sort)) {
        (partition, sort) if sort.is_empty() => partition,
        (partition, sort) => format!("{partition} and {sort}"),
    }
}

/// `INCLUDE of a, b`; the order of the attributes means nothing.
fn projection_text(projection: &Projection) -> String {
    if projection.non_key_attributes.is_empty() {
        return projection.projection_type.clone();
    }
    let mut attributes: Vec<&str> = projection.non_key_attributes.iter().map(String::as_str).collect();
    attributes.sort_unstable();
    format!("{} of {}", projection.projection_type, attributes.join(", "))
}

//! What a log line tells of an answer, read only where somebody listens.

use crate::codec::{DecodeError, Reader};

/// How many items an answer has; nothing if it is not about items. `reads` tells that an empty answer is a read that
/// found none.
pub(crate) fn items_in(body: &[u8], reads: bool) -> Option<u64> {
    count(body).ok()?.or(reads.then_some(0))
}

fn count(body: &[u8]) -> Result<Option<u64>, DecodeError> {
    let mut found = None;
    let mut reader = Reader::new(body)?;
    let mut object = reader.object()?;
    while let Some(key) = object.next_key(&mut reader)? {
        match &*key {
            "Count" => return reader.number().map(Some),
            "Item" => {
                reader.skip_value()?;
                found = Some(1);
            }
            "Items" => found = Some(elements(&mut reader)?),
            // By table (a batch), or one for each key (a transaction).
            "Responses" => {
                let at = reader.raw_value()?;
                found = Some(responses(body.get(at).unwrap_or_default())?);
            }
            _ => reader.skip_value()?,
        }
    }
    Ok(found)
}

fn responses(json: &[u8]) -> Result<u64, DecodeError> {
    let mut reader = Reader::new(json)?;
    let mut items = 0;
    if json.first() == Some(&b'[') {
        let mut array = reader.array()?;
        while array.next_element(&mut reader)? {
            let mut object = reader.object()?;
            while let Some(key) = object.next_key(&mut reader)? {
                items += u64::from(&*key == "Item");
                reader.skip_value()?;
            }
        }
    } else {
        let mut tables = reader.object()?;
        while tables.next_key(&mut reader)?.is_some() {
            items += elements(&mut reader)?;
        }
    }
    Ok(items)
}

fn elements(reader: &mut Reader<'_>) -> Result<u64, DecodeError> {
    let mut count = 0;
    let mut array = reader.array()?;
    while array.next_element(reader)? {
        reader.skip_value()?;
        count += 1;
    }
    Ok(count)
}

/// The key of a request on one item, as the service's JSON.
pub(crate) fn key_of(request: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(request).ok()?;
    let mut object = reader.object().ok()?;
    while let Some(name) = object.next_key(&mut reader).ok()? {
        let is_key = &*name == "Key";
        let at = reader.raw_value().ok()?;
        if is_key {
            return request.get(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{items_in, key_of};

    #[test]
    fn items_are_counted_in_answers_of_every_form() {
        let forms: [(&str, bool, Option<u64>); 9] = [
            (r#"{"Item":{"Count":{"N":"7"}}}"#, true, Some(1)),
            ("{}", true, Some(0)),
            ("{}", false, None),
            (r#"{"Items":[{},{}],"Count":2,"ScannedCount":9}"#, true, Some(2)),
            (r#"{"ScannedCount":9,"Count":5}"#, true, Some(5)),
            (r#"{"Items":[{},{},{}]}"#, false, Some(3)),
            (r#"{"Responses":{"A":[{},{}],"B":[{}]}}"#, true, Some(3)),
            (r#"{"Responses":[{"Item":{}},{},{"Item":{}}]}"#, true, Some(2)),
            ("no json", true, None),
        ];
        for (body, reads, items) in forms {
            assert_eq!(items_in(body.as_bytes(), reads), items, "{body}");
        }
    }

    #[test]
    fn a_key_is_that_of_the_request_and_not_an_attribute_of_this_name() {
        let request = br#"{"TableName":"A","Item":{"Key":{"S":"x"}}}"#;
        assert_eq!(key_of(request), None);
        assert_eq!(key_of(br#"{"TableName":"A","Key":{"id":{"S":"m1"}}}"#), Some(&br#"{"id":{"S":"m1"}}"#[..]));
        assert_eq!(key_of(b"{"), None);
    }
}

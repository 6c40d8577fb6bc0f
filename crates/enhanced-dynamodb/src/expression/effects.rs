//! What an update leaves behind, where that can be told from its text: to recognise one's own write.

use super::placeholders::Placeholders;
use super::token::{Token, Tokens};
use super::update_text::{Section, sections};
use crate::codec::decode_value;
use crate::item::{AttributeValue, Item};

/// The places that an update sets to a value, and those that it removes.
#[derive(Debug, PartialEq)]
pub(crate) struct Effects(Vec<(Vec<String>, Option<AttributeValue>)>);

impl Effects {
    /// Nothing if any clause is something else, or is not understood.
    pub(super) fn of(expression: &str, placeholders: &Placeholders<'_>) -> Option<Effects> {
        let mut effects = Vec::new();
        for (section, clauses) in sections(expression)? {
            for clause in clauses.split(',') {
                let mut tokens = Tokens::new(clause);
                let path = path(&mut tokens, placeholders)?;
                let value = match section {
                    Section::Set => Some(literal(&mut tokens, placeholders)?),
                    Section::Remove => None,
                    Section::Add | Section::Delete => return None,
                };
                if tokens.next().is_some() {
                    return None;
                }
                effects.push((path, value));
            }
        }
        Some(Effects(effects))
    }

    /// Whether an item is as the update leaves it.
    pub(crate) fn are_in(&self, item: &Item) -> bool {
        self.0.iter().all(|(path, value)| {
            let mut names = path.iter();
            let mut found = names.next().and_then(|name| item.get(name.as_str()));
            for name in names {
                found = match found {
                    Some(AttributeValue::M(members)) => members.get(name.as_str()),
                    Some(_) | None => None,
                };
            }
            found == value.as_ref()
        })
    }
}

/// Names with dots between them; a place in a list is none, because an element may come to stand elsewhere.
fn path(tokens: &mut Tokens<'_>, placeholders: &Placeholders<'_>) -> Option<Vec<String>> {
    let mut names = Vec::new();
    loop {
        names.push(match tokens.next()? {
            Token::Word(word) => word.to_owned(),
            Token::Name(placeholder) => placeholders.resolve_name(placeholder)?.to_owned(),
            Token::Value(_) | Token::Number(_) | Token::Sign(_) => return None,
        });
        if !tokens.take_sign('.') {
            return Some(names);
        }
    }
}

fn literal(tokens: &mut Tokens<'_>, placeholders: &Placeholders<'_>) -> Option<AttributeValue> {
    if !tokens.take_sign('=') {
        return None;
    }
    match tokens.next()? {
        Token::Value(placeholder) => decode_value(placeholders.resolve_value(placeholder)?).ok(),
        Token::Word(_) | Token::Name(_) | Token::Number(_) | Token::Sign(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Effects;
    use crate::expression::placeholders::Placeholders;
    use crate::item::Item;

    fn effects(expression: &str) -> Option<Effects> {
        let names = [("#a".to_owned(), "a.b".to_owned())];
        let values = [(":v".to_owned(), br#"{"N":"1"}"#.to_vec())];
        Effects::of(expression, &Placeholders::new(&names, &values, []))
    }

    fn item(json: &str) -> Item {
        crate::codec::decode_item(json.as_bytes()).unwrap_or_default()
    }

    #[test]
    fn values_that_are_set_and_attributes_that_are_removed_can_be_looked_for() {
        let effects = effects("SET #a = :v, m.x = :v REMOVE old").unwrap_or(Effects(Vec::new()));
        assert_eq!(effects.0.len(), 3);
        assert!(effects.are_in(&item(r#"{"a.b":{"N":"1.0"},"m":{"M":{"x":{"N":"1"},"y":{"S":"z"}}}}"#)));
        for other in [
            r#"{"a.b":{"N":"2"},"m":{"M":{"x":{"N":"1"}}}}"#,
            r#"{"a.b":{"N":"1"},"m":{"S":"x"}}"#,
            r#"{"a.b":{"N":"1"},"m":{"M":{"x":{"N":"1"}}},"old":{"NULL":true}}"#,
            "{}",
        ] {
            assert!(!effects.are_in(&item(other)), "{other}");
        }
    }

    #[test]
    fn what_depends_on_the_item_before_cannot() {
        for expression in [
            "SET n = n + :v",
            "SET n = if_not_exists(n, :v)",
            "SET l[0] = :v",
            "SET n = :unknown",
            "SET #unknown = :v",
            "ADD n :v",
            "DELETE s :v",
            "REMOVE l[1]",
            "n = :v",
        ] {
            assert_eq!(effects(expression), None, "{expression}");
        }
    }
}

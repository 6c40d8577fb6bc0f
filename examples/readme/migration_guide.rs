//! Migration Guide: what a GetCommand and an UpdateCommand become.

use enhanced_dynamodb::operation::ReturnValues;
use enhanced_dynamodb::{Client, Error, Item};

/// `docClient.send(new GetCommand({ TableName: 'Users', Key: { id: 'user-1' } }))`
///
/// # Errors
/// Those of the service.
pub async fn run(db: &Client) -> Result<Option<Item>, Error> {
    db.get("Users").key("id", "user-1").item().await
}

/// An UpdateCommand, its expressions moved over as they are.
///
/// # Errors
/// Those of the service.
pub async fn update_as_it_was(db: &Client) -> Result<Option<Item>, Error> {
    db.update("Users")
        .key("id", "user-1")
        .update_expression("SET #sessionCount = #sessionCount + :inc")
        .condition_expression("attribute_exists(id)")
        .expression_name("#sessionCount", "sessionCount")
        .expression_value(":inc", 1)
        .return_values(ReturnValues::AllNew)
        .send()
        .await?
        .attributes()
}

/// The same update as one writes it here.
///
/// # Errors
/// Those of the service.
pub async fn update_as_it_may_be(db: &Client) -> Result<Option<Item>, Error> {
    use enhanced_dynamodb::attr;

    db.update("Users")
        .key("id", "user-1")
        .set("sessionCount", attr("sessionCount") + 1)
        .condition(attr("id").exists())
        .return_values(ReturnValues::AllNew)
        .send()
        .await?
        .attributes()
}

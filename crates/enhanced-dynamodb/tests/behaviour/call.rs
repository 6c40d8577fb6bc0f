//! Any other operation, by its name.

use enhanced_dynamodb::ErrorKind;
use serde_json::{Value, json};

use crate::common::{client, create_messages, messages, recorded};

testkit::on_both_engines! {
    async fn an_operation_is_called_by_its_name(engine: Engine) {
        let db = messages(&engine).await;
        let tables = db.call("ListTables", json!({})).send().await.unwrap();
        assert_eq!(tables["TableNames"], json!(["Messages"]));
        let ttl = json!({
            "TableName": "Messages",
            "TimeToLiveSpecification": { "Enabled": true, "AttributeName": "expires" },
        });
        let answer = db.call("UpdateTimeToLive", ttl).send().await.unwrap();
        assert_eq!(answer["TimeToLiveSpecification"]["AttributeName"], "expires");
        let described = db.call("DescribeTimeToLive", json!({ "TableName": "Messages" })).send().await.unwrap();
        assert_eq!(described["TimeToLiveDescription"]["AttributeName"], "expires");
        let item = json!({ "id": { "S": "m1" }, "n": { "N": "1" } });
        db.call("PutItem", json!({ "TableName": "Messages", "Item": item })).send().await.unwrap();
        let key = json!({ "TableName": "Messages", "Key": { "id": { "S": "m1" } } });
        assert_eq!(db.call("GetItem", key).send().await.unwrap()["Item"], item);
    }

    async fn an_error_names_operation_and_table(engine: Engine) {
        let db = client(&engine).await;
        let error = db.call("DescribeTimeToLive", json!({ "TableName": "Nowhere" })).send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ResourceNotFound);
        assert_eq!((error.operation(), error.table()), (Some("DescribeTimeToLive"), Some("Nowhere")));
    }

    async fn an_operation_that_the_service_does_not_know_is_its_error(engine: Engine) {
        let db = client(&engine).await;
        let error = db.call("MakeCoffee", json!({})).send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnknownOperation, "{error}");
        assert_eq!(error.operation(), Some("MakeCoffee"));
    }

    async fn what_is_no_name_and_what_is_no_object_is_refused_before_the_send(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        create_messages(&db).await;
        responder.forget_requests();
        for name in ["", "List Tables", "ListTables\r\nx-evil: 1", "DynamoDB_20120810.ListTables", "Tische\u{e4}"] {
            let error = db.call(name, json!({})).send().await.unwrap_err();
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidInput, 0), "{error}");
            assert!(!error.to_string().contains('\n'), "{error:?}");
        }
        for parameters in [Value::Null, json!([]), json!("x"), json!(1)] {
            let error = db.call("ListTables", parameters).send().await.unwrap_err();
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidInput, 0), "{error}");
        }
        assert!(responder.requests().is_empty());
    }
}

// Reads one item through the AWS SDK for JavaScript, configured by the environment alone: what `bench -- cold` starts.
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, GetCommand } from "@aws-sdk/lib-dynamodb";

const db = DynamoDBDocumentClient.from(new DynamoDBClient({}));

const found = await db.send(new GetCommand({ TableName: "Messages", Key: { id: "m1" } }));

console.log(found.Item ? `${found.Item.id} ${found.Item.author}: ${found.Item.text}` : "no such message");
process.exit(0);

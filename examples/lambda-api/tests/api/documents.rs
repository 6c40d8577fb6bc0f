//! What `docs/lambda.md` says of the function, compared with it.

const PAGE: &str = include_str!("../../../../docs/lambda.md");
const TEMPLATE: &str = include_str!("../../template.yaml");

#[test]
fn every_alarm_is_explained() {
    let mut name = "";
    let mut alarms = 0;
    for line in TEMPLATE.lines() {
        if let Some(resource) = line.strip_prefix("  ").filter(|rest| !rest.starts_with([' ', '#'])) {
            name = resource.trim_end_matches(':');
        }
        if line.trim() == "Type: AWS::CloudWatch::Alarm" {
            alarms += 1;
            assert!(PAGE.contains(&format!("`{name}`")), "docs/lambda.md says nothing of the alarm {name}");
        }
    }
    assert_eq!(alarms, 9);
}

#[test]
fn every_variable_is_explained() {
    // As the code asks for them.
    let sources = [include_str!("../../src/config.rs"), include_str!("../../src/cors.rs")];
    let named = sources
        .iter()
        .flat_map(|source| source.split('"'))
        .filter(|text| text.contains('_') && text.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_'));
    // As the template sets them.
    let set = TEMPLATE.lines().filter_map(|line| line.strip_prefix("          "));
    let set = set.filter_map(|line| line.split_once(": ").map(|(name, _)| name));
    let set = set.filter(|name| name.contains('_') && !name.contains(' '));
    let mut count = 0;
    for variable in named.chain(set) {
        count += 1;
        assert!(PAGE.contains(&format!("`{variable}`")), "docs/lambda.md says nothing of {variable}");
    }
    assert!(count > 15, "{count} variables were found");
}

#[test]
fn every_route_is_in_the_table_of_the_page() {
    let routes = include_str!("../../src/lib.rs").lines().filter_map(|line| line.strip_prefix("//! | `"));
    let routes: Vec<&str> = routes.filter_map(|line| line.split_once('`').map(|(route, _)| route)).collect();
    assert_eq!(routes.len(), 9);
    for route in routes {
        assert!(PAGE.contains(&format!("| `{route}` |")), "docs/lambda.md says nothing of {route}");
    }
}

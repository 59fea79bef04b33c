//! Filters that are read, and what is said of those that are not.

use Comparison::*;

use super::*;

fn condition(key: &str, comparison: Comparison, value: Value) -> Condition {
    Condition { key: key.to_owned(), comparison, value }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[test]
fn comparisons_are_read_as_written() {
    for (filter, key, comparison, value) in [
        ("opinion > 0.2", "opinion", Greater, Value::Number(0.2)),
        ("opinion>=-0.25", "opinion", AtLeast, Value::Number(-0.25)),
        ("opinion < 1e-3", "opinion", Less, Value::Number(0.001)),
        ("opinion<=+.5", "opinion", AtMost, Value::Number(0.5)),
        ("  id != 7 ", "id", NotEqual, Value::Number(7.0)),
        ("adopted == true", "adopted", Equal, Value::Flag(true)),
        ("adopted==False", "adopted", Equal, Value::Flag(false)),
        ("region == 'CA'", "region", Equal, text("CA")),
        ("region == \"New 'York'\"", "region", Equal, text("New 'York'")),
        ("agent_class == ''", "agent_class", Equal, text("")),
        ("${opinion} > 0", "opinion", Greater, Value::Number(0.0)),
        ("${profile.region} == 'CA'", "region", Equal, text("CA")),
        ("${ status.adopted }==True", "adopted", Equal, Value::Flag(true)),
        ("profile.opinion > 0", "opinion", Greater, Value::Number(0.0)),
        ("and == 1", "and", Equal, Value::Number(1.0)),
    ] {
        assert_eq!(parse(filter), Ok(vec![condition(key, comparison, value)]), "{filter}");
    }
}

#[test]
fn conditions_are_joined_by_and() {
    let wanted = vec![
        condition("opinion", Greater, Value::Number(0.0)),
        condition("region", Equal, text("a and b")),
        condition("id", Less, Value::Number(9.0)),
    ];
    assert_eq!(parse("opinion > 0 and region == 'a and b' AND id<9"), Ok(wanted));
}

#[test]
fn what_is_no_filter_is_refused_with_what_is_possible() {
    for (filter, words) in [
        ("", "must not be empty"),
        ("   ", "must not be empty"),
        ("opinion", "ends where ==, !=, <, <=, > or >= should be"),
        ("opinion >", "ends where a value should be"),
        ("opinion > 0 and", "ends where a key should be"),
        ("opinion > 0 or adopted == true", "has `or`, which filters have not; write comparisons"),
        ("not adopted == true", "has `not`, which filters have not"),
        ("region in ['CA']", "has `in`, which filters have not"),
        ("adopted is True", "has `is`, which filters have not"),
        ("(opinion > 0)", "has a parenthesis, which filters have not"),
        ("opinion > 0 && id < 3", "has `&`"),
        ("opinion = 0", "has `=`; equality is written `==`"),
        ("opinion <> 0", "has `<>`; there are"),
        ("opinion => 0", "has `=>`; there are"),
        ("0 < opinion", "has `0` where a key should be"),
        ("0 < opinion < 1", "has `0` where a key should be"),
        ("opinion > 0 < 1", "has a comparison where `and` or its end should be"),
        ("opinion > 0 id < 1", "has `id` where `and` or its end should be"),
        ("region == CA", "has `CA` where a value should be; write a text in quotes: 'CA'"),
        ("region == 'CA", "has a text without its closing '"),
        ("region == ${id}", "has `${id}` where a value should be"),
        ("opinion > 1.2.3", "has `1.2.3`, which is no number"),
        ("opinion > 1e999", "has `1e999`, which is no number"),
        ("opinion > -", "has `-`, which is no number"),
        ("${} == 1", "which names no key"),
        ("${a b} == 1", "which names no key"),
        ("${opinion > 1", "has a `$` that begins no `${key}`"),
        ("$opinion > 1", "has a `$` that begins no `${key}`"),
        ("opinion > 1 # all", "has '#', which filters have not"),
        ("'CA' == region", "has 'CA' where a key should be"),
    ] {
        let said = parse(filter).expect_err(filter);
        assert!(said.contains(words), "{filter}: {said}");
    }
    let long = vec!["id == 1"; 300].join(" and ");
    assert_eq!(parse(&long), Err("must have at most 2000 characters".to_owned()));
}

//! Filter strings: comparisons joined by `and`, as `opinion > 0.2 and ${profile.region} == 'CA'`. Owns the little language
//! and what is said of text outside of it; whether a key exists and what it compares with is the engine's to check.

use civitas_engine::{Comparison, Condition, Value};

/// The longest filter, in characters; as long as a page of comparisons.
const MAX_FILTER_CHARS: usize = 2_000;
/// What a filter can be.
const REMEDY: &str = "write comparisons such as `opinion > 0.2` or `region == 'CA'`, joined by `and`";
/// How AgentSociety calls the parts of an agent's memory; here they are one.
const MEMORIES: [&str; 2] = ["profile.", "status."];

/// The conditions of a filter, at least one.
///
/// # Errors
/// What is wrong, as the rest of a sentence whose subject is the filter.
pub(super) fn parse(text: &str) -> Result<Vec<Condition>, String> {
    if text.chars().count() > MAX_FILTER_CHARS {
        return Err(format!("must have at most {MAX_FILTER_CHARS} characters"));
    }
    let tokens = Tokens::of(text)?;
    let mut tokens = tokens.iter();
    let mut conditions = Vec::new();
    loop {
        conditions.push(condition(&mut tokens)?);
        match tokens.next() {
            None => return Ok(conditions),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("and") => {}
            Some(other) => return Err(format!("has {} where `and` or its end should be; {REMEDY}", other.quoted())),
        }
    }
}

fn condition<'a>(tokens: &mut impl Iterator<Item = &'a Token>) -> Result<Condition, String> {
    let ended = |wanted: &str| format!("ends where {wanted} should be; {REMEDY}");
    let key = match tokens.next().ok_or_else(|| ended("a key"))? {
        Token::Key(key) | Token::Word(key) => key.clone(),
        other => return Err(format!("has {} where a key should be; {REMEDY}", other.quoted())),
    };
    let comparison = match tokens.next().ok_or_else(|| ended("==, !=, <, <=, > or >="))? {
        Token::Operator(comparison) => *comparison,
        other => return Err(format!("has {} where ==, !=, <, <=, > or >= should be; {REMEDY}", other.quoted())),
    };
    let value = match tokens.next().ok_or_else(|| ended("a value"))? {
        Token::Text(text) => Value::Text(text.clone()),
        Token::Number(number) => Value::Number(*number),
        Token::Word(word) => match word.as_str() {
            "true" | "True" => Value::Flag(true),
            "false" | "False" => Value::Flag(false),
            word => return Err(format!("has `{word}` where a value should be; write a text in quotes: '{word}'")),
        },
        other => return Err(format!("has {} where a value should be; {REMEDY}", other.quoted())),
    };
    Ok(Condition { key, comparison, value })
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// `${key}`.
    Key(String),
    /// A bare word: a key, `and`, `true` or `false`.
    Word(String),
    Operator(Comparison),
    Text(String),
    Number(f64),
}

impl Token {
    /// The token as errors quote it.
    fn quoted(&self) -> String {
        match self {
            Self::Key(key) => format!("`${{{key}}}`"),
            Self::Word(word) => format!("`{word}`"),
            Self::Operator(_) => "a comparison".to_owned(),
            Self::Text(text) => format!("'{text}'"),
            Self::Number(number) => format!("`{number}`"),
        }
    }
}

/// Cuts a filter into tokens.
struct Tokens<'a>(&'a str);

impl<'a> Tokens<'a> {
    fn of(text: &'a str) -> Result<Vec<Token>, String> {
        let mut reader = Self(text);
        let mut tokens = Vec::new();
        while let Some(token) = reader.next()? {
            tokens.push(token);
        }
        if tokens.is_empty() {
            return Err(format!("must not be empty; {REMEDY}"));
        }
        Ok(tokens)
    }

    fn next(&mut self) -> Result<Option<Token>, String> {
        self.0 = self.0.trim_start();
        let Some(first) = self.0.chars().next() else { return Ok(None) };
        let token = match first {
            '$' => self.key()?,
            '\'' | '"' => self.text(first)?,
            '=' | '!' | '<' | '>' => self.operator()?,
            '0'..='9' | '.' | '-' | '+' => self.number()?,
            first if first.is_alphabetic() || first == '_' => self.word()?,
            '(' | ')' => return Err(format!("has a parenthesis, which filters have not; {REMEDY}")),
            '&' | '|' => return Err(format!("has `{first}`; {REMEDY}")),
            other => return Err(format!("has {other:?}, which filters have not; {REMEDY}")),
        };
        Ok(Some(token))
    }

    /// Takes the longest start whose characters all fit.
    fn take(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        let end = self.0.find(|c| !fits(c)).unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at(end);
        self.0 = rest;
        taken
    }

    fn key(&mut self) -> Result<Token, String> {
        let inside = self.0.strip_prefix("${").and_then(|rest| rest.split_once('}'));
        let (key, rest) = inside.ok_or_else(|| "has a `$` that begins no `${key}`".to_owned())?;
        self.0 = rest;
        let key = key.trim();
        let key = MEMORIES.iter().find_map(|memory| key.strip_prefix(memory)).unwrap_or(key);
        match key.is_empty() || !key.chars().all(is_word) {
            true => Err(format!("has `${{{key}}}`, which names no key")),
            false => Ok(Token::Key(key.to_owned())),
        }
    }

    fn text(&mut self, quote: char) -> Result<Token, String> {
        let (text, rest) =
            self.0[1..].split_once(quote).ok_or_else(|| format!("has a text without its closing {quote}"))?;
        self.0 = rest;
        Ok(Token::Text(text.to_owned()))
    }

    fn operator(&mut self) -> Result<Token, String> {
        let written = self.take(|c| matches!(c, '=' | '!' | '<' | '>'));
        Ok(Token::Operator(match written {
            "==" => Comparison::Equal,
            "!=" => Comparison::NotEqual,
            "<" => Comparison::Less,
            "<=" => Comparison::AtMost,
            ">" => Comparison::Greater,
            ">=" => Comparison::AtLeast,
            "=" => return Err("has `=`; equality is written `==`".to_owned()),
            other => return Err(format!("has `{other}`; there are ==, !=, <, <=, > and >=")),
        }))
    }

    fn number(&mut self) -> Result<Token, String> {
        let (text, mut end) = (self.0, 0);
        for (place, c) in text.char_indices() {
            let sign = place == 0 || matches!(text.as_bytes()[place - 1], b'e' | b'E');
            if !(is_word(c) || c == '.' || matches!(c, '+' | '-') && sign) {
                break;
            }
            end = place + c.len_utf8();
        }
        let (written, rest) = text.split_at(end);
        self.0 = rest;
        let number = written.parse().ok().filter(|number: &f64| number.is_finite());
        number.map(Token::Number).ok_or_else(|| format!("has `{written}`, which is no number"))
    }

    fn word(&mut self) -> Result<Token, String> {
        let word = self.take(|c| is_word(c) || c == '.');
        match word.to_ascii_lowercase().as_str() {
            "or" | "not" | "in" | "is" => Err(format!("has `{word}`, which filters have not; {REMEDY}")),
            _ => {
                let key = MEMORIES.iter().find_map(|memory| word.strip_prefix(memory)).unwrap_or(word);
                Ok(Token::Word(key.to_owned()))
            }
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
#[path = "filter_tests.rs"]
mod tests;

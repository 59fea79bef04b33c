//! What is kept of a span until it is sent, and the ids that tie spans together, as the W3C's recommendation on trace context writes
//! them. Plain data.

/// Events that a span keeps; a run that says more is told of by its log.
const MAX_EVENTS: usize = 128;

/// A value of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Attribute {
    Text(String),
    Whole(i64),
    Number(f64),
    Flag(bool),
}

/// Something that was said within a span.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Said {
    pub(super) at_ns: u64,
    pub(super) name: String,
    pub(super) attributes: Vec<(&'static str, Attribute)>,
}

/// Which trace a span belongs to, and which span it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parent {
    pub(super) trace: u128,
    pub(super) span: u64,
}

impl Parent {
    /// Reads a `traceparent` header of version 00; `None` for anything else.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut parts = text.trim().split('-');
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let hex = |part: &str, length: usize| {
            part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        };
        if version != "00" || parts.next().is_some() || !hex(trace, 32) || !hex(span, 16) || !hex(flags, 2) {
            return None;
        }
        let parent = Self { trace: u128::from_str_radix(trace, 16).ok()?, span: u64::from_str_radix(span, 16).ok()? };
        (parent.trace != 0 && parent.span != 0).then_some(parent)
    }
}

/// A span. It has ended when it is sent.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Span {
    pub(super) trace: u128,
    pub(super) id: u64,
    pub(super) parent: Option<u64>,
    pub(super) name: &'static str,
    pub(super) start_ns: u64,
    pub(super) end_ns: u64,
    pub(super) attributes: Vec<(&'static str, Attribute)>,
    pub(super) said: Vec<Said>,
}

impl Span {
    /// The text of an attribute.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.attributes.iter().rev().find_map(|(known, value)| match value {
            Attribute::Text(text) if *known == name => Some(text.as_str()),
            _ => None,
        })
    }

    /// Keeps what was said, but not without end.
    pub(super) fn say(&mut self, said: Said) {
        if self.said.len() < MAX_EVENTS {
            self.said.push(said);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parent_is_read_as_the_recommendation_writes_it() {
        let parent = Parent::read("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").unwrap();
        assert_eq!((parent.trace, parent.span), (0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c, 0xb7ad_6b71_6920_3331));
        for wrong in [
            "",
            "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
            "00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ] {
            assert_eq!(Parent::read(wrong), None, "{wrong}");
        }
    }
}

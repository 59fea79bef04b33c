//! How the error codes stand in the OpenAPI document. It owns nothing but that: which codes there are is [`super::errors`]'s
//! matter.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::errors::ErrorCode;

/// The codes as clients see them; a derived schema would have the names of the variants.
impl PartialSchema for ErrorCode {
    fn schema() -> RefOr<Schema> {
        let codes = Self::ALL.iter().map(|code| code.as_str());
        let described = ObjectBuilder::new().schema_type(Type::String).description(Some("A documented error code."));
        described.enum_values(Some(codes)).into()
    }
}

impl ToSchema for ErrorCode {}

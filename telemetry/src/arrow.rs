//! Tables as streams of Arrow (IPC): the only place that knows Arrow. Without the feature `arrow` there is nobody who makes one,
//! and whoever asks is told so.

#[cfg(feature = "arrow")]
pub(crate) use with::Writer;
#[cfg(not(feature = "arrow"))]
pub(crate) use without::Writer;

#[cfg(feature = "arrow")]
mod with {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Float32Array, Float64Array, Int64Array, RecordBatch, StringArray, UInt32Array};
    use arrow_ipc::writer::StreamWriter;
    use arrow_schema::{DataType, Field, Schema, SchemaRef};
    use bytes::Bytes;

    use crate::columns::{Column, Kind, Spec, Values};
    use crate::error::Result;
    use crate::file::Group;

    const WRITES: &str = "memory takes whatever is written, and every batch has the columns of the schema";

    /// Makes a stream: the columns' names and types, then batches of rows, then its end.
    pub(crate) struct Writer {
        schema: SchemaRef,
        stream: StreamWriter<Vec<u8>>,
    }

    impl Writer {
        /// A stream of these columns.
        ///
        /// # Errors
        /// None, where Arrow is built in.
        pub(crate) fn new(specs: &[Spec]) -> Result<Self> {
            let field = |spec: &Spec| Field::new(&spec.name, type_of(spec.kind), spec.kind.is_nullable());
            let schema = Arc::new(Schema::new(specs.iter().map(field).collect::<Vec<_>>()));
            let stream = StreamWriter::try_new(Vec::new(), &schema).expect(WRITES);
            Ok(Self { schema, stream })
        }

        /// Adds rows, as a batch.
        pub(crate) fn add(&mut self, group: &Group) {
            let columns = group.columns.iter().zip(self.schema.fields());
            let columns = columns.map(|(column, field)| array(column, field.is_nullable())).collect();
            let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns).expect(WRITES);
            self.stream.write(&batch).expect(WRITES);
        }

        /// The bytes that were not drained before.
        pub(crate) fn drain(&mut self) -> Bytes {
            std::mem::take(self.stream.get_mut()).into()
        }

        /// Ends the stream, and drains it.
        pub(crate) fn end(&mut self) -> Bytes {
            self.stream.finish().expect(WRITES);
            self.drain()
        }
    }

    fn type_of(kind: Kind) -> DataType {
        match kind {
            Kind::Unsigned | Kind::MaybeUnsigned => DataType::UInt32,
            Kind::Long => DataType::Int64,
            Kind::Float | Kind::MaybeFloat => DataType::Float32,
            Kind::Double | Kind::MaybeDouble => DataType::Float64,
            Kind::Text | Kind::MaybeText => DataType::Utf8,
        }
    }

    fn array(column: &Column, maybe: bool) -> ArrayRef {
        macro_rules! array {
            ($array:ty, $values:expr, $value:expr) => {{
                if maybe {
                    Arc::new(there($values).map(|value| value.map($value)).collect::<$array>())
                } else {
                    Arc::new(<$array>::from_iter_values($values.values.iter().map($value)))
                }
            }};
        }
        match column {
            // Numbers without a sign are stored by their bits.
            Column::Unsigned(values) => array!(UInt32Array, values, |&value| value as u32),
            Column::Long(values) => array!(Int64Array, values, |&value| value),
            Column::Float(values) => array!(Float32Array, values, |&value| value),
            Column::Double(values) => array!(Float64Array, values, |&value| value),
            Column::Text(values) => array!(StringArray, values, crate::rows::text),
        }
    }

    /// Every value, where it is there.
    fn there<T>(column: &Values<T>) -> impl Iterator<Item = Option<&T>> {
        column.values.iter().zip(&column.there).map(|(value, &there)| (there > 0).then_some(value))
    }
}

#[cfg(not(feature = "arrow"))]
mod without {
    use bytes::Bytes;

    use crate::columns::Spec;
    use crate::error::{Result, TelemetryError};
    use crate::file::Group;

    /// What there is none of.
    pub(crate) enum Writer {}

    impl Writer {
        /// Refuses.
        ///
        /// # Errors
        /// [`TelemetryError::Asked`].
        pub(crate) fn new(_: &[Spec]) -> Result<Self> {
            let problem = "arrow needs a program that is built with the feature arrow, and this one is not";
            Err(TelemetryError::asked("format", problem))
        }

        pub(crate) fn add(&mut self, _: &Group) {
            match *self {}
        }

        pub(crate) fn drain(&mut self) -> Bytes {
            match *self {}
        }

        pub(crate) fn end(&mut self) -> Bytes {
            match *self {}
        }
    }
}

//! Columns in memory, and as a row group of a Parquet file. The only place that writes Parquet.

use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{Compression, ConvertedType, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, FloatType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{ColumnPath, Type, TypePtr};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Whole numbers without a sign, 32 bits.
    Unsigned,
    /// The same, or nothing.
    MaybeUnsigned,
    /// Whole numbers, 64 bits.
    Long,
    /// Numbers, 32 bits.
    Float,
    /// The same, or nothing.
    MaybeFloat,
    /// Numbers, 64 bits.
    Double,
    /// The same, or nothing.
    MaybeDouble,
    /// Words.
    Text,
    /// Words, or nothing.
    MaybeText,
}

impl Kind {
    /// True where values may be missing.
    pub(crate) fn is_nullable(self) -> bool {
        matches!(self, Self::MaybeUnsigned | Self::MaybeFloat | Self::MaybeDouble | Self::MaybeText)
    }
}

/// A column's name and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spec {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

impl Spec {
    pub(crate) fn new(name: &str, kind: Kind) -> Self {
        Self { name: name.to_owned(), kind }
    }

    fn to_type(&self) -> TypePtr {
        let physical = match self.kind {
            Kind::Unsigned | Kind::MaybeUnsigned => Physical::INT32,
            Kind::Long => Physical::INT64,
            Kind::Float | Kind::MaybeFloat => Physical::FLOAT,
            Kind::Double | Kind::MaybeDouble => Physical::DOUBLE,
            Kind::Text | Kind::MaybeText => Physical::BYTE_ARRAY,
        };
        let (converted, logical) = match physical {
            Physical::INT32 => (ConvertedType::UINT_32, Some(LogicalType::integer(32, false))),
            Physical::BYTE_ARRAY => (ConvertedType::UTF8, Some(LogicalType::String)),
            _ => (ConvertedType::NONE, None),
        };
        let repetition = if self.kind.is_nullable() { Repetition::OPTIONAL } else { Repetition::REQUIRED };
        let column = Type::primitive_type_builder(&self.name, physical)
            .with_repetition(repetition)
            .with_converted_type(converted)
            .with_logical_type(logical)
            .build();
        Arc::new(column.expect("every kind of column is a valid type"))
    }
}

/// Values of a column. Where values may be missing, `there` says which are.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Values<T> {
    pub(crate) values: Vec<T>,
    pub(crate) there: Vec<i16>,
}

impl<T> Values<T> {
    pub(crate) fn push(&mut self, value: T) {
        self.values.push(value);
        self.there.push(1);
    }

    pub(crate) fn maybe(&mut self, value: Option<T>) {
        match value {
            Some(value) => self.push(value),
            None => self.there.push(0),
        }
    }
}

impl<T: Clone> Values<T> {
    /// One value per row, `empty` where there is none.
    fn spread(self, empty: T) -> Self {
        let Self { values, there } = self;
        if values.len() == there.len() {
            return Self { values, there };
        }
        let mut values = values.into_iter();
        let next = |&there: &i16| if there > 0 { values.next().unwrap_or(empty.clone()) } else { empty.clone() };
        Self { values: there.iter().map(next).collect(), there }
    }
}

/// A column in memory.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Column {
    Unsigned(Values<i32>),
    Long(Values<i64>),
    Float(Values<f32>),
    Double(Values<f64>),
    Text(Values<ByteArray>),
}

impl Column {
    pub(crate) fn new(kind: Kind) -> Self {
        match kind {
            Kind::Unsigned | Kind::MaybeUnsigned => Self::Unsigned(Values::default()),
            Kind::Long => Self::Long(Values::default()),
            Kind::Float | Kind::MaybeFloat => Self::Float(Values::default()),
            Kind::Double | Kind::MaybeDouble => Self::Double(Values::default()),
            Kind::Text | Kind::MaybeText => Self::Text(Values::default()),
        }
    }

    /// The words of a column of words; nothing of another.
    pub(crate) fn texts(&self) -> &Values<ByteArray> {
        static NOTHING: Values<ByteArray> = Values { values: Vec::new(), there: Vec::new() };
        if let Self::Text(values) = self { values } else { &NOTHING }
    }

    /// The numbers of a column of whole numbers without a sign; nothing of another.
    pub(crate) fn unsigneds(&self) -> &Values<i32> {
        static NOTHING: Values<i32> = Values { values: Vec::new(), there: Vec::new() };
        if let Self::Unsigned(values) = self { values } else { &NOTHING }
    }

    /// How many rows it has.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Unsigned(values) => values.there.len(),
            Self::Long(values) => values.there.len(),
            Self::Float(values) => values.there.len(),
            Self::Double(values) => values.there.len(),
            Self::Text(values) => values.there.len(),
        }
    }

    /// One value per row: some value where there is none.
    pub(crate) fn spread(self) -> Self {
        match self {
            Self::Unsigned(values) => Self::Unsigned(values.spread(0)),
            Self::Long(values) => Self::Long(values.spread(0)),
            Self::Float(values) => Self::Float(values.spread(f32::NAN)),
            Self::Double(values) => Self::Double(values.spread(f64::NAN)),
            Self::Text(values) => Self::Text(values.spread(ByteArray::new())),
        }
    }

    /// Adds a value of a column of this kind. Numbers without a sign are stored by their bits.
    pub(crate) fn unsigned(&mut self, value: Option<u32>) {
        if let Self::Unsigned(values) = self {
            values.maybe(value.map(|value| value as i32));
        }
    }

    pub(crate) fn long(&mut self, value: u64) {
        if let Self::Long(values) = self {
            values.push(value as i64);
        }
    }

    pub(crate) fn float(&mut self, value: Option<f32>) {
        if let Self::Float(values) = self {
            values.maybe(value);
        }
    }

    pub(crate) fn double(&mut self, value: Option<f64>) {
        if let Self::Double(values) = self {
            values.maybe(value);
        }
    }

    pub(crate) fn text(&mut self, value: Option<&ByteArray>) {
        if let Self::Text(values) = self {
            values.maybe(value.cloned());
        }
    }
}

/// The file of a table that is being written.
pub(crate) struct TableWriter {
    specs: Vec<Spec>,
    schema: TypePtr,
    properties: WriterPropertiesPtr,
    /// The row group in the making.
    pub(crate) columns: Vec<Column>,
    rows: usize,
    file: Option<SerializedFileWriter<Vec<u8>>>,
    file_rows: u64,
    ticks: Option<(u32, u32)>,
}

/// A whole file.
pub(crate) struct Written {
    pub(crate) bytes: Bytes,
    pub(crate) rows: u64,
    pub(crate) first_tick: u32,
    pub(crate) last_tick: u32,
}

impl TableWriter {
    pub(crate) fn new(name: &str, specs: Vec<Spec>) -> Self {
        let fields = specs.iter().map(Spec::to_type).collect();
        let schema = Type::group_type_builder(name).with_fields(fields).build();
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_created_by(format!("civitas {}", env!("CARGO_PKG_VERSION")));
        for spec in &specs {
            // Measured numbers hardly repeat: a dictionary of them only costs.
            if matches!(spec.kind, Kind::Double | Kind::MaybeDouble | Kind::Float | Kind::MaybeFloat) {
                let path = ColumnPath::new(vec![spec.name.clone()]);
                properties = properties.set_column_dictionary_enabled(path, false);
            }
        }
        Self {
            columns: specs.iter().map(|spec| Column::new(spec.kind)).collect(),
            schema: Arc::new(schema.expect("a table has columns of valid types")),
            properties: Arc::new(properties.build()),
            specs,
            rows: 0,
            file: None,
            file_rows: 0,
            ticks: None,
        }
    }

    /// Counts rows of a tick whose values have been added to every column.
    pub(crate) fn added(&mut self, tick: u32, rows: usize) {
        self.rows += rows;
        if rows > 0 {
            let (first, last) = self.ticks.unwrap_or((tick, tick));
            self.ticks = Some((first.min(tick), last.max(tick)));
        }
    }

    /// Rows of the row group in the making.
    pub(crate) fn pending(&self) -> usize {
        self.rows
    }

    /// Ends the row group, where there is one; gives the size of the file so far.
    pub(crate) fn close_group(&mut self) -> Result<usize, ParquetError> {
        if self.rows > 0 {
            if self.file.is_none() {
                let (schema, properties) = (Arc::clone(&self.schema), Arc::clone(&self.properties));
                self.file = Some(SerializedFileWriter::new(Vec::new(), schema, properties)?);
            }
            let file = self.file.as_mut().expect("it was made above");
            let mut group = file.next_row_group()?;
            for (column, spec) in self.columns.iter_mut().zip(&self.specs) {
                let Some(writer) = group.next_column()? else { break };
                write_column(writer, std::mem::replace(column, Column::new(spec.kind)), spec.kind)?;
            }
            group.close()?;
            self.file_rows += std::mem::take(&mut self.rows) as u64;
        }
        Ok(self.file.as_ref().map_or(0, |file| file.bytes_written()))
    }

    /// The bytes of the file so far that were not drained before.
    pub(crate) fn drain(&mut self) -> Result<Bytes, ParquetError> {
        let Some(file) = &mut self.file else { return Ok(Bytes::new()) };
        file.flush()?;
        Ok(std::mem::take(file.inner_mut()).into())
    }

    /// Ends a file that is drained, empty where it has no rows, and gives the rest of it.
    pub(crate) fn finish(&mut self) -> Result<Bytes, ParquetError> {
        let file = match self.file.take() {
            Some(file) => file,
            None => SerializedFileWriter::new(Vec::new(), Arc::clone(&self.schema), Arc::clone(&self.properties))?,
        };
        Ok(file.into_inner()?.into())
    }

    /// Ends the file, where there is one.
    pub(crate) fn close_file(&mut self) -> Result<Option<Written>, ParquetError> {
        self.close_group()?;
        let (Some(file), Some((first_tick, last_tick))) = (self.file.take(), self.ticks.take()) else {
            return Ok(None);
        };
        let (bytes, rows) = (file.into_inner()?.into(), std::mem::take(&mut self.file_rows));
        Ok(Some(Written { bytes, rows, first_tick, last_tick }))
    }
}

fn write_column(mut writer: SerializedColumnWriter<'_>, column: Column, kind: Kind) -> Result<(), ParquetError> {
    let maybe = kind.is_nullable();
    macro_rules! write {
        ($type:ty, $column:expr) => {{
            let there = maybe.then_some(&$column.there[..]);
            writer.typed::<$type>().write_batch(&$column.values, there, None)?;
        }};
    }
    match column {
        Column::Unsigned(values) => write!(Int32Type, values),
        Column::Long(values) => write!(Int64Type, values),
        Column::Float(values) => write!(FloatType, values),
        Column::Double(values) => write!(DoubleType, values),
        Column::Text(values) => write!(ByteArrayType, values),
    }
    writer.close()
}

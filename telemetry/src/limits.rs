//! Every bound of telemetry, with its reason.

use std::time::Duration;

/// Pieces of telemetry that wait for a run's writer: enough to smooth over a write, few enough that they are small beside
/// the run. Beyond it the run waits.
pub(crate) const QUEUE: usize = 8;

/// Rows of a row group, at a tick's end: what a reader takes at least, and what a writer holds uncompressed.
pub(crate) const ROW_GROUP_ROWS: usize = 16_384;

/// Compressed bytes after which a file is closed: a writer holds so much of each table.
pub(crate) const FILE_BYTES: usize = 4 << 20;

/// What is recorded is written after this time at the latest, or a twentieth of the run's so far where that is more: soon at
/// the beginning, when somebody may be watching, and never into very many files.
pub(crate) const FLUSH_AFTER: Duration = Duration::from_secs(2);
pub(crate) const FLUSH_SHARE: u32 = 20;

/// How often a write is tried before telemetry is given up, with a pause in between that doubles from the first.
pub(crate) const WRITE_TRIES: u32 = 5;
pub(crate) const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// How often an object store on another machine is asked again before a request has failed, and for how long: a hiccup is
/// passed over, and a store that is gone is told soon, for whoever writes tries again and whoever reads can ask again.
#[cfg(any(feature = "s3", feature = "azure"))]
pub(crate) const REQUEST_RETRIES: usize = 1;
#[cfg(any(feature = "s3", feature = "azure"))]
pub(crate) const REQUEST_RETRY_TIMEOUT: Duration = Duration::from_secs(5);

/// Files of a run that are written or read at a time.
pub(crate) const FILES_AT_ONCE: usize = 8;

/// Files that are fetched or decoded at a time, over all readers together: a decoded file is tens of MiB, and the machine's
/// processors are for runs.
pub(crate) const READS_AT_ONCE: usize = 4;

/// A file up to this size is read whole: it costs no more than its footer.
pub(crate) const WHOLE_FILE_BYTES: u64 = 128 << 10;

/// What is read of a larger file's end first: its footer, but for files of very many columns and row groups.
pub(crate) const TAIL_BYTES: u64 = 64 << 10;

/// The largest index, in bytes.
pub(crate) const MAX_INDEX_BYTES: u64 = 64 << 20;

/// How long a runtime that ends waits for writes under way.
pub(crate) const LAST_WRITES: Duration = Duration::from_secs(2);

//! Every bound of the store, each with the reason for its number.
//!
//! Owns the numbers and the compile-time proofs of how they relate; it must not hold behaviour. A bound that
//! a caller can run into is answered with [`crate::StoreError::TooLarge`].

/// The largest value handed to sled, in bytes. Measured: from about 8 kB on sled moves values to blob files,
/// which it never syncs and which leak when replaced; half of that keeps a full leaf page far from the threshold.
pub const MAX_VALUE_BYTES: usize = 4096;

/// What is set aside of [`MAX_VALUE_BYTES`] for the key of a chunk, in bytes; the longest has 29.
pub const KEY_MARGIN_BYTES: usize = 64;

/// How many bytes of a long record, a results document or a snapshot part stand in one value.
pub const CHUNK_BYTES: usize = MAX_VALUE_BYTES - KEY_MARGIN_BYTES;

/// The longest encoded record that is cut into chunks (batches, manifests), in bytes: a batch of thirty thousand
/// runs, or a snapshot of twenty-five thousand parts.
pub const MAX_RECORD_BYTES: usize = 512 * 1024;

/// What bincode may claim while decoding one record, in bytes. It counts the size of values in memory, and a
/// 7-byte part manifest takes 32; without this limit a corrupt length aborts the process.
pub const MAX_DECODE_BYTES: usize = 4 * 1024 * 1024;

/// The longest results document before compression, in bytes. It is part of a commit, and all commits behind it
/// wait: measured, 64 MiB that do not compress take one to three seconds.
pub const MAX_RESULTS_BYTES: usize = 64 * 1024 * 1024;

/// The longest workflow before compression, in bytes: what a request of the largest allowed size grows to, with room.
pub const MAX_WORKFLOW_BYTES: usize = 32 * 1024 * 1024;

/// The longest effects of a run before compression, in bytes: a few hundred, each with the names of four thousand regions.
pub const MAX_EFFECTS_BYTES: usize = 32 * 1024 * 1024;
/// The longest cast of a run before compression, in bytes: its named agents, and what was recorded of the society around them.
pub const MAX_CAST_BYTES: usize = 32 * 1024 * 1024;

/// The longest manifest of a run, in bytes: a digest for each of the hundred thousand ticks of the longest experiment takes
/// half of it.
pub const MAX_RUN_MANIFEST_BYTES: usize = 2 * 1024 * 1024;

/// The largest part of a snapshot before compression, in bytes: one partition of ten million agents with
/// 25 bytes each. It also bounds what a corrupt manifest can make a reader allocate.
pub const MAX_PART_RAW_BYTES: usize = 256 * 1024 * 1024;

/// The longest data set before compression, in bytes: ten million agents with a dozen columns of numbers.
pub const MAX_DATASET_BYTES: usize = 1 << 30;

/// How much of a data set is compressed at a time, in bytes: what a reader needs beside the whole.
pub const DATASET_PART_BYTES: usize = 16 * 1024 * 1024;

/// Event scripts of a project, and as many bundles: whoever makes one has the keys of all counted.
pub const MAX_EVENTS_PER_PROJECT: usize = 1_000;

/// The longest name of a data set, in bytes: it is part of a key.
pub const MAX_DATASET_NAME_BYTES: usize = 64;

/// The longest name of a model, in bytes: it is part of a key, and sled copies keys into its inner nodes.
pub const MAX_MODEL_NAME_BYTES: usize = 256;

/// Runs that a node may have: with a thousand seeds a mean is known to a sixteenth of a standard deviation, and a page of them
/// is still read at once.
pub const MAX_RUNS_PER_NODE: usize = 1_000;

/// Requests that may wait for the committer; `commit` blocks above it. Many times what one group takes in
/// practice, so that a slow disk slows writers before memory does.
pub const COMMIT_QUEUE: usize = 1024;

/// Changes after which a group is closed and made durable. One fdatasync is spread over at most so many; more
/// would add to the wait of the first without gain.
pub const MAX_BATCH: usize = 1024;

/// Bytes after which a group is closed, so that runs do not wait for many large results.
pub const MAX_BATCH_BYTES: usize = 8 * 1024 * 1024;

/// What sled may cache, in bytes, unless told otherwise: its own default of 1 GB is more than a small machine
/// has to spare.
pub const DEFAULT_CACHE_BYTES: u64 = 64 * 1024 * 1024;

/// How much of the disk is kept back for what is under way, in bytes, unless told otherwise: the ends of several hundred runs of
/// ordinary size, and many groups of commits.
pub const DEFAULT_RESERVE_BYTES: u64 = 64 * 1024 * 1024;

/// Findings of one kind that a report of the doctor lists; above it they are only counted.
pub const MAX_FINDINGS: usize = 1000;

/// The version of the folder: trees, keys and index entries, and the newest versions of the records in it.
pub const STORE_FORMAT: u32 = 3;

const _: () = assert!(CHUNK_BYTES + KEY_MARGIN_BYTES <= MAX_VALUE_BYTES);
const _: () = assert!(MAX_RECORD_BYTES > MAX_VALUE_BYTES);
const _: () = assert!(MAX_DECODE_BYTES >= 8 * MAX_RECORD_BYTES);
const _: () = assert!(MAX_DECODE_BYTES >= 2 * MAX_RUN_MANIFEST_BYTES);
// Chunk numbers are u32, and lz4 blocks hold less than 2 GiB.
const _: () = assert!(MAX_RESULTS_BYTES < i32::MAX as usize);
const _: () = assert!(MAX_WORKFLOW_BYTES <= MAX_RESULTS_BYTES);
const _: () = assert!(MAX_EFFECTS_BYTES <= MAX_RESULTS_BYTES);
const _: () = assert!(MAX_CAST_BYTES <= MAX_RESULTS_BYTES);
const _: () = assert!(DATASET_PART_BYTES <= MAX_PART_RAW_BYTES);
const _: () = assert!(MAX_PART_RAW_BYTES < i32::MAX as usize);
const _: () = assert!(MAX_BATCH > 0 && COMMIT_QUEUE > 0);

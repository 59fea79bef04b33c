//! Durable creates per second with 1, 16 and 256 writers, beside the raw fdatasync rate of the same disk.
//!
//! `cargo run --release -p civitas-store --example durable_writes [folder]`: the folder, by default the system's
//! temporary one, says which disk is measured; a folder of its own is made below it and removed at the end.

use std::error::Error;
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use civitas_store::{
    Change, DEFAULT_TENANT, Purpose, RunMode, RunRecord, RunStatus, SledStore, SnapshotPart, Store, StoredSpec,
};
use uuid::Uuid;

const MEASURE: Duration = Duration::from_secs(3);
const SNAPSHOT_BYTES: usize = 64 << 20;

fn main() -> Result<(), Box<dyn Error>> {
    let below = std::env::args_os().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = tempfile::tempdir_in(below)?;
    println!("fdatasync of 4 kB     {:>9.0} /s", raw_rate(folder.path())?);
    for writers in [1, 16, 256] {
        let store = SledStore::open(&folder.path().join(format!("store-{writers}")))?;
        println!("creates, {writers:>3} writers  {:>9.0} /s", create_rate(&store, writers)?);
    }
    let store = SledStore::open(&folder.path().join("snapshots"))?;
    println!("snapshot parts        {:>9.0} MB/s", snapshot_rate(&store)?);
    Ok(())
}

/// Overwrites and syncs the same 4 kB: the most that one writer can have of this disk.
fn raw_rate(folder: &Path) -> Result<f64, Box<dyn Error>> {
    let mut file = File::create(folder.join("raw"))?;
    file.write_all(&[0; 4096])?;
    file.sync_all()?;
    let start = Instant::now();
    let mut count = 0;
    while start.elapsed() < MEASURE {
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&[count as u8; 4096])?;
        file.sync_data()?;
        count += 1;
    }
    Ok(f64::from(count) / start.elapsed().as_secs_f64())
}

/// Every writer waits for its create to be durable before it makes the next.
fn create_rate(store: &SledStore, writers: u32) -> Result<f64, Box<dyn Error>> {
    let start = Instant::now();
    let write = |writer: u32| {
        let mut count = 0_u32;
        while start.elapsed() < MEASURE {
            store.commit_wait(vec![Change::PutRun(Box::new(record(writer, count)))])?;
            count += 1;
        }
        Ok::<u32, civitas_store::StoreError>(count)
    };
    let mut total = 0_u32;
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..writers).map(|writer| scope.spawn(move || write(writer))).collect();
        for thread in threads {
            total += thread.join().map_err(|_| "a writer panicked")??;
        }
        Ok::<(), Box<dyn Error>>(())
    })?;
    Ok(f64::from(total) / start.elapsed().as_secs_f64())
}

/// Bytes that lz4 cannot shrink, until they are durable.
fn snapshot_rate(store: &SledStore) -> Result<f64, Box<dyn Error>> {
    let mut state = 1_u64;
    let bytes = (0..SNAPSHOT_BYTES)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        })
        .collect();
    let start = Instant::now();
    store.write_snapshot_parts(Uuid::nil(), 1, &[SnapshotPart { index: 0, bytes }], Purpose::New)?;
    store.commit_wait(Vec::new())?;
    Ok(SNAPSHOT_BYTES as f64 / 1e6 / start.elapsed().as_secs_f64())
}

fn record(writer: u32, count: u32) -> RunRecord {
    RunRecord {
        id: Uuid::from_u64_pair(count.into(), writer.into()),
        tenant_id: DEFAULT_TENANT,
        project_id: Uuid::from_u128(7),
        batch_id: None,
        parent_node_id: None,
        node_id: None,
        name: "durable writes".to_owned(),
        mode: RunMode::Society,
        status: RunStatus::Queued,
        spec: StoredSpec { model: "x".repeat(500), ..StoredSpec::default() },
        start_requested: true,
        created_at_ms: count.into(),
        started_at_ms: None,
        completed_at_ms: None,
        running_ms: 0,
        current_tick: 0,
        total_ticks: 100,
        agents_processed: 0,
        has_results: false,
        fault: None,
        created_by: "local".to_owned(),
        forked_from: None,
        interruptions: 0,
    }
}

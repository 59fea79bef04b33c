//! How much is read for an answer: were one of these to fail, a page of a few agents would take the time and the memory of all of
//! them, or lack some.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod common;

use civitas_actors::TelemetryChoice;
use civitas_engine::{ALL_AGENTS, RunSpec};
use civitas_telemetry::{EventQuery, Export, Format, Index, Names, Reader, SliceQuery, Table};
use common::{recorded, run_of, spec};

const KEYFRAMES: [u32; 4] = [0, 3, 6, 8];
const AGENTS: u32 = 40_000;

/// What is asked comes to, and how many bytes of objects are read for it.
async fn counted<T>(reader: &Reader, asked: impl Future<Output = civitas_telemetry::Result<T>>) -> (T, u64) {
    let before = reader.objects().bytes_read();
    let answer = asked.await.unwrap();
    (answer, reader.objects().bytes_read() - before)
}

fn bytes_of(index: &Index, table: Table) -> u64 {
    index.files.iter().filter(|file| file.table == table).map(|file| file.bytes).sum()
}

/// A table as text.
async fn exported(reader: &Reader, index: &Index, ticks: (Option<u32>, Option<u32>)) -> Vec<String> {
    let mut export = Export::new(reader, index, Table::Agents, Format::Csv, ticks).unwrap();
    let mut bytes = Vec::new();
    while let Some(piece) = export.next().await.unwrap() {
        bytes.extend_from_slice(&piece);
    }
    String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_whole_population_only_the_row_groups_are_read_that_are_needed() {
    let choice = TelemetryChoice { keyframe_every: Some(3), sample_agents: Some(ALL_AGENTS), ..Default::default() };
    let (_folder, reader, index) = recorded(run_of(spec(AGENTS, 8), 0, choice)).await;
    assert_eq!(index.keyframes, KEYFRAMES);
    let all = bytes_of(&index, Table::Agents);
    assert!(all > 2 << 20, "{all} bytes are too few to tell anything");

    // A few of the last agents of the third keyframe: a row group or two of some ten, and what tells which.
    let (page, read) = counted(&reader, reader.keyframe(&index, 6, 39_000, 50)).await;
    assert_eq!((page.total, page.agents.len()), (u64::from(AGENTS), 50));
    assert!(page.agents.iter().map(|agent| agent.agent).eq(39_000..39_050));
    assert!(page.agents.iter().all(|agent| agent.moment.tick == 6));
    assert!(read < all / 4, "{read} of {all} bytes for 50 agents");
    let (beyond, read) = counted(&reader, reader.keyframe(&index, 6, 40_000, 50)).await;
    assert_eq!((beyond.total, beyond.agents.len()), (u64::from(AGENTS), 0));
    assert!(read < all / 8, "{read} of {all} bytes for none");
    // A page over the border of row groups is whole.
    let (border, _) = counted(&reader, reader.keyframe(&index, 6, 16_000, 10_000)).await;
    assert!(border.agents.iter().map(|agent| agent.agent).eq(16_000..26_000));

    let (moments, read) = counted(&reader, reader.trajectory(&index, 20_000)).await;
    assert!(moments.iter().map(|moment| moment.moment.tick).eq(KEYFRAMES));
    assert!(read < all * 2 / 3, "{read} of {all} bytes for one agent");
    assert_eq!(moments[2].moment.state, reader.keyframe(&index, 6, 20_000, 1).await.unwrap().agents[0].moment.state);

    let whole = exported(&reader, &index, (None, None)).await;
    assert_eq!(whole.len(), 1 + KEYFRAMES.len() * AGENTS as usize);
    let before = reader.objects().bytes_read();
    let part = exported(&reader, &index, (Some(7), None)).await;
    let read = reader.objects().bytes_read() - before;
    assert!(read < all / 2, "{read} of {all} bytes for one of four keyframes");
    assert_eq!(part[1..], whole[whole.len() - AGENTS as usize..]);
    let wrong = Export::new(&reader, &index, Table::Agents, Format::Csv, (Some(3), Some(2))).err().unwrap();
    assert_eq!(wrong.to_string(), "from_tick must be at most to_tick (2), not 3");

    // Curves read nothing of agents.
    let (slice, read) = counted(&reader, reader.slice(&index, &SliceQuery::default())).await;
    assert_eq!(slice.ticks.len(), 9);
    assert!(read < all / 8, "{read} bytes for the curves of 9 ticks");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_events_only_the_page_is_read_whole() {
    let spec = RunSpec { model: "ringer".to_owned(), ..spec(100_000, 60) };
    let (_folder, reader, index) = recorded(run_of(spec, 0, TelemetryChoice::default())).await;
    let all = bytes_of(&index, Table::Events);
    assert!(all > 256 << 10, "{all} bytes are too few to tell anything");
    let query =
        EventQuery { from_tick: None, to_tick: None, kinds: Names::All, of_type: None, skip: 0, limit: usize::MAX };
    let (whole, read) = counted(&reader, reader.events(&index, &query)).await;
    // 60 counts, and some 1000 reports of each tick.
    assert_eq!(whole.total, whole.items.len() as u64);
    assert!(whole.total > 55_000, "{} events are too few to tell anything", whole.total);
    assert!(read >= all / 2, "{read} of {all} bytes for everything");

    let page = EventQuery { skip: 50_000, limit: 10, ..query.clone() };
    let (some, read) = counted(&reader, reader.events(&index, &page)).await;
    assert_eq!((some.total, &some.items[..]), (whole.total, &whole.items[50_000..50_010]));
    assert!(read < all * 2 / 3, "{read} of {all} bytes for ten events");
    let early = EventQuery { to_tick: Some(2), limit: 5, ..query.clone() };
    let (some, read) = counted(&reader, reader.events(&index, &early)).await;
    let of_two_ticks = whole.items.iter().filter(|event| event.tick <= 2).count() as u64;
    assert_eq!((some.total, &some.items[..]), (of_two_ticks, &whole.items[..5]));
    assert!(read < all * 2 / 3, "{read} of {all} bytes for two ticks");

    let counts = EventQuery { of_type: Some("count"), kinds: Names::Some(vec!["rang".to_owned()]), ..query.clone() };
    let (counts, read) = counted(&reader, reader.events(&index, &counts)).await;
    assert!(counts.items.iter().map(|event| event.tick).eq(1..=60));
    let of_all: Vec<_> = whole.items.iter().filter(|event| event.of_type == "count").cloned().collect();
    assert_eq!(counts.items, of_all);
    assert!(read > 0);
    let none = EventQuery { kinds: Names::Some(vec!["never".to_owned()]), ..query };
    let (none, read) = counted(&reader, reader.events(&index, &none)).await;
    assert_eq!((none.total, none.items.len()), (0, 0));
    assert!(read < all / 2, "{read} of {all} bytes to see that there are none");
}

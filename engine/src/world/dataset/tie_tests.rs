//! Tables of ties: what is read, what is refused and where, and the form of ties in bytes.

use proptest::prelude::*;

use super::*;

const REGIONS: &[u8] = b"code,population\nA,1\nB,1\n";

fn read(agents: &str, ties: &str, directed: bool) -> Result<Dataset> {
    let tables = Tables {
        agents: Some(Table::csv("agents.csv", agents.as_bytes())),
        ties: Some(Table::csv("ties.csv", ties.as_bytes())),
        directed,
        ..Tables::of(Table::csv("regions.csv", REGIONS))
    };
    Dataset::from_tables("x", tables)
}

/// The row of every agent, with the weights.
fn rows(set: &Dataset) -> Vec<(Vec<u32>, Vec<f32>)> {
    let ties = set.ties().unwrap();
    let row = |agent| (ties.row(agent).0.to_vec(), ties.row(agent).1.to_vec());
    (0..set.agent_count() as u32).map(row).collect()
}

/// Four agents: the rows of the table have the ids 2, 0, 3, 1.
const AGENTS: &str = "region\nB\nA\nB\nA\n";

#[test]
fn agents_are_named_by_row_and_numbered_region_by_region() {
    let both = read(AGENTS, "source,target\n0,1\n3,1\n2,1\n", false).unwrap();
    let peers = |set: &Dataset| rows(set).into_iter().map(|(peers, _)| peers).collect::<Vec<_>>();
    assert_eq!(peers(&both), [vec![1, 2, 3], vec![0], vec![0], vec![0]]);
    assert_eq!((both.tie_count(), both.has_directed_ties(), both.has_weighted_ties()), (3, false, false));
    let one_way = read(AGENTS, "source,target\n0,1\n1,0\n3,1\n", true).unwrap();
    assert_eq!(peers(&one_way), [vec![1, 2], vec![], vec![0], vec![]], "the target listens to the source");
    assert_eq!((one_way.tie_count(), one_way.has_directed_ties()), (3, true));
    assert_eq!(one_way.ties().unwrap().reads(), 3);
    assert_eq!(both.ties().unwrap().reads(), 6);
}

#[test]
fn agents_are_named_by_id_where_they_have_one() {
    let agents = "id,region,opinion\nann,B,0.1\n7,A,0.2\nzoë,B,0.3\n";
    let set = read(agents, "weight,to,from\n0.5,ann,7\n2,7,zoë\n", false).unwrap();
    assert_eq!(set.agent_columns().collect::<Vec<_>>(), ["opinion"], "an id is no trait");
    assert_eq!(rows(&set), [(vec![1, 2], vec![0.5, 2.0]), (vec![0], vec![0.5]), (vec![0], vec![2.0])]);
    assert!(set.has_weighted_ties());
}

#[test]
fn faults_name_file_and_line() {
    let with_ids = "region,id\nA,a\nB,b\nA,c\n";
    for (agents, ties, directed, wanted) in [
        (AGENTS, "source,target\n", false, "line 1: there are no ties"),
        (AGENTS, "source,weight\n0,1\n", false, "line 1: there is no column target; the header names: source, weight"),
        (AGENTS, "a,b\n0,1\n", false, "line 1: there is no column source"),
        (
            AGENTS,
            "source,target\n0,4\n",
            false,
            "line 2: target must be the row of an agent in the table of agents, a whole number from 0 to 3, or that table \
             must have a column id, not \"4\"",
        ),
        (AGENTS, "from,to\n0,1\n-1,1\n", false, "line 3: from must be the row of an agent"),
        (AGENTS, "source,target\n1.0,1\n", false, "line 2: source must be the row of an agent"),
        (
            with_ids,
            "source,target\na,0\n",
            false,
            "line 2: target must be the id of an agent in the table of agents, not \"0\"",
        ),
        (AGENTS, "source,target\n0,1\n\n2,2\n", false, "line 4: ties agent 2 to itself; leave the row out"),
        (
            AGENTS,
            "source,target\n0,1\n\n3,2\n2,3\n1,0\n",
            false,
            "line 5: the tie of 2 and 3 stands twice; each may stand once, in whichever order",
        ),
        (
            AGENTS,
            "source,target\n0,1\n1,0\n0,1\n",
            true,
            "line 4: the tie of 0 and 1 stands twice; each may stand once",
        ),
        (AGENTS, "source,target,weight\n0,1,0\n", false, "line 2: weight must be a finite number above 0, not \"0\""),
        (AGENTS, "source,target,weight\n0,1,1\n0,2,-1\n", false, "line 3: weight must be a finite number above 0"),
        (AGENTS, "source,target,weight\n0,1,nan\n", false, "line 2: weight must be"),
        (AGENTS, "source,target,weight\n0,1,1e39\n", false, "line 2: weight must be"),
        (AGENTS, "source,target,weight\n0,1,1e-60\n", false, "line 2: weight must be"),
        (AGENTS, "source,target,weight\n0,1,\n", false, "line 2: weight must be"),
    ] {
        let said = read(agents, ties, directed).unwrap_err().to_string();
        assert!(said.starts_with(&format!("ties.csv {wanted}")), "{ties:?}: {said}");
    }
    for (agents, wanted) in [
        ("region,id\nA,a\nB,b\nA,a\n", "line 4: id a stands twice; every agent needs its own"),
        ("region,id\nA,\n", "line 2: id is empty"),
    ] {
        let said = read(agents, "source,target\na,b\n", false).unwrap_err().to_string();
        assert!(said.starts_with(&format!("agents.csv {wanted}")), "{agents:?}: {said}");
    }
    let rows = Table { by_row: true, ..Table::csv("ties.parquet", b"source,target\n0,1\n1,0\n") };
    let agents = Some(Table::csv("agents.csv", AGENTS.as_bytes()));
    let regions = Table::csv("regions.csv", REGIONS);
    let said = |tables| Dataset::from_tables("x", tables).unwrap_err().to_string();
    let twice = Tables { agents, ties: Some(rows), ..Tables::of(regions) };
    assert!(said(twice).starts_with("ties.parquet row 2: the tie of 1 and 0 stands twice"));
    let alone = Tables { ties: Some(rows), ..Tables::of(regions) };
    assert!(said(alone).starts_with("agents is required where there is a table of ties"));
    assert!(said(Tables { directed: true, ..Tables::of(regions) }).starts_with("directed needs a table of ties"));
}

#[test]
fn the_order_of_lines_and_ends_is_no_content() {
    let one = read(AGENTS, "source,target,weight\n0,1,1\n2,3,2\n", false).unwrap();
    let other = read(AGENTS, "target,source,weight,since\n2,3,2,1999\n0,1,1,2001\n", false).unwrap();
    assert_eq!(one.to_bytes(), other.to_bytes());
    assert_eq!(one.fingerprint(), other.fingerprint());
    let hashes: Vec<_> = [
        one.fingerprint(),
        read(AGENTS, "source,target,weight\n0,1,1\n2,3,2\n", true).unwrap().fingerprint(),
        read(AGENTS, "source,target\n0,1\n2,3\n", false).unwrap().fingerprint(),
        read(AGENTS, "source,target,weight\n0,1,2\n2,3,1\n", false).unwrap().fingerprint(),
    ]
    .into();
    assert!(hashes.iter().enumerate().all(|(n, hash)| !hashes[..n].contains(hash)), "{hashes:?}");
}

/// Bytes of before there were ties, as they were then: what is stored is read, and added again is the same content.
#[test]
fn what_lists_no_ties_has_the_bytes_that_it_had() {
    let tables = Tables {
        agents: Some(Table::csv("agents.csv", b"region,adopted\nB,true\nA,false\n")),
        ..Tables::of(Table::csv("regions.csv", REGIONS))
    };
    let set = Dataset::from_tables("x", tables).unwrap();
    let bytes = b"civd\x01\x02\0\0\0\
        \x01\0\0\0A\x01\0\0\0A\x01\0\0\0\0\0\0\0\0\x01\0\0\0B\x01\0\0\0B\x01\0\0\0\0\0\0\0\0\
        \0\0\0\0\x02\0\0\0\x01\0\0\0\x01\0\0\0\x07\0\0\0adopted\x01\x01\0";
    assert_eq!(set.to_bytes(), bytes);
    assert_eq!(Dataset::from_bytes("x", bytes).unwrap(), set);
}

/// A table of agents and one of ties between them.
fn texts() -> impl Strategy<Value = (String, String, bool)> {
    let pairs = prop::collection::vec((0usize..40, 0usize..40, 0.01..9.0f32), 1..80);
    (2usize..40, pairs, any::<bool>(), any::<bool>()).prop_map(|(count, pairs, weighted, directed)| {
        let agents = (0..count).fold("region\n".to_owned(), |text, n| text + ["A\n", "B\n", "A\n"][n * n % 3]);
        let mut ties = format!(
            "source,target{}\n0,1{}\n",
            if weighted { ",weight" } else { "" },
            if weighted { ",1" } else { "" }
        );
        let mut known = vec![(0, 1)];
        for (a, b, weight) in pairs {
            let (a, b) = (a % count, b % count);
            let key = if directed { (a, b) } else { (a.min(b), a.max(b)) };
            if a != b && !known.contains(&key) {
                known.push(key);
                ties += &if weighted { format!("{a},{b},{weight}\n") } else { format!("{a},{b}\n") };
            }
        }
        (agents, ties, directed)
    })
}

proptest! {
    #[test]
    fn bytes_and_back((agents, ties, directed) in texts()) {
        let set = read(&agents, &ties, directed).unwrap();
        let bytes = set.to_bytes();
        let back = Dataset::from_bytes("x", &bytes).unwrap();
        prop_assert_eq!(&back, &set);
        prop_assert_eq!(back.to_bytes(), bytes);
        // Whoever is listened to listens, with the same weight, where ties are both ways.
        let rows = rows(&set);
        for (agent, (peers, weights)) in rows.iter().enumerate() {
            prop_assert!(peers.is_sorted_by(|a, b| a < b) && [0, peers.len()].contains(&weights.len()));
            for (place, &peer) in peers.iter().enumerate().filter(|_| !directed) {
                let back = rows[peer as usize].0.binary_search(&(agent as u32)).unwrap();
                prop_assert_eq!(rows[peer as usize].1.get(back), weights.get(place));
            }
        }
    }

    #[test]
    fn damaged_bytes_never_panic(
        (agents, ties, directed) in texts(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = read(&agents, &ties, directed).unwrap().to_bytes();
        prop_assert!(Dataset::from_bytes("x", &bytes[..cut.index(bytes.len())]).is_err());
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(set) = Dataset::from_bytes("x", &bytes) {
            prop_assert_eq!(set.to_bytes().len(), bytes.len(), "what is read is sound");
        }
    }
}

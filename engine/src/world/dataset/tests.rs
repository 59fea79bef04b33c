//! Data sets: what is read, what is refused and where, and their form in bytes.

use proptest::prelude::*;

use super::*;

fn read(regions: &str, borders: Option<&str>, agents: Option<&str>) -> Result<Dataset> {
    let table = |file, text: &'static str| Table::csv(file, text.as_bytes());
    let leak = |text: &str| -> &'static str { text.to_owned().leak() };
    let tables = Tables {
        borders: borders.map(|text| table("borders.csv", leak(text))),
        agents: agents.map(|text| table("agents.csv", leak(text))),
        ..Tables::of(table("regions.csv", leak(regions)))
    };
    Dataset::from_tables("x", tables)
}

#[test]
fn the_bundled_set_is_the_2020_census() {
    let set = Dataset::named("us-2020").unwrap();
    assert_eq!(set.regions().len(), 51);
    assert_eq!(set.border_count(), 107);
    assert_eq!(set.regions().iter().map(|r| r.population).sum::<u64>(), 331_449_281);
    assert!(set.regions().iter().all(|region| region.centroid.is_some()));
    assert_eq!(set.fingerprint(), 10_097_218_962_591_462_780, "what was stored of runs is resumed by this number");
}

#[test]
fn faults_name_file_and_line() {
    let good = "code,population\nA,5\nB,0\n";
    let head = "code,name,population,longitude,latitude\n";
    for (regions, wanted) in [
        ("", "line 1: there must be 1 to 256 columns"),
        ("code,population\n", "line 1: there are no regions"),
        ("code\nA\n", "line 1: there is no column population; the header names: code"),
        ("code,code,population\n", "line 1: two columns are named code"),
        ("code,,population\n", "line 1: column 2 has no name"),
        ("code,population,latitude\nA,1,1\n", "line 1: latitude and longitude go together"),
        ("code,population\nA,0\nB,0\n", "line 1: population is 0 in every region"),
        ("code,population\n,1\n", "line 2: code is empty"),
        ("code,population\nA,1\nA,1\n", "line 3: code A stands twice"),
        (
            "code,population\nA,1\n\nB,-1\n",
            "line 4: population must be a whole number from 0 to 1099511627776, not \"-1\"",
        ),
        ("code,population\nA,1.5\n", "line 2: population must be a whole number"),
        ("code,population\nA,1099511627777\n", "line 2: population must be"),
        ("code,population\nA,1\nB\n", "line 3: has 1 values where the header names 2 columns"),
        (&format!("code,population\n{},1\n", "x".repeat(33)), "line 2: code must have at most 32 printable"),
        (
            &format!("{head}A,Aa,5,181,1\n"),
            "line 2: longitude must be a number of degrees from -180 to 180, not \"181\"",
        ),
        (&format!("{head}A,Aa,5,1,91\n"), "line 2: latitude must be a number of degrees from -90 to 90, not \"91\""),
        (&format!("{head}A,Aa,5,1,\n"), "line 2: latitude must be"),
        (&format!("{head}A,Aa,5,nan,1\n"), "line 2: longitude must be"),
    ] {
        let said = read(regions, None, None).unwrap_err().to_string();
        assert!(said.starts_with(&format!("regions.csv {wanted}")), "{regions:?}: {said}");
    }
    for (borders, wanted) in [
        ("a\nA\n", "line 1: there is no column b"),
        ("a,b\nA,B\nA,C\n", "line 3: b must be the code of a region of this data set, not \"C\""),
        ("a,b\nA,A\n", "line 2: A borders itself"),
    ] {
        let said = read(good, Some(borders), None).unwrap_err().to_string();
        assert!(said.starts_with(&format!("borders.csv {wanted}")), "{borders:?}: {said}");
    }
    for (agents, wanted) in [
        ("segment\nx\n", "line 1: there is no column region"),
        ("region\n", "line 1: there are no agents"),
        ("region\nA\nC\n", "line 3: region must be the code of a region of this data set, not \"C\""),
        (
            "region,opinion\nA,0.5\nB,much\n",
            "line 3: opinion must be a finite number, as in the first row, not \"much\"",
        ),
        ("region,opinion\nA,0.5\nB,\n", "line 3: opinion must be a finite number"),
        ("region,opinion\nA,inf\n", "line 2: opinion must be a finite number"),
        ("region,adopted\nA,true\nB,1\n", "line 3: adopted must be true or false, as in the first row, not \"1\""),
        ("region,segment\nA,1\nB,\n", "line 3: segment is empty; every row needs one"),
    ] {
        let said = read(good, None, Some(agents)).unwrap_err().to_string();
        assert!(said.starts_with(&format!("agents.csv {wanted}")), "{agents:?}: {said}");
    }
    let latin = Tables::of(Table::csv("r", b"code,population\nA\xe9,5\n"));
    let said = Dataset::from_tables("x", latin).unwrap_err().to_string();
    assert_eq!(said, "r line 2: the value in column 1 is not UTF-8; save the file as UTF-8");
    let rows = Table { by_row: true, ..Table::csv("r.parquet", b"code,population\nA,1\nA,1\n") };
    let said = Dataset::from_tables("x", Tables::of(rows)).unwrap_err();
    assert!(said.to_string().starts_with("r.parquet row 2: code A stands twice"), "{said}");
    for name in ["", "a b", "../x", "-a", &"x".repeat(65)] {
        assert!(check_name(name).is_err(), "{name}");
    }
}

#[test]
fn agents_are_numbered_region_by_region_and_then_by_row() {
    let text = "region,opinion\nB,0.1\nA,0.2\nB,-0\nA,0.4\n";
    let set = read("code,population\nA,1\nC,1\nB,1\n", None, Some(text)).unwrap();
    let agents = set.agents().unwrap();
    assert_eq!(agents.counts(), [2, 0, 2]);
    assert_eq!((0..4).map(|id| agents.row(id)).collect::<Vec<_>>(), [1, 3, 0, 2]);
    assert_eq!((set.agent_count(), set.agent_columns().collect::<Vec<_>>()), (4, vec!["opinion"]));
}

/// A table of regions without or with centroids, borders, and agents or none.
fn texts() -> impl Strategy<Value = (String, String, Option<String>)> {
    let regions = (1usize..8, any::<bool>(), prop::collection::vec(0u64..1 << 40, 8));
    let agents = prop::option::of(prop::collection::vec((0usize..8, -1.0..1.0f64, any::<bool>(), 0..3u8), 1..60));
    (regions, prop::collection::vec((0usize..8, 0usize..8), 0..9), agents).prop_map(
        |((count, placed, populations), borders, agents)| {
            let mut text = format!("population,code{}\n", if placed { ",latitude,longitude" } else { "" });
            for (number, population) in populations.iter().take(count).enumerate() {
                let place = if placed { format!(",{number}.25,-{number}") } else { String::new() };
                text += &format!("{},R{number}{place}\n", population.max(&u64::from(number == 0)));
            }
            let pairs = borders.iter().map(|&(a, b)| (a % count, b % count)).filter(|(a, b)| a != b);
            let borders = pairs.fold("a,b\n".to_owned(), |text, (a, b)| text + &format!("R{a},R{b}\n"));
            let agents = agents.map(|rows| {
                rows.iter().fold("opinion,region,adopted,segment\n".to_owned(), |text, (home, opinion, flag, label)| {
                    text + &format!("{opinion},R{},{flag},s{label}\n", home % count)
                })
            });
            (text, borders, agents)
        },
    )
}

proptest! {
    #[test]
    fn bytes_and_back((regions, borders, agents) in texts()) {
        let set = read(&regions, Some(&borders), agents.as_deref()).unwrap();
        let bytes = set.to_bytes();
        let back = Dataset::from_bytes("x", &bytes).unwrap();
        prop_assert_eq!(&back, &set);
        prop_assert_eq!(back.to_bytes(), bytes);
    }

    #[test]
    fn damaged_bytes_never_panic(
        (regions, borders, agents) in texts(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = read(&regions, Some(&borders), agents.as_deref()).unwrap().to_bytes();
        prop_assert!(Dataset::from_bytes("x", &bytes[..cut.index(bytes.len())]).is_err());
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = Dataset::from_bytes("x", &bytes);
    }
}

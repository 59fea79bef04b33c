//! Names that mean nothing and values out of their ranges are refused with the field and what there is instead.

use super::*;

fn refusal(targets: Vec<TargetAgent>) -> String {
    World::check(&spec(targets), &Catalogue::default()).unwrap_err().to_string()
}

#[test]
fn what_a_persona_cannot_be_is_refused() {
    let of = |region, segment, traits: &[(&str, Value)]| refusal(vec![target("Ada", region, segment, traits)]);
    assert!(of(Some("XX"), None, &[]).starts_with("targets[0].region names no region `XX`; there are: AL, AK"));
    assert!(
        of(None, Some("lagards"), &[])
            .starts_with("targets[0].segment names no segment `lagards`; there are: innovators")
    );
    let number = |name: &'static str, value| [(name, Value::Number(value))];
    assert!(
        of(None, None, &number("mood", 0.1))
            .starts_with("targets[0].traits.mood names no trait `mood`; there are: opinion")
    );
    assert_eq!(
        of(None, None, &number("threshold", 1.5)),
        "targets[0].traits.threshold must be between 0 and 1, not 1.5"
    );
    assert!(
        of(None, None, &[("stance", Value::Text("skeptic".to_owned()))]).starts_with(
            "targets[0].traits.stance cannot be given, for it follows from the others; there are: opinion"
        )
    );
    assert!(
        of(None, None, &[("adopted", Value::Number(0.5))])
            .starts_with("targets[0].traits.adopted must be true or false")
    );
}

#[test]
fn an_agent_that_is_given_lives_where_it_lives() {
    let with = |persona: TargetAgent| refusal(vec![TargetAgent { agent: Some(0), ..persona }]);
    assert_eq!(
        with(target("Ada", Some("CA"), None, &[])),
        "targets[0].region must be AL, where agent 0 lives, or be left out"
    );
    let segments = ["innovators", "early_adopters", "early_majority", "late_majority", "laggards"];
    let refused = segments.iter().filter(|segment| {
        let given = TargetAgent { agent: Some(0), ..target("Ada", None, Some(segment), &[]) };
        World::check(&spec(vec![given]), &Catalogue::default()).is_err()
    });
    assert_eq!(refused.count(), 4, "it is of one segment");
}

#[test]
fn a_segment_that_nobody_is_of_is_refused() {
    let few = |region, segment| {
        let spec = spec(vec![target("Ada", region, segment, &[])]);
        let population = PopulationSpec { agents: 40, ..spec.population.clone() };
        World::check(&RunSpec { population, ..spec }, &Catalogue::default()).unwrap_err().to_string()
    };
    assert!(
        few(Some("WY"), None)
            .starts_with("targets[0].region must be one where somebody lives: of 40 agents there is nobody in WY")
    );
    let innovators = few(Some("OR"), Some("innovators"));
    assert!(innovators.starts_with("targets[0].segment finds nobody of segment innovators in OR"), "{innovators}");
}

#[test]
fn a_goal_that_nobody_can_have_is_refused() {
    let goal = |goal| refusal(vec![TargetAgent { goal: Some(goal), ..target("Ada", None, None, &[]) }]);
    let of = goal(above(Quality::Trait("mood".to_owned()), 0.5));
    assert!(of.starts_with("targets[0].goal.trait names no trait `mood`"), "{of}");
}

//! The risk of infection, against values computed elsewhere; the whole model is tested in `tests/validation`.

use std::collections::BTreeMap;

use super::*;
use crate::kernel::View;
use crate::model::Peers;

fn risk(parameters: [(&str, f64); 2], infectious: usize, others: usize, share: f64, reduction: f32) -> f64 {
    let given: BTreeMap<String, f64> = parameters.map(|(name, value)| (name.to_owned(), value)).into();
    let model = Epidemic::new(&Parameters::check(Epidemic::PARAMETERS, &given).unwrap());
    let (slots, view): (Vec<u32>, Vec<u8>) =
        (0..infectious + others).map(|slot| (slot as u32, u8::from(slot < infectious))).unzip();
    let whose = View::whole(0, std::slice::from_ref(&(0..slots.len() as u32)));
    let (peers, society) = (Peers::new(&slots, &[], &view, &whose), &[1.0 - share, 0.0, share, 0.0]);
    let environment = &[reduction];
    let (mail, bulletin, desk) = (&[], &[], None);
    model.risk(&Around { id: 0, region: 0, tick: 0, peers, environment, society, mail, bulletin, desk }).into()
}

/// Against values computed with 50 digits.
#[test]
fn the_risk_has_all_digits_of_a_single_number() {
    let cases: [(f64, f64, usize, f64, f32, f64); 8] = [
        (0.0, 0.4, 0, 1e-08, 0.0, 3.999999992000001e-09),
        (0.0, 1.0, 0, 1e-08, 0.5, 4.9999999875e-09),
        (1e-09, 0.0, 1, 0.0, 0.0, 1e-09),
        (1e-07, 0.0, 200, 0.0, 0.25, 1.4999888063054089e-05),
        (0.05, 0.0, 7, 0.2, 0.0, 0.30166270390625),
        (0.05, 0.4, 7, 0.2, 0.5, 0.1952508426426689),
        (1e-06, 0.001, 2, 1e-05, 0.0, 2.00999897995001e-06),
        (0.9, 100.0, 3, 0.01, 0.0, 0.9996321205588286),
    ];
    for (transmission, mixing, infectious, share, reduction, expected) in cases {
        let found = risk([("transmission", transmission), ("mixing", mixing)], infectious, 3, share, reduction);
        assert!((found - expected).abs() <= expected * 6e-8, "{found} instead of {expected}");
    }
}

#[test]
fn nobody_infectious_is_no_risk_and_certain_contact_is_certain() {
    assert_eq!(risk([("transmission", 0.5), ("mixing", 3.0)], 0, 9, 0.0, 0.0), 0.0);
    assert_eq!(risk([("transmission", 1.0), ("mixing", 0.0)], 1, 9, 0.1, 0.0), 1.0);
    assert_eq!(risk([("transmission", 1.0), ("mixing", 50.0)], 9, 9, 1.0, 1.0), 0.0);
}

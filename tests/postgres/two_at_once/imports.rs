//! Files that are taken at the same moment as what leads text.

use std::sync::Arc;

use sms_opt_in::actions::ActionError;
use sms_opt_in::actions::import::{FileRow, ImportOrder, RowReport, take_rows};
use sms_opt_in::domain::actor::Actor;
use sms_opt_in::domain::consent::StateName;
use sms_opt_in::domain::import::{ColumnMap, DateOrder, ImportKind};
use sms_opt_in::domain::phone::Phone;
use sms_opt_in::store::{Tx, programs};

use super::consent::{start, stop};
use super::stage::{ROUNDS, Stage};
use crate::support::by;

const HEADINGS: [&str; 5] = ["Phone", "SMS consent", "Method", "Date", "Wording"];

async fn order(stage: &Stage, kind: ImportKind) -> Arc<ImportOrder> {
    Arc::new(ImportOrder {
        kind,
        source: "HubSpot".to_owned(),
        exported_on: None,
        file: "list.csv".to_owned(),
        file_sha256: "00".to_owned(),
        columns: ColumnMap::guessed(HEADINGS),
        width: HEADINGS.len(),
        dates: DateOrder::Unknown,
        program: stage.read(|conn| programs::find(conn, None)).await.unwrap(),
    })
}

/// A portion of rows, in the order of the file.
fn takes(
    stage: &Stage,
    order: &Arc<ImportOrder>,
    phones: &[&Phone],
) -> impl Fn(&mut Tx<'_>) -> Result<Vec<RowReport>, ActionError> + Send + 'static {
    let row = |(n, phone): (usize, &&Phone)| {
        let cells = [phone.as_str(), "subscribed", "web form", "2025-01-01", "Text me"];
        FileRow { line: u64::try_from(n).unwrap() + 2, cells: cells.map(str::to_owned).to_vec() }
    };
    let rows: Vec<FileRow> = phones.iter().enumerate().map(row).collect();
    let (order, now) = (Arc::clone(order), stage.now);
    move |tx| take_rows(tx, &by(&Actor::Operator, now), &order, &rows)
}

/// A file brings no one back who has just said stop.
pub async fn a_consent_in_a_file_and_a_stop(stage: &mut Stage) {
    let order = order(stage, ImportKind::Consents).await;
    for round in 0..ROUNDS {
        let (one, two, three) = (stage.phone(), stage.phone(), stage.phone());
        stage.given(stage.receives(start(&two, &format!("SM{round}a")))).await;
        let stop = stop(&two, &format!("SM{round}b"));
        let (text, taken) =
            stage.both(stage.receives(stop), takes(stage, &order, &[&one, &two, &three])).await;
        text.unwrap();
        taken.unwrap();
        assert_eq!(stage.state(&two).await, StateName::OptedOut);
        assert_eq!(stage.state(&three).await, StateName::OptedIn);
    }
}

/// A suppression holds against a START of the same moment, or gives way to one after it; the file's other rows are taken.
pub async fn a_suppression_and_a_start(stage: &mut Stage) {
    let order = order(stage, ImportKind::Suppressions).await;
    let order = Arc::new(ImportOrder { columns: ColumnMap::guessed(["Phone"]), ..(*order).clone() });
    for round in 0..ROUNDS {
        let (one, two) = (stage.phone(), stage.phone());
        let start = start(&one, &format!("SM{round}"));
        let (text, taken) = stage.both(stage.receives(start), takes(stage, &order, &[&two, &one])).await;
        text.unwrap();
        taken.unwrap();
        assert_eq!(stage.state(&two).await, StateName::OptedOut);
    }
}

/// Known and new numbers, in opposite orders: neither waits for the other in a circle.
pub async fn two_files_with_the_same_numbers(stage: &mut Stage) {
    let (consents, outs) =
        (order(stage, ImportKind::Consents).await, order(stage, ImportKind::Suppressions).await);
    let outs = Arc::new(ImportOrder { columns: ColumnMap::guessed(["Phone"]), ..(*outs).clone() });
    for round in 0..ROUNDS {
        let phones = [stage.phone(), stage.phone(), stage.phone()];
        for phone in phones.iter().filter(|_| round % 2 == 0) {
            stage.given(stage.receives(start(phone, &format!("SM{round}{}", phone.as_str())))).await;
        }
        let [one, two, three] = &phones;
        let forwards = takes(stage, &consents, &[one, two, three]);
        let (first, second) = stage.both(forwards, takes(stage, &outs, &[three, two, one])).await;
        first.unwrap();
        second.unwrap();
        for phone in &phones {
            assert_eq!(stage.state(phone).await, StateName::OptedOut, "whatever comes first");
        }
    }
}

//! Two at once: each action against itself, and against each that writes the same rows, many rounds of the same moment.
//! Every story ends with `verify`.

mod becoming;
mod consent;
mod contacts;
mod hand_offs;
mod imports;
mod jobs;
mod limits;
mod messages;
mod overdue;
mod people;
mod programs;
mod questions;
mod reachable;
mod second_factor;
mod settings;
mod sign_in;
mod spellings;
mod stage;
mod uploads;

use std::time::Instant;

use futures_util::future::LocalBoxFuture;

use stage::Stage;

type Story = fn(&mut Stage) -> LocalBoxFuture<'_, ()>;

/// A test for each story, under the name of its function.
macro_rules! stories {
    ($($room:ident: $($name:ident)*;)*) => {
        $($(
            #[test]
            fn $name() {
                play(concat!(stringify!($room), "::", stringify!($name)), |stage| Box::pin($room::$name(stage)));
            }
        )*)*
    };
}

stories! {
    contacts: one_external_id_and_two_numbers the_same_over_the_api two_contacts_swap_their_numbers one_contact_to_two_numbers
        two_edits_of_one_page an_edit_and_a_stop an_edit_and_a_form one_new_number_twice
        a_new_contact_and_a_stop;
    people: administrators_demote_each_other administrators_deactivate_each_other the_setup_link_twice one_email_twice
        two_roles_from_one_page a_key_is_revoked_twice a_sign_in_and_a_new_password;
    sign_in: wrong_passwords_at_once a_failure_and_a_right_password the_sign_in_rules_twice
        the_limits_on_failures_twice two_browsers_end_all_others;
    second_factor: one_app_code_twice one_recovery_code_twice a_factor_set_up_twice a_code_and_a_removal
        new_recovery_codes_twice a_factor_turned_off_and_removed;
    jobs: two_runners_and_one_job a_cancel_and_a_piece a_number_while_rows_are_added a_stop_while_rows_are_added
        a_start_while_rows_are_added a_retry_twice a_cancelling_and_a_stop
        a_withdrawn_question_and_a_stop an_old_job_deleted_and_retried;
    programs: one_page_twice three_forms_of_one_page a_sender_for_two a_program_twice a_program_while_numbers_come
        a_form_twice a_form_and_its_program the_rules_twice the_switch_both_ways;
    consent: a_stop_twice a_stop_and_a_start a_stop_and_a_document flags_both_ways a_new_owner_and_a_start
        a_review_decided_twice a_form_submitted_twice;
    limits: two_programs_ask_one_number two_claims_before_a_pause a_claim_and_the_dropping_of_old_requests
        the_last_reply_twice;
    messages: one_idempotency_key_twice the_first_two_texts_to_a_number a_claim_twice a_claim_and_a_stop claims_of_many_and_a_stop
        a_rescheduling_and_a_stop a_rescheduling_and_a_claim a_rescheduling_twice a_receipt_twice
        a_receipt_and_the_answer an_expired_hold_decided_twice an_expiry_and_a_start a_reminder_twice;
    hand_offs: a_delivery_now_and_a_stop a_wake_and_a_stop a_look_up_and_a_stop a_look_up_and_a_receipt the_limits_twice a_pause_ended_twice;
    questions: one_question_settled_twice the_question_and_a_start the_question_and_a_stop the_question_and_a_yes
        the_question_and_a_block a_doubtful_text_and_a_start a_doubtful_text_and_a_stop a_doubtful_text_and_a_yes
        a_receipt_and_a_doubtful_text the_acceptance_and_a_yes a_listed_stop_and_a_start
        an_answer_and_a_closed_notice;
    becoming: a_stop_while_becoming_real a_start_while_becoming_real a_send_while_becoming_real
        a_claim_while_becoming_real;
    settings: a_notice_closed_twice the_time_zone_twice a_zone_of_ones_own_and_a_deactivation a_request_and_the_regions;
    reachable: a_mark_lifted_twice a_mark_lifted_and_a_claim a_mark_lifted_and_a_failure a_mark_lifted_and_a_delivery
        a_late_failure_and_a_stop;
    overdue: an_overdue_review_and_a_decision an_overdue_review_and_a_stop overdue_reviews_and_claims_of_many;
    uploads: one_file_twice a_document_and_the_end_of_its_upload a_chunk_and_the_end_of_its_upload;
    imports: a_consent_in_a_file_and_a_stop a_suppression_and_a_start two_files_with_the_same_numbers;
    spellings: a_stop_under_each_spelling a_call_and_a_stop_from_the_twin a_stop_and_an_edit_to_the_twin;
}

fn play(name: &str, story: Story) {
    let begun = Instant::now();
    let score = actix_web::rt::System::new().block_on(async {
        let mut stage = Stage::set().await;
        story(&mut stage).await;
        stage.is_intact(name).await;
        let waits = stage.deadlocks();
        assert_eq!(waits, 0, "{name}: two of our transactions waited for each other");
        stage.score
    });
    println!(
        "{name}: {} rounds, {} with a conflict, verify 0 ({:.1} s)",
        score.rounds,
        score.conflicts,
        begun.elapsed().as_secs_f64()
    );
}

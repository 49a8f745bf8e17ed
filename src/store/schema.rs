//! The tables, one description for both databases. Kept by hand beside `migrations/`.

diesel::table! {
    programs (id) {
        id -> Binary,
        slug -> Text,
        name -> Text,
        brand -> Text,
        is_default -> Bool,
        opt_in_template -> Text,
        opt_in_reply -> Text,
        opt_out_reply -> Text,
        help_reply -> Text,
        frequency -> Text,
        contact_route -> Text,
        hold_days -> Integer,
        created_at -> BigInt,
        updated_at -> BigInt,
        privacy_url -> Nullable<Text>,
        terms_url -> Nullable<Text>,
        requires_basis -> Bool,
        keeps_quiet_hours -> Bool,
        keeps_frequency -> Bool,
        hours -> Text,
        code -> Nullable<Text>,
        revoke_words -> Text,
        help_words -> Text,
        opt_in_words -> Text,
        has_promised -> Bool,
        kind -> Text,
        regions -> Text,
    }
}

diesel::table! {
    program_replies (program_id, language) {
        program_id -> Binary,
        language -> Text,
        opt_in_reply -> Text,
        opt_out_reply -> Text,
        help_reply -> Text,
        frequency -> Text,
        contact_route -> Text,
    }
}

diesel::table! {
    senders (id) {
        id -> Binary,
        program_id -> Binary,
        e164 -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    numbers (id) {
        id -> Binary,
        e164 -> Text,
        consent -> Text,
        do_not_text -> Bool,
        paused -> Bool,
        unreachable_code -> Nullable<Text>,
        contact_count -> Integer,
        head_seq -> Integer,
        head_hash -> Binary,
        created_at -> BigInt,
        paused_at -> Nullable<BigInt>,
        language -> Nullable<Text>,
        unasked -> Nullable<Text>,
        replies -> Nullable<Text>,
    }
}

diesel::table! {
    consents (number_id, program_id) {
        number_id -> Binary,
        program_id -> Binary,
        state -> Text,
        since -> BigInt,
    }
}

diesel::table! {
    consent_events (position) {
        position -> BigInt,
        number_id -> Binary,
        seq -> Integer,
        program_id -> Nullable<Binary>,
        kind -> Text,
        source -> Text,
        actor -> Text,
        occurred_at -> BigInt,
        recorded_at -> BigInt,
        salt -> Binary,
        facts -> Text,
        commitment -> Binary,
        prev_hash -> Binary,
        hash -> Binary,
    }
}

diesel::table! {
    seals (serial) {
        serial -> BigInt,
        version -> Integer,
        through_position -> BigInt,
        events -> BigInt,
        digest -> Binary,
        mac -> Binary,
        sealed_at -> BigInt,
        caught_up -> Bool,
    }
}

diesel::table! {
    documents (sha256) {
        sha256 -> Binary,
        media_type -> Text,
        size -> Integer,
        bytes -> Binary,
        stored_at -> BigInt,
        file_id -> Nullable<Binary>,
    }
}

diesel::table! {
    contacts (row_id) {
        row_id -> BigInt,
        id -> Binary,
        number_id -> Binary,
        name -> Text,
        name_key -> Text,
        email -> Nullable<Text>,
        external_id -> Nullable<Text>,
        zip -> Nullable<Text>,
        time_zone -> Nullable<Text>,
        created_at -> BigInt,
        updated_at -> BigInt,
        time_zone_confirmed -> Bool,
    }
}

diesel::table! {
    tallies (program_id, state, slot) {
        program_id -> Binary,
        state -> Text,
        slot -> Integer,
        n -> BigInt,
    }
}

diesel::table! {
    messages (id) {
        id -> Binary,
        number_id -> Nullable<Binary>,
        program_id -> Binary,
        to_text -> Text,
        sender -> Nullable<Text>,
        category -> Text,
        lane -> Text,
        body -> Text,
        status -> Text,
        actor -> Text,
        created_at -> BigInt,
        due_at -> BigInt,
        expires_at -> Nullable<BigInt>,
        attempts -> Integer,
        permit_seq -> Nullable<Integer>,
        claimed_seq -> Nullable<Integer>,
        claimed_at -> Nullable<BigInt>,
        provider_id -> Nullable<Text>,
        error_code -> Nullable<Text>,
        error_text -> Nullable<Text>,
        verdict -> Nullable<Text>,
        steps -> Integer,
        accepted_seq -> Integer,
        skips_quiet_hours -> Bool,
    }
}

diesel::table! {
    message_steps (message_id, n) {
        message_id -> Binary,
        n -> Integer,
        status -> Text,
        at -> BigInt,
        code -> Nullable<Text>,
        note -> Nullable<Text>,
    }
}

diesel::table! {
    message_attempts (provider_id) {
        provider_id -> Text,
        message_id -> Binary,
        handed_at -> BigInt,
        failed_at -> BigInt,
        code -> Text,
    }
}

diesel::table! {
    stale_messages (message_id) {
        message_id -> Binary,
        number_id -> Binary,
        asked_at -> BigInt,
        decision -> Nullable<Text>,
        decided_at -> Nullable<BigInt>,
        decided_by -> Nullable<Text>,
        sent_as -> Nullable<Binary>,
    }
}

diesel::table! {
    inbound_texts (id) {
        id -> Binary,
        provider -> Text,
        provider_id -> Text,
        number_id -> Nullable<Binary>,
        program_id -> Nullable<Binary>,
        from_text -> Text,
        to_text -> Text,
        body -> Text,
        class -> Text,
        matched -> Nullable<Text>,
        sent_at -> Nullable<BigInt>,
        received_at -> BigInt,
    }
}

diesel::table! {
    inbound_questions (inbound_id, kind) {
        inbound_id -> Binary,
        kind -> Text,
        number_id -> Binary,
        asked_at -> BigInt,
        due_at -> Nullable<BigInt>,
        attempts -> Integer,
        confirm -> Bool,
        answered_at -> Nullable<BigInt>,
        answer -> Nullable<Text>,
        event_seq -> Nullable<Integer>,
    }
}

diesel::table! {
    inbound_notices (inbound_id) {
        inbound_id -> Binary,
        number_id -> Nullable<Binary>,
        kind -> Text,
        raised_at -> BigInt,
        closed_at -> Nullable<BigInt>,
        closed_by -> Nullable<Text>,
    }
}

diesel::table! {
    forms (id) {
        id -> Binary,
        program_id -> Binary,
        slug -> Text,
        title -> Text,
        double_opt_in -> Bool,
        version -> Integer,
        created_at -> BigInt,
        updated_at -> BigInt,
        template -> Text,
    }
}

diesel::table! {
    form_versions (form_id, version) {
        form_id -> Binary,
        version -> Integer,
        locale -> Text,
        wording -> Text,
        wording_sha256 -> Binary,
        published_at -> BigInt,
        published_by -> Text,
    }
}

diesel::table! {
    users (id) {
        id -> Binary,
        email -> Text,
        name -> Text,
        role -> Text,
        password_hash -> Text,
        created_at -> BigInt,
        disabled_at -> Nullable<BigInt>,
        time_zone -> Nullable<Text>,
        second_factor_removed_by -> Nullable<Text>,
    }
}

diesel::table! {
    second_factors (user_id) {
        user_id -> Binary,
        sealed_secret -> Text,
        last_step -> BigInt,
        since -> BigInt,
    }
}

diesel::table! {
    recovery_codes (hash) {
        hash -> Binary,
        user_id -> Binary,
    }
}

diesel::table! {
    sessions (key_hash) {
        key_hash -> Binary,
        user_id -> Nullable<Binary>,
        state -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
        seen_at -> BigInt,
        browser -> Text,
        network -> Text,
    }
}

diesel::table! {
    admin_log (id) {
        id -> Binary,
        at -> BigInt,
        actor -> Text,
        action -> Text,
        subject -> Text,
        details -> Text,
    }
}

diesel::table! {
    api_keys (id) {
        id -> Binary,
        name -> Text,
        hash -> Binary,
        scopes -> Text,
        created_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
        prefix -> Text,
        made_by -> Text,
        last_used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    idempotency_keys (api_key_id, key) {
        api_key_id -> Binary,
        key -> Text,
        request_sha256 -> Binary,
        created_at -> BigInt,
        message_id -> Nullable<Binary>,
    }
}

diesel::table! {
    settings (key) {
        key -> Text,
        value -> Text,
    }
}

diesel::table! {
    guards (name) {
        name -> Text,
    }
}

diesel::table! {
    rulebooks (version) {
        version -> Integer,
        lines -> Text,
        published_at -> BigInt,
        published_by -> Text,
        reason -> Text,
        answers -> Integer,
    }
}

diesel::table! {
    spent_stamps (sha256) {
        sha256 -> Binary,
        expires_at -> BigInt,
    }
}

diesel::table! {
    sign_in_failures (bucket) {
        bucket -> Binary,
        empty_at -> BigInt,
    }
}

diesel::table! {
    form_requests (message_id, handed_at) {
        message_id -> Binary,
        number_id -> Binary,
        form -> Text,
        prefix -> Text,
        handed_at -> BigInt,
        answered_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    request_pauses (kind, name) {
        kind -> Text,
        name -> Text,
        since -> BigInt,
        resumed_at -> Nullable<BigInt>,
        resumed_by -> Nullable<Text>,
    }
}

diesel::table! {
    limit_hits (name, slot) {
        name -> Text,
        slot -> Integer,
        n -> BigInt,
    }
}

diesel::table! {
    number_notes (id) {
        id -> Binary,
        number_id -> Binary,
        contact_id -> Nullable<Binary>,
        kind -> Text,
        other_number_id -> Nullable<Binary>,
        words -> Text,
        actor -> Text,
        at -> BigInt,
    }
}

diesel::table! {
    background_jobs (id) {
        id -> Binary,
        kind -> Text,
        program_id -> Nullable<Binary>,
        parameters -> Text,
        began_by -> Text,
        created_at -> BigInt,
        state -> Text,
        total -> Nullable<BigInt>,
        done -> BigInt,
        cursor -> Nullable<Text>,
        holder -> Nullable<Text>,
        lease_until -> Nullable<BigInt>,
        attempts -> Integer,
        not_before -> BigInt,
        last_error -> Nullable<Text>,
        finished_at -> Nullable<BigInt>,
        result_name -> Nullable<Text>,
        result_type -> Nullable<Text>,
        result_sha256 -> Nullable<Binary>,
        result_size -> Nullable<BigInt>,
        result_until -> Nullable<BigInt>,
    }
}

diesel::table! {
    stored_files (id) {
        id -> Binary,
        purpose -> Text,
        stored_at -> BigInt,
        delete_after -> Nullable<BigInt>,
        sha256 -> Nullable<Binary>,
        size -> Nullable<BigInt>,
        media_type -> Nullable<Text>,
    }
}

diesel::table! {
    stored_file_chunks (file_id, n) {
        file_id -> Binary,
        n -> BigInt,
        content -> Binary,
    }
}

diesel::joinable!(contacts -> numbers (number_id));
diesel::allow_tables_to_appear_in_same_query!(
    programs,
    program_replies,
    rulebooks,
    senders,
    numbers,
    consents,
    consent_events,
    seals,
    documents,
    contacts,
    tallies,
    messages,
    message_steps,
    message_attempts,
    stale_messages,
    inbound_texts,
    inbound_questions,
    inbound_notices,
    forms,
    form_versions,
    users,
    second_factors,
    recovery_codes,
    sessions,
    admin_log,
    api_keys,
    idempotency_keys,
    settings,
    spent_stamps,
    sign_in_failures,
    form_requests,
    request_pauses,
    limit_hits,
    number_notes,
    background_jobs,
    stored_files,
    stored_file_chunks
);

//! Files in the database: what they are for, and how long one is kept that nothing names yet. Pure.

use std::str::FromStr;

use chrono::Duration;
use serde::{Deserialize, Serialize};

use super::words::words;

/// An upload that no record names is deleted after this time. No upload takes as long.
pub const UPLOAD_KEPT: Duration = Duration::hours(1);

words! {
    /// What a file is for.
    FilePurpose {
        /// It shows a consent.
        Document = "document",
        /// A background job leaves it behind.
        JobResult = "job_result",
    }
}

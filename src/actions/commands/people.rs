//! Commands about users, their sessions, API keys and contacts. Each one is the action of its name. Used by pages and the
//! JSON API.

use crate::domain::calendar::LocalCalendar;
use crate::domain::id::{ApiKeyId, ContactId, UserId};
use crate::domain::role::Role;
use crate::store::contacts::{Contact, ContactDetails};
use crate::store::users::User;

use super::Commands;
use crate::actions::probe_write::probe_write;
use crate::actions::save_contact::{ContactChange, ContactPatch};
use crate::actions::set_time_zone::{set_time_zone, set_user_time_zone};
use crate::actions::users::NewUser;
use crate::actions::{ActionError, api_keys, save_contact, users};

impl Commands {
    /// Adds a user.
    pub async fn create_user(self, new: NewUser) -> Result<User, ActionError> {
        self.run(move |tx, context| users::create_user(tx, context, new.clone())).await
    }

    /// Adds the first administrator; the setup token is spent.
    pub async fn create_first_administrator(self, token: String, new: NewUser) -> Result<User, ActionError> {
        self.run(move |tx, context| users::first_administrator(tx, &token, new.clone(), context.now)).await
    }

    /// Writes down that a user signed out.
    pub async fn sign_out(self, user: User) -> Result<(), ActionError> {
        self.run(move |tx, context| users::sign_out(tx, &user, context.now)).await
    }

    /// Changes what a user may do.
    pub async fn change_role(self, id: UserId, role: Role, revision: String) -> Result<User, ActionError> {
        self.run(move |tx, context| users::change_role(tx, context, id, role, &revision)).await
    }

    /// Deactivates an account, or activates it again.
    pub async fn set_active(self, id: UserId, active: bool, revision: String) -> Result<User, ActionError> {
        self.run(move |tx, context| users::set_active(tx, context, id, active, &revision)).await
    }

    /// Changes a user's password.
    pub async fn change_password(
        self,
        id: UserId,
        password_hash: String,
        revision: String,
    ) -> Result<User, ActionError> {
        self.run(move |tx, context| users::change_password(tx, context, id, &password_hash, &revision)).await
    }

    /// Sets the organization's time zone; `shown` is the zone on the page.
    pub async fn set_time_zone(self, name: String, shown: String) -> Result<LocalCalendar, ActionError> {
        self.run(move |tx, context| set_time_zone(tx, context, &name, &shown)).await
    }

    /// Sets the time zone in which a user reads times; an empty name means the organization's.
    pub async fn set_user_time_zone(self, id: UserId, name: String) -> Result<(), ActionError> {
        self.run(move |tx, _| set_user_time_zone(tx, id, &name)).await
    }

    /// Makes an API key. Returns its secret, which is kept nowhere.
    pub async fn create_api_key(self, name: String, scopes: Vec<String>) -> Result<String, ActionError> {
        self.run(move |tx, context| api_keys::create_api_key(tx, context, &name, &scopes)).await
    }

    /// Revokes an API key.
    pub async fn revoke_api_key(self, id: ApiKeyId) -> Result<(), ActionError> {
        self.run(move |tx, context| api_keys::revoke_api_key(tx, context, id)).await
    }

    /// Tries whether the database takes writes.
    pub async fn probe_write(self) -> Result<(), ActionError> {
        self.run(probe_write).await
    }

    /// Notes that an API key was used.
    pub async fn note_key_use(self, id: ApiKeyId) -> Result<(), ActionError> {
        self.run(move |tx, context| api_keys::note_use(tx, id, context.now)).await
    }

    /// Adds a contact, or changes the one with the same external id. True when it is a new one.
    pub async fn save_contact(
        self,
        phone: String,
        sent: ContactPatch,
    ) -> Result<(ContactId, bool), ActionError> {
        self.run(move |tx, context| save_contact::save_contact(tx, context, &phone, sent.clone())).await
    }

    /// Adds a contact.
    pub async fn create_contact(
        self,
        phone: String,
        details: ContactDetails,
    ) -> Result<ContactId, ActionError> {
        self.run(move |tx, context| save_contact::create_contact(tx, context, &phone, &details)).await
    }

    /// Changes a contact. Returns it as it was before.
    pub async fn update_contact(self, id: ContactId, change: ContactChange) -> Result<Contact, ActionError> {
        self.run(move |tx, context| save_contact::update_contact(tx, context, id, &change)).await
    }
}

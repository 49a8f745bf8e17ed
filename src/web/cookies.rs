//! Cookies of ours: for every page, out of reach of scripts and of other sites. Over https their names begin with `__Host-`:
//! then the browser takes them from this host alone, and only over https. All who set a cookie use it; it writes nothing.

use actix_web::cookie::{Cookie, SameSite};

use super::AppState;

/// For every address of this host: browsers ask it of a name that begins with `__Host-`.
const EVERYWHERE: &str = "/";

/// The name under which browsers keep the cookie.
pub fn name_of(base: &str, is_https: bool) -> String {
    if is_https { format!("__Host-{base}") } else { base.to_owned() }
}

/// The same, as this server is reached.
pub fn name(app: &AppState, base: &str) -> String {
    name_of(base, app.is_https())
}

/// A cookie until the browser is closed.
pub fn cookie(app: &AppState, base: &str, value: impl Into<String>) -> Cookie<'static> {
    strict(app, Cookie::new(name(app, base), value.into()))
}

/// The same cookie with what every cookie of ours says.
pub fn strict(app: &AppState, mut cookie: Cookie<'static>) -> Cookie<'static> {
    cookie.set_path(EVERYWHERE);
    cookie.set_http_only(true);
    cookie.set_same_site(SameSite::Lax);
    cookie.set_secure(app.is_https());
    cookie
}

//! Where to sign in, and where to go afterwards.

use axum::http::Uri;

use crate::web::url::percent_encode_path;

/// The sign-in page that leads back to `from`.
pub(crate) fn sign_in_url(from: &Uri) -> String {
    match from.path_and_query().map_or("/", |target| target.as_str()) {
        "/" => "/login".to_owned(),
        target => format!("/login?next={}", percent_encode_path(target)),
    }
}

/// `next` if it is a path of this service, else `/`. Browsers read `//host` and `/\host` as the address of another host.
pub(crate) fn local_path(next: &str) -> &str {
    let is_local = next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\r', '\n', '\t']);
    if is_local { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sign_in_never_redirects_to_another_site() {
        assert_eq!(local_path("/reports?from=2026-11-01"), "/reports?from=2026-11-01");
        for elsewhere in
            ["//evil.example", "https://evil.example", "/\\evil.example", "", "/a\r\nb", "/\t/evil.example"]
        {
            assert_eq!(local_path(elsewhere), "/");
        }
    }

    #[test]
    fn sign_in_url_keeps_the_target_in_one_parameter() {
        let from: Uri = "/reports?from=2026-11-01&to=2026-12-01".parse().expect("an address");
        assert_eq!(sign_in_url(&from), "/login?next=/reports%3Ffrom%3D2026-11-01%26to%3D2026-12-01");
        assert_eq!(sign_in_url(&Uri::from_static("/")), "/login");
    }
}

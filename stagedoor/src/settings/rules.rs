//! The rules that the values of the settings obey beyond their types. It must not change a value.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use mail_dispatcher::BadPost;

use super::checks::{Checked, database_address, filled, is_name, number, rule, web_address, within};
use super::{Cell, Mail, ProviderAccount, Settings};

impl Settings {
    /// The first rule that is broken, if any.
    pub(super) fn validate(&self) -> Checked {
        self.validate_platform()?;
        self.validate_listeners()?;
        self.validate_api()?;
        self.validate_sales()?;
        self.validate_webhooks()?;
        for (name, region) in &self.regions {
            let key = format!("regions.{name}.base_url");
            rule(is_name(name) && !name.contains('-'), &key, name, "name the region in lower-case letters and digits")?;
            web_address(&key, &region.base_url)?;
        }
        let mut names = BTreeSet::new();
        for (number, cell) in self.cells.iter().enumerate() {
            let key = |name: &str| format!("cells.{number}.{name}");
            rule(names.insert(&cell.name), &key("name"), &cell.name, "give each cell a name of its own")?;
            let known = self.regions.contains_key(&cell.region);
            rule(
                known,
                &key("region"),
                &cell.region,
                "add its section, such as [regions.eu] with base_url, or name another region",
            )?;
            validate_cell(cell, &key)?;
        }
        Ok(())
    }

    fn validate_platform(&self) -> Checked {
        rule(!self.platform.name.trim().is_empty(), "platform.name", "\"\"", "give the platform a name")?;
        let email = &self.platform.support_email;
        rule(email.contains('@'), "platform.support_email", email, "give a mail address")?;
        rule(!self.log.level.trim().is_empty(), "log.level", "\"\"", "set it to error, warn, info, debug or trace")?;
        rule(!self.postgres.home.as_os_str().is_empty(), "postgres.home", "\"\"", "name a directory")?;
        within("postgres.port", self.postgres.port.into(), 1, 65535)
    }

    fn validate_listeners(&self) -> Checked {
        let listeners = [
            ("api.listen", self.api.listen),
            ("admin.listen", self.admin.listen),
            ("sandbox.listen", self.sandbox.listen),
        ];
        let mut taken: Vec<SocketAddr> = Vec::new();
        for (key, address) in listeners {
            let free = address.port() == 0 || !taken.contains(&address);
            rule(free, key, &address.to_string(), "give each listener an address of its own")?;
            taken.push(address);
        }
        Ok(())
    }

    fn validate_api(&self) -> Checked {
        let api = &self.api;
        within("api.body_limit_bytes", number(api.body_limit_bytes), 1024, 1 << 30)?;
        within("api.bulk_body_limit_bytes", number(api.bulk_body_limit_bytes), number(api.body_limit_bytes), 1 << 30)?;
        within("api.request_timeout_seconds", api.request_timeout.as_secs(), 1, 300)?;
        within("api.max_in_flight", number(api.max_in_flight), 1, 1_000_000)?;
        let limits = &self.limits;
        within("limits.key_requests_per_second", limits.key_requests_per_second.into(), 1, 1_000_000)?;
        within("limits.key_burst", limits.key_burst.into(), 1, 1_000_000)?;
        within("limits.client_requests_per_second", limits.client_requests_per_second.into(), 1, 1_000_000)?;
        within("limits.client_burst", limits.client_burst.into(), 1, 1_000_000)?;
        within("limits.streams", number(limits.streams), 0, 1_000_000)?;
        within("limits.streams_per_key", number(limits.streams_per_key), 0, 1_000_000)?;
        within("limits.streams_per_client", number(limits.streams_per_client), 0, 1_000_000)
    }

    fn validate_sales(&self) -> Checked {
        let holds = &self.holds;
        within("holds.max_seconds", holds.max.as_secs(), 1, Duration::from_hours(24).as_secs())?;
        within("holds.default_seconds", holds.default.as_secs(), 1, holds.max.as_secs())?;
        within("holds.lanes", number(holds.lanes), 1, 64)?;
        within("holds.batch", number(holds.batch), 1, 4096)?;
        within("holds.queue", number(holds.queue), number(holds.batch), 1_000_000)?;
        within(
            "orders.payment_deadline_seconds",
            self.orders.payment_deadline.as_secs(),
            1,
            Duration::from_hours(24).as_secs(),
        )?;
        let longest = Duration::from_hours(30 * 24).as_secs();
        within("orders.slow_payment_seconds", self.orders.slow_payment.as_secs(), 0, longest)
    }

    fn validate_webhooks(&self) -> Checked {
        let webhooks = &self.webhooks;
        within("webhooks.timeout_seconds", webhooks.timeout.as_secs(), 1, 60)?;
        within("webhooks.connect_timeout_seconds", webhooks.connect_timeout.as_secs(), 1, webhooks.timeout.as_secs())?;
        within("webhooks.workers", number(webhooks.workers), 1, 4096)
    }
}

fn validate_cell(cell: &Cell, key: &impl Fn(&str) -> String) -> Checked {
    rule(is_name(&cell.name), &key("name"), &cell.name, "use lower-case letters, digits and -")?;
    database_address(&key("database_url"), &cell.database_url)?;
    database_address(&key("worker_database_url"), &cell.worker_database_url)?;
    if let Some(owner) = &cell.owner_database_url {
        database_address(&key("owner_database_url"), owner)?;
    }
    within(&key("request_connections"), cell.request_connections.into(), 1, 1000)?;
    within(&key("lane_connections"), cell.lane_connections.into(), 1, 1000)?;
    within(&key("worker_connections"), cell.worker_connections.into(), 1, 1000)?;
    validate_provider(&cell.live_provider, &|name| key(&format!("live_provider.{name}")))?;
    validate_provider(&cell.test_provider, &|name| key(&format!("test_provider.{name}")))?;
    // With one secret for both, a callback from the test account could not be told from one about real money.
    let apart = cell.live_provider.callback_secret != cell.test_provider.callback_secret;
    rule(apart, &key("test_provider.callback_secret"), "(secret)", "give the two accounts secrets of their own")?;
    if let Some(entity) = &cell.legal_entity {
        let all = [("name", &entity.name), ("address", &entity.address), ("tax_id", &entity.tax_id)];
        for (name, value) in all {
            filled(&key(&format!("legal_entity.{name}")), value, 1)?;
        }
        let country = &entity.country;
        let is_code = country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase());
        rule(is_code, &key("legal_entity.country"), country, "use two letters, such as NL")?;
    }
    if let Some(mail) = &cell.mail {
        validate_mail(mail, &|name| key(&format!("mail.{name}")))?;
    }
    filled(&key("operator_key"), cell.operator_key.reveal(), 32)
}

fn validate_mail(mail: &Mail, key: &impl Fn(&str) -> String) -> Checked {
    match mail.post() {
        Ok(_) => Ok(()),
        Err(BadPost::From) => rule(false, &key("from"), &mail.from, &BadPost::From.to_string()),
        // The value is not shown: it may hold a password.
        Err(bad) => rule(false, &key("smtp_url"), "its value", &bad.to_string()),
    }
}

fn validate_provider(account: &ProviderAccount, key: &impl Fn(&str) -> String) -> Checked {
    web_address(&key("base_url"), &account.base_url)?;
    rule(account.base_url.ends_with('/'), &key("base_url"), &account.base_url, "end it with a slash")?;
    filled(&key("secret_key"), account.secret_key.reveal(), 1)?;
    filled(&key("publishable_key"), &account.publishable_key, 1)?;
    filled(&key("callback_secret"), account.callback_secret.reveal(), 1)
}

//! What must hold of the whole schema, read from PostgreSQL's own catalogue, so that a new table cannot be forgotten.

use testkit::Database;

/// Tables of a cell that are no tenant's, and why.
const CELL_WIDE: [&str; 6] = [
    // The migrations that have run.
    "_sqlx_migrations",
    // The provider's report against the books of all tenants of an account: ids and amounts.
    "balance_comparisons",
    // Callbacks whose tenant is not known.
    "parked_callbacks",
    "provider_logs",
    // One row: holding its lock is being the sequencer.
    "sequencer",
    // Token buckets under hashes.
    "throttles",
];

/// Unique keys of tenant tables that do not begin with the tenant, and why.
const NOT_LED_BY_TENANT: [&str; 1] = [
    // One live and one test environment per account: a rule about tenants, not within one. Ids only, no one's data.
    "tenants_account_mode_key",
];

/// The only policies there may be. `tenants` is the directory: ids that every process may read.
const POLICIES: &str =
    "select c.relname::text || ': ' || p.polname from pg_policy p join pg_class c on c.oid = p.polrelid
    where not (
        (p.polname = 'tenant'
            and coalesce(pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
                = '(reseller_id = (NULLIF(current_setting(''app.tenant''::text, true), ''''::text))::uuid)'
            and pg_get_expr(p.polwithcheck, p.polrelid)
                = '(reseller_id = (NULLIF(current_setting(''app.tenant''::text, true), ''''::text))::uuid)')
        or (p.polname = 'worker' and p.polroles = array['stagedoor_worker'::regrole::oid])
        or (p.polname = 'directory' and c.relname = 'tenants' and p.polcmd = 'r'))
    order by 1";

/// Tables without a tenant.
const WITHOUT_TENANT: &str = "select c.relname::text from pg_class c
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
          and not exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'reseller_id')
        order by 1";

/// Tables with a tenant whose rows are not shut away, and anything else that shows such rows.
const OPEN: &str = "select c.relname::text from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attname = 'reseller_id'
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
          -- A view that looks with its reader's eyes shows what its tables show.
          and not (c.relkind = 'v' and 'security_invoker=true' = any (coalesce(c.reloptions, '{}')))
          and not (c.relkind in ('r', 'p') and c.relrowsecurity and c.relforcerowsecurity and a.attnotnull
                   and exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'tenant' and p.polpermissive))
        order by 1";

/// Unique keys of tenant tables that do not begin with the tenant.
const NOT_LED: &str = "select i.indexrelid::regclass::text from pg_index i
        join pg_class c on c.oid = i.indrelid and c.relnamespace = 'public'::regnamespace
        join pg_attribute a on a.attrelid = c.oid and a.attname = 'reseller_id'
        where i.indisunique and i.indkey[0] <> a.attnum order by 1";

/// Tables without a primary key.
const KEYLESS: &str = "select c.relname::text from pg_class c
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
          and not exists (select from pg_index i where i.indrelid = c.oid and i.indisprimary)";

async fn texts(db: &Database, sql: &'static str) -> Vec<String> {
    sqlx::query_scalar(sql).fetch_all(&mut db.as_owner().await).await.unwrap()
}

#[tokio::test]
async fn every_table_is_a_tenants_or_is_known_not_to_be() {
    let db = Database::create().await;
    assert_eq!(texts(&db, WITHOUT_TENANT).await, CELL_WIDE);
}

#[tokio::test]
async fn every_tenant_table_is_closed() {
    let db = Database::create().await;
    let tenant_tables = "select c.relname::text from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attname = 'reseller_id'
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')";
    assert!(texts(&db, tenant_tables).await.len() > 20);
    assert_eq!(texts(&db, OPEN).await, [""; 0]);
    assert_eq!(texts(&db, POLICIES).await, [""; 0]);
}

#[tokio::test]
async fn every_key_of_a_tenant_table_begins_with_the_tenant() {
    let db = Database::create().await;
    assert_eq!(texts(&db, NOT_LED).await, NOT_LED_BY_TENANT);
    assert_eq!(texts(&db, KEYLESS).await, [""; 0]);
    let foreign = "select f.conname::text from pg_constraint f
        join pg_attribute a on a.attrelid = f.conrelid and a.attname = 'reseller_id'
        where f.contype = 'f' and f.connamespace = 'public'::regnamespace and f.conkey[1] <> a.attnum";
    assert_eq!(texts(&db, foreign).await, [""; 0]);
}

#[tokio::test]
async fn the_logins_are_mere_users() {
    let db = Database::create().await;
    let logins = "select rolname::text from pg_roles where rolname in ('stagedoor_app', 'stagedoor_worker')
          and not (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)
          and not exists (select from pg_auth_members m where m.member = pg_roles.oid)
        order by 1";
    assert_eq!(texts(&db, logins).await, ["stagedoor_app", "stagedoor_worker"]);
    let owned = "select c.relname::text from pg_class c join pg_roles r on r.oid = c.relowner
        where r.rolname in ('stagedoor_app', 'stagedoor_worker')";
    assert_eq!(texts(&db, owned).await, [""; 0]);
    // Functions that run as their owner would pass by the policies.
    let definers = "select proname::text from pg_proc where pronamespace = 'public'::regnamespace and prosecdef";
    assert_eq!(texts(&db, definers).await, [""; 0]);
    // Nor is anything open to everyone, or may be truncated, which no policy holds up.
    let public = "select c.relname::text from pg_class c, aclexplode(c.relacl) g
        where c.relnamespace = 'public'::regnamespace
          and (g.grantee = 0 or (g.privilege_type in ('TRUNCATE', 'REFERENCES', 'TRIGGER') and g.grantee <> c.relowner))";
    assert_eq!(texts(&db, public).await, [""; 0]);
}

/// Everything the worker role may do. It goes over all tenants, so a new line here is a decision about isolation.
const WORKER: &[&str] = &[
    "account_balances: SELECT",
    "archive_returns (due_at, performance_id, reseller_id): SELECT",
    "balance_comparisons: INSERT, SELECT",
    "batches: DELETE, SELECT",
    "blocks (block_id, release_at, reseller_id, state): SELECT",
    "cancellations (cancellation_id, due_at, reseller_id, state): SELECT",
    "credits (credit_id, expired_at, expires_at, reseller_id): SELECT",
    "deleted_endpoints: SELECT",
    "event_counters: INSERT, SELECT, UPDATE",
    "event_inbox: DELETE, SELECT",
    "event_positions: INSERT, SELECT",
    "events: SELECT",
    "holds (expires_at, hold_id, reseller_id, state): SELECT",
    "idempotency_keys (created_at, key, reseller_id): SELECT",
    "idempotency_keys: DELETE",
    "interest_calls (performance_id, reseller_id): SELECT",
    "interests (forget_at, interest_id, reseller_id): SELECT",
    "interests: DELETE",
    "journal_inbox (reseller_id): SELECT",
    "layout_versions (effective_from, layout_version_id, reseller_id, state): SELECT",
    "lookers: DELETE, SELECT",
    "mail_outbox (created_at, due_at, letter_id, reseller_id, state): SELECT",
    "mail_outbox: DELETE",
    "orders (due_at, order_id, reseller_id, state): SELECT",
    "parked_callbacks: INSERT, SELECT",
    "payments (due_at, fee_due_at, payment_id, provider_fee, provider_intent, provider_transaction, reseller_id, state): SELECT",
    "payout_settings (next_at, reseller_id): SELECT",
    "payouts (due_at, payout_id, reseller_id, state): SELECT",
    "performances (archive_from, checkouts_due, ends_at, money_released, off_sale_at, on_sale_at, on_sale_told, performance_id, reseller_id, sells_from, sells_until, show_id, state): SELECT",
    "provider_callbacks (provider_event): SELECT",
    "provider_logs: INSERT, SELECT, UPDATE",
    "refunds (due_at, refund_id, reseller_id, state): SELECT",
    "release_terms (hosting_due_at, release_after_days, reseller_id): SELECT",
    "releases (currency, performance_id, reseller_id, reserve_freed, reserve_until): SELECT",
    "reschedulings (due_at, rescheduling_id, reseller_id, state): SELECT",
    "resellers (archive_after_days, reseller_id): SELECT",
    "sale_rounds (closes_at, interest_waits, opens_at, performance_id, position, reseller_id, sale_round_id): SELECT",
    "sequencer: SELECT, UPDATE",
    "settlement_schedules (closes_at, reseller_id): SELECT",
    "shows (reseller_id, show_id, state): SELECT",
    "stock_watches (position, reseller_id, retry_at): SELECT",
    "support_cases (assignee, case_id, category, created_at, messages, reseller_id, state, written_at): SELECT",
    "tenants: SELECT",
    "test_clocks: SELECT",
    "throttles: DELETE, INSERT, SELECT, UPDATE",
    "waitlist_entries (ended_at, entry_id, reseller_id): SELECT",
    "waitlist_entries: DELETE",
    "waitlists (due_at, performance_id, reseller_id, waiting): SELECT",
    "webhook_endpoints (endpoint_id, reseller_id, state): SELECT",
    "webhook_lanes: SELECT",
];

const WORKERS_GRANTS: &str = "
    select c.relname || ': ' || string_agg(g.privilege_type, ', ' order by g.privilege_type) collate \"C\"
    from pg_class c, aclexplode(c.relacl) g
    where g.grantee = 'stagedoor_worker'::regrole and c.relnamespace = 'public'::regnamespace group by c.relname
    union all
    select c.relname || ' (' || string_agg(a.attname, ', ' order by a.attname) || '): ' || g.privilege_type
    from pg_class c join pg_attribute a on a.attrelid = c.oid, aclexplode(a.attacl) g
    where g.grantee = 'stagedoor_worker'::regrole and c.relnamespace = 'public'::regnamespace
    group by c.relname, g.privilege_type
    order by 1";

#[tokio::test]
async fn the_worker_may_do_exactly_this() {
    let db = Database::create().await;
    assert_eq!(texts(&db, WORKERS_GRANTS).await, WORKER);
}

/// Live tables, and where their rows go.
const ARCHIVED: [(&str, &[&str]); 4] = [
    ("archived_tickets", &["tickets", "claims"]),
    ("archived_slots", &["slots"]),
    ("archived_holds", &["holds"]),
    ("archived_sale_round_guests", &["sale_round_guests"]),
];

#[tokio::test]
async fn what_a_row_says_its_archived_row_says() {
    let db = Database::create().await;
    let columns = "select distinct a.attname || ' ' || format_type(a.atttypid, a.atttypmod) from pg_attribute a
        where a.attrelid = any ($1::text[]::regclass[]) and a.attnum > 0 and not a.attisdropped order by 1";
    for (archive, live) in ARCHIVED {
        let mut owner = db.as_owner().await;
        let there: Vec<String> = sqlx::query_scalar(columns).bind([archive]).fetch_all(&mut owner).await.unwrap();
        let here: Vec<String> = sqlx::query_scalar(columns).bind(live).fetch_all(&mut owner).await.unwrap();
        assert_eq!(there, here, "{archive}");
    }
}

#[tokio::test]
async fn the_checks_see_what_breaks_them() {
    let db = Database::create().await;
    sqlx::raw_sql(
        "create table forgotten (reseller_id uuid not null, id uuid primary key);
         create table lax (reseller_id uuid not null, id uuid, primary key (reseller_id, id), unique (id));
         call isolate('lax');
         create policy everyone on lax using (true);
         create view leak as select reseller_id, name from resellers;
         create table global (id uuid);
         grant select on lax to stagedoor_worker",
    )
    .execute(&mut db.as_owner().await)
    .await
    .unwrap();
    assert_eq!(texts(&db, OPEN).await, ["forgotten", "leak"]);
    assert_eq!(texts(&db, POLICIES).await, ["lax: everyone"]);
    assert_eq!(texts(&db, NOT_LED).await, ["forgotten_pkey", "lax_id_key", NOT_LED_BY_TENANT[0]]);
    assert_eq!(texts(&db, KEYLESS).await, ["global"]);
    assert!(texts(&db, WITHOUT_TENANT).await.contains(&"global".to_owned()));
    assert!(texts(&db, WORKERS_GRANTS).await.contains(&"lax: SELECT".to_owned()));
}

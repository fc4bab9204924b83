-- Resellers, their environments and keys.

-- Which tenants live in this cell: ids only, so that a process can find a key's cell and a worker can go tenant by tenant.
create table tenants (
    reseller_id uuid not null,
    account_id uuid not null,
    mode text not null,
    constraint tenants_pkey primary key (reseller_id),
    constraint tenants_mode check (mode in ('live', 'test')),
    constraint tenants_account_mode_key unique (account_id, mode)
);
alter table tenants enable row level security;
alter table tenants force row level security;
create policy directory on tenants for select using (true);
create policy tenant on tenants for insert
    with check (reseller_id = nullif(current_setting('app.tenant', true), '')::uuid);
grant select, insert on tenants to stagedoor_app;
grant select on tenants to stagedoor_worker;

-- One environment (live or test) of a reseller's account, a tenant of its own.
create table resellers (
    reseller_id uuid not null,
    account_id uuid not null,
    mode text not null,
    state text not null default 'active',
    name text not null,
    email text not null,
    country char(2) not null,
    currency char(3) not null,
    legal_name text not null,
    address text not null,
    tax_id text,
    version bigint not null default 1,
    created_at timestamptz not null,
    constraint resellers_pkey primary key (reseller_id),
    constraint resellers_mode check (mode in ('live', 'test')),
    constraint resellers_state check (state in ('active', 'suspended'))
);
call isolate('resellers');
grant select, insert, update on resellers to stagedoor_app;

create table api_keys (
    reseller_id uuid not null,
    api_key_id uuid not null,
    kind text not null,
    name text not null,
    scopes text[] not null,
    secret_hash bytea not null,
    last_four text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null default 'infinity',
    version bigint not null default 1,
    constraint api_keys_pkey primary key (reseller_id, api_key_id),
    constraint api_keys_secret_hash_key unique (reseller_id, secret_hash),
    constraint api_keys_kind check (kind in ('secret', 'restricted', 'publishable', 'hosted_shop'))
);
call isolate('api_keys');
grant select, insert, update on api_keys to stagedoor_app;

-- What operators did, and why; never changed, never deleted.
create table audit_log (
    reseller_id uuid not null,
    audit_id uuid not null,
    operator text not null,
    act text not null,
    reason text not null,
    -- By the real clock, whatever a test environment's says; beside it what that said, where it was ahead.
    at timestamptz not null,
    test_clock_at timestamptz,
    constraint audit_log_pkey primary key (reseller_id, audit_id)
);
call isolate('audit_log');
grant select, insert on audit_log to stagedoor_app;

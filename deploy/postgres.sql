-- The roles and the database of one cell. Run once on each PostgreSQL as its superuser; running it again only sets
-- the passwords anew:
--
--   psql -v ON_ERROR_STOP=1 -v database=stagedoor -v owner_password="$OWNER" -v app_password="$APP" \
--        -v worker_password="$WORKER" -f deploy/postgres.sql postgres
--
-- Three roles, because row-level security holds only against those who do not own the tables:
--   stagedoor_owner   owns the tables; only `stagedoor migrate` logs in as it
--   stagedoor_app     serves requests; sees one tenant at a time
--   stagedoor_worker  background work; lists tenants, then works tenant by tenant
-- None is a superuser, none may bypass row-level security, none inherits another's rights.
-- What the two restricted roles may do with each table is granted by the migrations.

select format('create role %I', name)
from unnest(array['stagedoor_owner', 'stagedoor_app', 'stagedoor_worker']) as wanted (name)
where not exists (select from pg_roles where rolname = name)
\gexec

-- The passwords below must not stand in the server's log.
set log_statement = 'none';
set log_min_error_statement = 'panic';
set log_min_duration_statement = -1;
set password_encryption = 'scram-sha-256';

alter role stagedoor_owner login nosuperuser nocreatedb nocreaterole noreplication nobypassrls noinherit
    password :'owner_password';
alter role stagedoor_app login nosuperuser nocreatedb nocreaterole noreplication nobypassrls noinherit
    password :'app_password';
alter role stagedoor_worker login nosuperuser nocreatedb nocreaterole noreplication nobypassrls noinherit
    password :'worker_password';

select format('create database %I owner stagedoor_owner template template0 encoding ''UTF8'' lc_collate ''C'' lc_ctype ''C.UTF-8''', :'database')
where not exists (select from pg_database where datname = :'database')
\gexec

-- Nobody else may connect, and nobody but the owner may make tables.
revoke all on database :"database" from public;
grant connect on database :"database" to stagedoor_app, stagedoor_worker;

\connect :"database"

revoke all on schema public from public;
alter schema public owner to stagedoor_owner;
grant usage on schema public to stagedoor_app, stagedoor_worker;

-- How many look at a performance and at its tickets just now, as each process that has live streams tells it at most once a second.
-- What is worth so little that it may be lost in a crash costs no WAL. A process's figures count while the row of the performance
-- itself is fresh; they are swept when it is not. Written in ticketing/src/store/lookers.rs.
create unlogged table lookers (
    reseller_id uuid not null,
    performance_id uuid not null,
    -- The performance itself, or one of its tickets.
    looked_at uuid not null,
    -- The process that has the streams.
    process bigint not null,
    looking int not null,
    told_at timestamptz not null default clock_timestamp(),
    constraint lookers_pkey primary key (reseller_id, performance_id, looked_at, process),
    constraint lookers_somebody check (looking > 0)
) with (fillfactor = 50);
call isolate('lookers');
call open_to_worker('lookers');
grant select, insert, update, delete on lookers to stagedoor_app;
grant select, delete on lookers to stagedoor_worker;

-- What the open period of each currency comes to up to a place in the books, so that it is told without reading its rows (decision 30).
-- Derived by whoever gives journals their places; without a row, or after a period was closed, it is made anew from the rows.
create table open_periods (
    reseller_id uuid not null,
    currency char(3) not null,
    -- The last place of the period before: of another one it is told nothing.
    after_position bigint not null,
    -- The last place that is counted.
    last_position bigint not null,
    -- How `kept` is written. What is of another format, or cannot be read, counts as nothing and is made anew.
    format smallint not null,
    kept jsonb not null,
    constraint open_periods_pkey primary key (reseller_id, currency),
    constraint open_periods_positions check (after_position <= last_position)
);
call isolate('open_periods');
grant select, insert, update on open_periods to stagedoor_app;

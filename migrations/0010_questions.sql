-- What a show asks its buyers, and what they answered with their orders.

create table questions (
    reseller_id uuid not null,
    show_id uuid not null,
    question_id uuid not null,
    position int not null,
    text text not null,
    kind text not null,
    -- What may be chosen; empty for every other kind.
    choices text[] not null,
    required boolean not null,
    -- No longer asked; answers given stay.
    retired boolean not null default false,
    version bigint not null default 1,
    created_at timestamptz not null,
    constraint questions_pkey primary key (reseller_id, show_id, question_id),
    constraint questions_show_fkey foreign key (reseller_id, show_id) references shows on delete cascade,
    constraint questions_position_key unique (reseller_id, show_id, position),
    constraint questions_kind check (kind in ('text', 'number', 'date', 'yes_no', 'choice')),
    constraint questions_choices check ((kind = 'choice') = (cardinality(choices) > 0))
);
call isolate('questions');
grant select, insert, update, delete on questions to stagedoor_app;

-- By question: what the buyer answered.
alter table orders add column answers jsonb not null default '{}';
